#include "tools/pushsim/receipt_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "tools/pushsim/http1_session.h"
#include "tools/pushsim/setup_error.h"
#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

constexpr int kPollMs = 50;  // how long a wait goes on after give_up
constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 20;

bool is_this_machine(const std::string& host) {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  return host == "localhost" || host == "::1";
}

bool is_address(const std::string& host) { return host != "localhost"; }

// The length of a body that has one, or nothing.
struct AnswerHead {
  std::size_t size = 0;  // with the empty line
  int status = 0;
  std::optional<std::size_t> length;
  bool chunked = false;
  bool close = false;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return result;
}

bool parse_answer_head(std::string_view text, AnswerHead& head) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == text.npos || !text.starts_with("HTTP/1.")) return false;
  head.size = end + 4;
  head.status = static_cast<int>(parse_integer(text.substr(9, 3)).value_or(0));
  const std::string fields = lower(text.substr(0, end + 2));
  const auto value = [&](std::string_view name) -> std::string_view {
    const std::size_t at = fields.find(fmt::format("\r\n{}:", name));
    if (at == fields.npos) return {};
    std::string_view rest = std::string_view(fields).substr(at + 3 + name.size());
    rest = rest.substr(0, rest.find("\r\n"));
    const std::size_t first = rest.find_first_not_of(' ');
    return first == rest.npos ? std::string_view() : rest.substr(first);
  };
  if (const auto length = parse_integer(value("content-length"))) {
    head.length = static_cast<std::size_t>(*length);
  }
  head.chunked = value("transfer-encoding") == "chunked";
  head.close = value("connection") == "close" || text.starts_with("HTTP/1.0");
  return true;
}

bool says_success(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  std::string_view code;
  return parser.parse(body).get(answer) == simdjson::SUCCESS &&
         answer["code"].get(code) == simdjson::SUCCESS && code == "0";
}

[[noreturn]] void refuse_url(const std::string& text) {
  throw SetupError(fmt::format(
      "--receipts: \"{}\" is no URL of this machine, such as https://localhost:9443/receipts",
      text));
}

}  // namespace

ReceiptUrl parse_receipt_url(const std::string& text) {
  ReceiptUrl url;
  std::string_view rest = text;
  url.tls = rest.starts_with("https://");
  if (!url.tls && !rest.starts_with("http://")) refuse_url(text);
  rest.remove_prefix(url.tls ? 8 : 7);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  url.path = slash == rest.size() ? "/" : rest.substr(slash);
  std::string_view authority = rest.substr(0, slash);
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
  url.port = url.tls ? 443 : 80;
  if (colon != authority.npos) {
    const auto port = parse_integer(authority.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) refuse_url(text);
    url.port = static_cast<std::uint16_t>(*port);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  url.host = authority;
  const bool blank = url.path.find_first_of(" \r\n") != url.path.npos;
  if (blank || !is_this_machine(url.host)) refuse_url(text);
  return url;
}

ReceiptClient::ReceiptClient(ReceiptUrl url, const std::string& ca_file) : url_(std::move(url)) {
  if (!url_.tls) return;
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_default_verify_paths(context_.get());
  if (!ca_file.empty() && SSL_CTX_load_verify_file(context_.get(), ca_file.c_str()) != 1) {
    throw SetupError(
        fmt::format("--receipt-ca: {} holds no certificate in PEM ({})", ca_file, ossl_error()));
  }
}

ReceiptClient::~ReceiptClient() { disconnect(); }

bool ReceiptClient::post(std::string_view body, std::string_view callback_id) {
  deadline_ = std::chrono::steady_clock::now() + kTimeout;
  if (fd_ < 0 && !connect()) return false;
  const bool v6 = url_.host.find(':') != std::string::npos;
  std::string request = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n",
      url_.path, v6 ? "[" : "", url_.host, v6 ? "]" : "", url_.port, body.size());
  if (!callback_id.empty()) request += fmt::format("X-HUAWEI-CALLBACK-ID: {}\r\n", callback_id);
  request += "\r\n";
  request += body;
  if (send_all(request) && read_answer()) return true;
  disconnect();
  return false;
}

bool ReceiptClient::connect() {
  // "localhost" is this machine whatever a resolver says, or if there is none (RFC 6761, 6.3).
  std::vector<std::string> hosts{url_.host};
  if (!is_address(url_.host)) hosts = {"127.0.0.1", "::1"};
  for (const std::string& host : hosts) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), std::to_string(url_.port).c_str(), &hints, &found) != 0) {
      continue;
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> address(found, &::freeaddrinfo);
    if (connect_to(*address) && (!url_.tls || start_tls())) return true;
    disconnect();
  }
  return false;
}

bool ReceiptClient::connect_to(const addrinfo& address) {
  fd_ = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, address.ai_addr, address.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS || !wait_for(POLLOUT)) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

bool ReceiptClient::start_tls() {
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_);
  if (is_address(url_.host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), url_.host.c_str());
  } else {
    SSL_set1_host(ssl_.get(), url_.host.c_str());
    SSL_set_tlsext_host_name(ssl_.get(), url_.host.c_str());
  }
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    if (result == 1) return true;
    const int error = SSL_get_error(ssl_.get(), result);
    const bool reads = error == SSL_ERROR_WANT_READ;
    if (!reads && error != SSL_ERROR_WANT_WRITE) return false;
    if (!wait_for(reads ? POLLIN : POLLOUT)) return false;
  }
}

void ReceiptClient::disconnect() {
  ssl_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool ReceiptClient::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    short wanted = POLLOUT;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) != 1) {
        const int error = SSL_get_error(ssl_.get(), 0);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
        if (error == SSL_ERROR_WANT_READ) wanted = POLLIN;
      }
    } else {
      const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size < 0 && errno != EAGAIN && errno != EINTR) return false;
      sent = size < 0 ? 0 : static_cast<std::size_t>(size);
    }
    bytes.remove_prefix(sent);
    if (sent == 0 && !wait_for(wanted)) return false;
  }
  return true;
}

bool ReceiptClient::receive(std::string& to) {
  // A receiver that sends head and body apart holds the body back until the head is acknowledged,
  // 40 ms later by default; the option lasts for a few segments only, so it is set each time.
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  std::array<char, 16384> piece;
  while (true) {
    short wanted = POLLIN;
    std::size_t size = 0;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      if (SSL_read_ex(ssl_.get(), piece.data(), piece.size(), &size) != 1) {
        const int error = SSL_get_error(ssl_.get(), 0);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
        if (error == SSL_ERROR_WANT_WRITE) wanted = POLLOUT;
      }
    } else {
      const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
      size = got < 0 ? 0 : static_cast<std::size_t>(got);
    }
    to.append(piece.data(), size);
    if (size > 0) return true;
    if (!wait_for(wanted)) return false;
  }
}

bool ReceiptClient::read_answer() {
  std::string text;
  AnswerHead head;
  while (!parse_answer_head(text, head)) {
    if (text.size() > kAnswerBytesMax || !receive(text)) return false;
  }
  std::string body = text.substr(head.size);
  bool whole = false;
  while (!whole) {
    std::string plain;
    std::size_t used = 0;
    if (head.chunked) {
      whole = decode_chunks(body, plain, used) == ParseState::complete;
      if (whole) body = plain;
    } else {
      whole = head.length && body.size() >= *head.length;
    }
    if (whole) break;
    if (body.size() > kAnswerBytesMax) return false;
    if (!receive(body)) break;  // without a length the end of the connection ends the body
  }
  if (!whole && (head.chunked || head.length)) return false;
  if (head.close || !whole) disconnect();
  return head.status == 200 && says_success(body);
}

bool ReceiptClient::wait_for(short events) {
  while (!given_up_ && std::chrono::steady_clock::now() < deadline_) {
    pollfd entry{fd_, events, 0};
    const int ready = ::poll(&entry, 1, kPollMs);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

}  // namespace pushsim
