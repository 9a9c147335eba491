#include "tools/herald/control_http.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

namespace herald::cli {
namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::beast::error_code;

// The least that follows where a chunk begins: the last one, "0", and two ends of lines. Beast 1.81
// asserts that it has as many when it looks at a last chunk again.
constexpr std::size_t kChunkedRestMin = 5;

// Takes what the parser can use; the rest of `unread` waits for more bytes.
template <class Parser>
ErrorCode parse(Parser& parser, std::string& unread) {
  ErrorCode error;
  std::size_t used = 0;
  while (!parser.is_done() && used < unread.size()) {
    const bool in_chunks = parser.is_header_done() && parser.chunked();
    if (in_chunks && unread.size() - used < kChunkedRestMin) break;
    used += parser.put(boost::asio::buffer(unread.data() + used, unread.size() - used), error);
    if (error) break;
  }
  unread.erase(0, used);
  return error == http::error::need_more ? ErrorCode{} : error;
}

std::string text(boost::beast::string_view view) { return {view.data(), view.size()}; }

HttpRefusal refusal_of(const ErrorCode& error) {
  if (error == http::error::body_limit) return {413, "the body has more than 64 KiB"};
  if (error == http::error::header_limit) return {431, "the header has more than 8 KiB"};
  return {400, fmt::format("this is no HTTP/1.1 request: {}", error.message())};
}

}  // namespace

// --- RequestReader ---

struct RequestReader::Parser : http::request_parser<http::string_body> {};

RequestReader::RequestReader() : parser_(std::make_unique<Parser>()) {
  parser_->eager(true);
  parser_->header_limit(kControlHeaderBytesMax);
  parser_->body_limit(kControlBodyBytesMax);
}

RequestReader::~RequestReader() = default;

bool RequestReader::take(std::string_view bytes) {
  if (request_ || refusal_) return true;
  unread_ += bytes;
  if (const ErrorCode error = parse(*parser_, unread_)) {
    refusal_ = refusal_of(error);
  } else if (parser_->is_done()) {
    finish();
  }
  return request_ || refusal_;
}

void RequestReader::finish() {
  const auto& message = parser_->get();
  const std::string target = text(message.target());
  const std::size_t question = std::min(target.find('?'), target.size());
  request_ = ControlRequest{
      text(message.method_string()),
      target.substr(0, question),
      target.substr(std::min(question + 1, target.size())),
      text(message[http::field::content_type]),
      message.body(),
  };
}

// --- AnswerReader ---

struct AnswerReader::Parser : http::response_parser<http::string_body> {
  explicit Parser(Piece piece) : piece_(std::move(piece)) {
    eager(true);
    body_limit(boost::none);  // it is as long as the store
    on_chunk_body(take_);
  }

  Piece piece_;
  std::optional<Error> failed_;  // the piece's
  std::function<std::size_t(std::uint64_t, boost::beast::string_view, ErrorCode&)> take_ =
      [this](std::uint64_t, boost::beast::string_view bytes, ErrorCode& error) {
        if (const auto taken = piece_({bytes.data(), bytes.size()}); !taken) {
          failed_ = taken.error();
          error = http::error::end_of_stream;
        }
        return bytes.size();
      };
};

AnswerReader::AnswerReader(Piece piece) : parser_(std::make_unique<Parser>(std::move(piece))) {}
AnswerReader::~AnswerReader() = default;

Result<bool> AnswerReader::take(std::string_view bytes) {
  unread_ += bytes;
  const ErrorCode error = parse(*parser_, unread_);
  if (parser_->failed_) return *parser_->failed_;
  if (error) {
    return Error{Errc::unreachable,
                 fmt::format("the control connection does not speak HTTP: {}", error.message())};
  }
  return parser_->is_done();
}

unsigned AnswerReader::status() const { return parser_->get().result_int(); }
const std::string& AnswerReader::body() const { return parser_->get().body(); }

// --- what is written ---

std::string http_request(std::string_view method, std::string_view target, std::string_view json) {
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: herald\r\nConnection: close\r\n", method, target);
  if (method == "POST") {
    head += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", json.size());
  }
  head += "\r\n";
  return head.append(json);
}

std::string http_answer(unsigned status, std::string_view json) {
  return fmt::format(
             "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
             "Connection: close\r\n\r\n",
             status, text(http::obsolete_reason(static_cast<http::status>(status))), json.size())
      .append(json);
}

std::string http_stream_head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
         "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
}

std::string http_chunk_head(std::size_t bytes) { return fmt::format("{:x}\r\n", bytes); }

}  // namespace herald::cli
