#include "engine/transport/http1_answer.h"

#include <fmt/format.h>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <cassert>
#include <optional>

#include "engine/transport/http_date.h"

namespace herald::transport {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using beast::error_code;
using beast::string_view;

// The shortest that can follow a chunked answer's head or one of its chunks: "0\r\n\r\n". Given
// less, Beast 1.81 stops at an assertion of its own when the rest arrives.
constexpr std::size_t kChunkedRestMin = 5;

// Fills the exchange as the answer is read; keeps nothing itself.
class AnswerParser final : public http::basic_parser<false> {
 public:
  explicit AnswerParser(Exchange& exchange) : exchange_(exchange) {
    header_limit(kHeaderListBytesMax);
    body_limit(boost::none);  // what is too long is read and thrown away
    eager(true);
  }

  int status() const { return status_; }
  bool is_http11() const { return version_ == 11; }

 private:
  void on_response_impl(int status, string_view reason, int version, error_code& failed) override {
    status_ = status;
    version_ = version;
    // Counted over interim answers too, so that there is no end of them.
    exchange_.header_bytes += reason.size() + kHeaderFieldOverhead;
    if (exchange_.header_bytes > kHeaderListBytesMax) failed = http::error::header_limit;
  }
  void on_field_impl(http::field field, string_view name, string_view value,
                     error_code& failed) override {
    if (!exchange_.count_field(name.size(), value.size())) failed = http::error::header_limit;
    // With another coding nobody knows where the body ends (RFC 9112 6.3).
    if (field == http::field::date) exchange_.date = parse_http_date({value.data(), value.size()});
    const bool coded = field == http::field::transfer_encoding;
    if (coded && !beast::iequals(value, "chunked")) failed = http::error::bad_transfer_encoding;
  }
  void on_header_impl(error_code& failed) override {
    // Nobody asked for another protocol.
    if (status_ == 101) failed = http::error::bad_status;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override {
    exchange_.take_answer(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    exchange_.take_answer(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override {}
  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}

  Exchange& exchange_;
  int status_ = 0;
  int version_ = 0;
};

}  // namespace

struct Http1Answer::Parser {
  Exchange* exchange = nullptr;
  std::optional<AnswerParser> of;  // Beast's serve for one answer
};

Http1Answer::Http1Answer() : parser_(std::make_unique<Parser>()) {}
Http1Answer::~Http1Answer() = default;

void Http1Answer::begin(Exchange& exchange) {
  assert(input_.empty());
  parser_->exchange = &exchange;
  parser_->of.emplace(exchange);
}

Result<bool> Http1Answer::take(std::span<const std::uint8_t> bytes) {
  const char* from = reinterpret_cast<const char*>(bytes.data());
  if (input_.empty()) {
    const char* at = from;
    const auto whole = parse(at, from + bytes.size());
    input_.assign(at, from + bytes.size());
    return whole;
  }
  input_.append(from, bytes.size());
  const char* at = input_.data();
  const auto whole = parse(at, input_.data() + input_.size());
  input_.erase(0, static_cast<std::size_t>(at - input_.data()));
  return whole;
}

// Advances `at` over what was taken.
Result<bool> Http1Answer::parse(const char*& at, const char* end) {
  while (at < end) {
    AnswerParser& parser = *parser_->of;
    const auto size = static_cast<std::size_t>(end - at);
    const bool chunked = parser.is_header_done() && parser.chunked();
    if (chunked && size < kChunkedRestMin) break;
    error_code failed;
    at += parser.put({at, size}, failed);
    if (failed == http::error::need_more) {
      // A chunk's extensions and the fields at the end have no limit of their own.
      if (static_cast<std::size_t>(end - at) <= kHeaderListBytesMax) break;
      failed = http::error::header_limit;
    }
    if (failed) {
      return Error{Errc::unreachable,
                   fmt::format("the peer breaks HTTP/1.1: {}", failed.message())};
    }
    if (!parser.is_done()) continue;
    if (parser.status() / 100 != 1) {
      parser_->exchange->status = parser.status();
      parser_->exchange->complete = true;
      return true;
    }
    parser_->of.emplace(*parser_->exchange);  // an interim answer: the real one follows
  }
  return false;
}

bool Http1Answer::finish() {
  AnswerParser& parser = *parser_->of;
  if (!parser.is_header_done() || !parser.need_eof()) return false;
  error_code failed;
  parser.put_eof(failed);
  if (failed) return false;
  parser_->exchange->status = parser.status();
  parser_->exchange->complete = true;
  return true;
}

bool Http1Answer::keeps_connection() const {
  const AnswerParser& parser = *parser_->of;
  return parser.is_http11() && parser.keep_alive() && unread() == 0;
}

}  // namespace herald::transport
