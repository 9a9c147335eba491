#include "engine/transport/tls_stream.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "engine/transport/cipher_bio.h"
#include "engine/transport/record_marks.h"
#include "engine/transport/tls_context.h"

namespace herald::transport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr unsigned kUserTimeoutMs = 15000;  // I46: a dead peer is noticed within 15 s
constexpr int kProbeSeconds = 5;

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::string name;    // host:port, for errors
  bool http1 = false;  // may be spoken
  SslContext context;
};

// Kept alive by the operations it has under way, hence shared: the stream itself may go earlier.
class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(IoLoop& loop, const Endpoint& endpoint, ByteStream::Handler& handler)
      : endpoint_(endpoint),
        handler_(&handler),
        resolver_(loop.context()),
        socket_(loop.context()) {}

  void start();
  bool accepts_more() const { return !waiting_ && cipher_.unsent() < kSendBytes; }
  void write(std::span<const std::uint8_t> bytes);
  void flush();
  std::uint64_t written() const { return plain_written_; }
  bool may_have_left(std::uint64_t position) const { return marks_.begun(position); }
  void close();

 private:
  void connect(const tcp::resolver::results_type& found);
  void handshake();
  void on_handshaken();
  void read();
  void on_read(std::size_t size);
  bool decrypt();
  void encrypt(std::span<const std::uint8_t> record);
  void encrypt_pending();
  void send();
  void fail(Errc code, std::string what, bool finished = false);
  void watch_silence();

  const Endpoint& endpoint_;
  ByteStream::Handler* handler_;  // null once closed
  tcp::resolver resolver_;
  tcp::socket socket_;
  Ssl ssl_;
  bool open_ = false;
  bool waiting_ = false;  // for the socket to take more
  Cipher cipher_;
  Pages plain_ = allocate_pages(kRecordPlainMax);
  Pages pending_ = allocate_pages(kRecordPlainMax);  // small frames, gathered to one record
  std::size_t pending_size_ = 0;
  std::uint64_t plain_written_ = 0;
  std::uint64_t plain_encrypted_ = 0;
  std::uint64_t cipher_made_ = 0;   // bytes of cipher text so far
  std::uint64_t cipher_given_ = 0;  // of them, given to send()
  RecordMarks marks_;
};

void Link::start() {
  error_code is_name;
  const auto address = asio::ip::make_address(endpoint_.host, is_name);
  if (!is_name) {  // no thread, no name server
    const tcp::endpoint there{address, endpoint_.port};
    return connect(tcp::resolver::results_type::create(there, endpoint_.host, {}));
  }
  resolver_.async_resolve(endpoint_.host, std::to_string(endpoint_.port),
                          [self = shared_from_this()](const error_code& failed,
                                                      const tcp::resolver::results_type& found) {
                            if (self->handler_ == nullptr) return;
                            if (failed) {
                              return self->fail(
                                  Errc::unreachable,
                                  fmt::format("cannot resolve its name ({})", failed.message()));
                            }
                            self->connect(found);
                          });
}

void Link::connect(const tcp::resolver::results_type& found) {
  asio::async_connect(socket_, found,
                      [self = shared_from_this()](const error_code& refused, const tcp::endpoint&) {
                        if (self->handler_ == nullptr) return;
                        if (refused) {
                          return self->fail(Errc::unreachable,
                                            fmt::format("cannot connect ({})", refused.message()));
                        }
                        self->handshake();
                      });
}

void Link::handshake() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs,
             sizeof kUserTimeoutMs);

  ssl_ = make_ssl(endpoint_.context.get(), endpoint_.host);
  BIO* bio = make_bio(cipher_);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_connect_state(ssl_.get());
  if (decrypt()) read();
}

// HTTP/1.1 has no PING: a peer that is gone while it owes an answer is found by TCP's own probes,
// within TCP_USER_TIMEOUT (I46).
void Link::watch_silence() {
  error_code ignored;
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  for (const int option : {TCP_KEEPIDLE, TCP_KEEPINTVL}) {
    setsockopt(socket_.native_handle(), IPPROTO_TCP, option, &kProbeSeconds, sizeof kProbeSeconds);
  }
}

void Link::on_handshaken() {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
  const bool http2 = std::string_view{reinterpret_cast<const char*>(chosen), size} == "h2";
  if (!http2 && !endpoint_.http1) return fail(Errc::tls, no_protocol_reason(false));
  if (!http2) watch_silence();
  open_ = true;
  cipher_made_ = cipher_given_ = 0;  // what the handshake sent carries no plain text of ours
  handler_->on_open(http2 ? Protocol::http2 : Protocol::http1);
}

void Link::read() {
  socket_.async_read_some(
      asio::buffer(cipher_.in.get(), kInBytes),
      [self = shared_from_this()](const error_code& failed, std::size_t size) {
        if (self->handler_ == nullptr) return;
        if (failed) {
          return self->fail(
              Errc::unreachable,
              self->open_ ? fmt::format("connection lost ({})", failed.message())
                          : fmt::format("closed during the TLS handshake ({})", failed.message()));
        }
        self->on_read(size);
      });
}

void Link::on_read(std::size_t size) {
  cipher_.in_at = 0;
  cipher_.in_end = size;
  if (decrypt()) read();
}

// Takes what has arrived; false once closed.
bool Link::decrypt() {
  if (!open_) {
    const int done = SSL_do_handshake(ssl_.get());
    const int why = SSL_get_error(ssl_.get(), done);
    if (done != 1 && why != SSL_ERROR_WANT_READ) {
      send();  // our alert, so that the peer's log says why too
      fail(Errc::tls, handshake_reason(ssl_.get(), endpoint_.http1));
      return false;
    }
    send();
    if (handler_ == nullptr) return false;
    if (done != 1) return true;
    on_handshaken();
    if (handler_ == nullptr) return false;
  }
  for (;;) {
    std::size_t size = 0;
    if (SSL_read_ex(ssl_.get(), plain_.get(), kRecordPlainMax, &size) == 1) {
      handler_->on_data({plain_.get(), size});
      if (handler_ == nullptr) return false;
      continue;
    }
    switch (SSL_get_error(ssl_.get(), 0)) {
      case SSL_ERROR_WANT_READ:
        if (cipher_.unsent() > 0 && !waiting_) send();  // an answer of TLS itself: KeyUpdate
        return handler_ != nullptr;
      case SSL_ERROR_ZERO_RETURN:
        fail(Errc::unreachable, "the peer closed the connection", true);
        return false;
      default:
        fail(Errc::unreachable, fmt::format("TLS broke ({})", openssl_reason()));
        return false;
    }
  }
}

void Link::write(std::span<const std::uint8_t> bytes) {
  plain_written_ += bytes.size();
  if (handler_ == nullptr) return;
  // A full DATA frame is a record as it is; what is smaller is gathered.
  if (bytes.size() == kRecordPlainMax) {
    encrypt_pending();
    return encrypt(bytes);
  }
  while (!bytes.empty()) {
    const std::size_t taken = std::min(bytes.size(), kRecordPlainMax - pending_size_);
    std::memcpy(pending_.get() + pending_size_, bytes.data(), taken);
    pending_size_ += taken;
    bytes = bytes.subspan(taken);
    if (pending_size_ == kRecordPlainMax) encrypt_pending();
  }
}

void Link::encrypt_pending() {
  if (pending_size_ == 0) return;
  const std::size_t size = std::exchange(pending_size_, 0);
  encrypt({pending_.get(), size});
}

void Link::encrypt(std::span<const std::uint8_t> record) {
  if (cipher_.out_end + record.size() + 512 > kOutBytesMax) {
    // Only bytes beyond what accepts_more() let in come here: make room by moving what is unsent.
    std::memmove(cipher_.out.get(), cipher_.out.get() + cipher_.out_at, cipher_.unsent());
    cipher_.out_end -= cipher_.out_at;
    cipher_.out_at = 0;
  }
  const std::size_t before = cipher_.out_end;
  std::size_t taken = 0;
  const int done = SSL_write_ex(ssl_.get(), record.data(), record.size(), &taken);
  if (done != 1 || taken != record.size()) {
    // OpenSSL gave the connection up; the read that is under way hears of the closed socket.
    error_code ignored;
    socket_.close(ignored);
    return;
  }
  plain_encrypted_ += record.size();
  marks_.add(plain_encrypted_, cipher_made_);
  cipher_made_ += cipher_.out_end - before;
  if (cipher_.unsent() >= kSendBytes && !waiting_) send();
}

void Link::flush() {
  if (handler_ == nullptr || !open_) return;
  encrypt_pending();
  if (cipher_.unsent() > 0 && !waiting_) send();
}

void Link::send() {
  while (cipher_.unsent() > 0) {
    const ssize_t sent = ::send(socket_.native_handle(), cipher_.out.get() + cipher_.out_at,
                                cipher_.unsent(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    // After any other error what was given may be anywhere: count all of it as gone.
    const std::size_t given = sent < 0 ? cipher_.unsent() : static_cast<std::size_t>(sent);
    cipher_.out_at += given;
    if (open_) {
      cipher_given_ += given;
      marks_.given(cipher_given_);
    }
    if (sent < 0) break;  // the read side hears of it and closes
  }
  if (cipher_.unsent() == 0) {
    cipher_.out_at = cipher_.out_end = 0;
    return;
  }
  waiting_ = true;
  socket_.async_wait(tcp::socket::wait_write,
                     [self = shared_from_this()](const error_code& failed) {
                       self->waiting_ = false;
                       if (failed || self->handler_ == nullptr) return;
                       self->send();
                       if (self->handler_ != nullptr && self->open_ && self->accepts_more())
                         self->handler_->on_drained();
                     });
}

void Link::fail(Errc code, std::string what, bool finished) {
  ByteStream::Handler* handler = handler_;
  close();
  if (handler == nullptr) return;
  handler->on_closed({code, fmt::format("{}: {}", endpoint_.name, what)}, finished);
}

void Link::close() {
  handler_ = nullptr;
  resolver_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

class TlsStream final : public ByteStream {
 public:
  explicit TlsStream(std::shared_ptr<Link> link) : link_(std::move(link)) {}
  ~TlsStream() override { link_->close(); }
  bool accepts_more() const override { return link_->accepts_more(); }
  void write(std::span<const std::uint8_t> bytes) override { link_->write(bytes); }
  void flush() override { link_->flush(); }
  std::uint64_t written() const override { return link_->written(); }
  bool may_have_left(std::uint64_t position) const override {
    return link_->may_have_left(position);
  }
  void close() override { link_->close(); }

 private:
  std::shared_ptr<Link> link_;
};

class TlsFactory final : public StreamFactory {
 public:
  TlsFactory(IoLoop& loop, Endpoint endpoint) : loop_(loop), endpoint_(std::move(endpoint)) {}
  std::unique_ptr<ByteStream> connect(ByteStream::Handler& handler) override {
    auto link = std::make_shared<Link>(loop_, endpoint_, handler);
    link->start();
    return std::make_unique<TlsStream>(std::move(link));
  }

 private:
  IoLoop& loop_;
  Endpoint endpoint_;  // outlives the streams: the factory goes with the sender
};

}  // namespace

Result<std::unique_ptr<StreamFactory>> make_tls_factory(IoLoop& loop,
                                                        const EndpointConfig& config) {
  auto context = make_ssl_context(config);
  if (!context) return context.error();
  Endpoint endpoint{.host = config.host,
                    .port = config.port,
                    .name = fmt::format("{}:{}", config.host, config.port),
                    .http1 = config.http1_fallback,
                    .context = std::move(*context)};
  return std::unique_ptr<StreamFactory>{std::make_unique<TlsFactory>(loop, std::move(endpoint))};
}

}  // namespace herald::transport
