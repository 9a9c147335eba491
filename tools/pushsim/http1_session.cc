#include "tools/pushsim/http1_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool same(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool parse_request_line(std::string_view line, Http1Head& head) {
  const std::size_t space1 = line.find(' ');
  const std::size_t space2 = space1 == line.npos ? space1 : line.find(' ', space1 + 1);
  if (space2 == line.npos) return false;
  head.request.method = line.substr(0, space1);
  head.request.path = line.substr(space1 + 1, space2 - space1 - 1);
  const std::string_view version = line.substr(space2 + 1);
  head.close = version == "HTTP/1.0";
  return head.close || version == "HTTP/1.1";
}

bool parse_field(std::string_view line, Http1Head& head) {
  const std::size_t colon = line.find(':');
  // A blank before the colon is how requests are smuggled (RFC 9112, 5.1).
  if (colon == line.npos || colon == 0 || line[colon - 1] == ' ') return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (same(name, "authorization")) {
    head.request.authorization = value;
  } else if (same(name, "push-type")) {
    head.request.push_type = value;
  } else if (same(name, "content-length")) {
    const auto length = parse_integer(value);
    head.content_length = static_cast<std::size_t>(length.value_or(0));
    return length.has_value();
  } else if (same(name, "transfer-encoding")) {
    head.chunked = same(value, "chunked");
    return head.chunked;
  } else if (same(name, "connection")) {
    head.close = head.close || same(value, "close");
  } else if (same(name, "expect")) {
    head.expects_continue = same(value, "100-continue");
  }
  return true;
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

}  // namespace

ParseState parse_http1_head(std::string_view text, Http1Head& head) {
  head = {};
  const std::size_t end = text.find("\r\n\r\n");
  if (end == text.npos) {
    return text.size() > kHeadBytesMax ? ParseState::malformed : ParseState::incomplete;
  }
  head.size = end + 4;
  std::size_t at = text.find(kLineEnd);
  if (!parse_request_line(text.substr(0, at), head)) return ParseState::malformed;
  while (at < end) {
    at += kLineEnd.size();
    const std::size_t next = text.find(kLineEnd, at);
    if (!parse_field(text.substr(at, next - at), head)) return ParseState::malformed;
    at = next;
  }
  if (head.chunked && head.content_length != 0) return ParseState::malformed;
  return ParseState::complete;
}

ParseState decode_chunks(std::string_view text, std::string& body, std::size_t& used) {
  body.clear();
  std::size_t at = 0;
  while (true) {
    const std::size_t line_end = text.find(kLineEnd, at);
    if (line_end == text.npos) return ParseState::incomplete;
    std::size_t size = 0;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + line_end, size, 16);
    const bool whole = stop == text.data() + line_end || *stop == ';';  // an extension may follow
    if (error != std::errc{} || !whole || size > kBodyBytesMax - body.size()) {
      return ParseState::malformed;
    }
    at = line_end + kLineEnd.size();
    if (size == 0) {
      // No trailer fields: nobody here sends any.
      if (text.size() < at + 2) return ParseState::incomplete;
      used = at + 2;
      return text.substr(at, 2) == kLineEnd ? ParseState::complete : ParseState::malformed;
    }
    if (text.size() < at + size + 2) return ParseState::incomplete;
    body.append(text.substr(at, size));
    at += size;
    if (text.substr(at, 2) != kLineEnd) return ParseState::malformed;
    at += kLineEnd.size();
  }
}

Http1Session::~Http1Session() {
  if (!began_) return;
  if (phase_ != Phase::reading) service_.answer_not_delivered(answer_, cut_);
  service_.request_ended(answer_);
}

bool Http1Session::receive(std::string_view bytes) {
  for (std::size_t done = 0; done < bytes.size(); done += kCopyPiece) {
    input_.append(bytes.substr(done, kCopyPiece));
  }
  take_requests();
  // What is left waits for an answer, or for more; nobody needs more than one request in advance.
  if (input_.size() > 2 * (kBodyBytesMax + kHeadBytesMax)) cut_ = true;
  return !cut_;
}

bool Http1Session::produce(std::string& out, std::size_t) {
  out.append(to_send_);
  to_send_.clear();
  return !cut_;
}

void Http1Session::on_timer(std::int32_t request) {
  if (request != requests_) return;
  if (phase_ == Phase::held_back) {
    answer_now();
  } else if (phase_ == Phase::answering) {
    to_send_ += answer_.body[dripped_++];
    if (dripped_ < answer_.body.size()) return set_timer_(kDripEvery, requests_);
    request_over();
  }
  take_requests();
}

void Http1Session::take_requests() {
  while (!done_ && !cut_ && phase_ == Phase::reading && take_request()) continue;
}

// One request, if it is there as a whole; false otherwise.
bool Http1Session::take_request() {
  Http1Head head;
  const ParseState state = parse_http1_head(input_, head);
  if (state == ParseState::malformed) refuse_and_close(400);
  if (state != ParseState::complete) return false;
  if (!began_) {
    began_ = true;
    service_.request_began();
    if (head.content_length > kBodyBytesMax) {
      refuse_and_close(413);
      return false;
    }
    input_.reserve(head.size + head.content_length);
    if (head.expects_continue) to_send_ += kContinue;
    // The views moved with the text.
    parse_http1_head(input_, head);
  }
  std::string_view body;
  std::size_t used = 0;
  const auto body_state = take_body(head, std::string_view(input_).substr(head.size), body, used);
  if (body_state == ParseState::malformed) refuse_and_close(400);
  if (body_state != ParseState::complete) return false;
  ++requests_;
  answer_ = Service::is_probe(head.request)
                ? service_.answer_probe()
                : service_.handle(head.request, body, service_.draw_fault());
  const std::uint64_t every = service_.options().goaway_every;
  close_after_ = head.close || answer_.fault == Fault::goaway_last ||
                 (every != 0 && static_cast<std::uint64_t>(requests_) >= every);
  input_.erase(0, head.size + used);
  carry_out();
  return true;
}

ParseState Http1Session::take_body(const Http1Head& head, std::string_view rest,
                                   std::string_view& body, std::size_t& used) {
  if (head.chunked) {
    const ParseState state = decode_chunks(rest, chunk_body_, used);
    body = chunk_body_;
    return state;
  }
  if (rest.size() < head.content_length) return ParseState::incomplete;
  body = rest.substr(0, head.content_length);
  used = head.content_length;
  return ParseState::complete;
}

void Http1Session::carry_out() {
  phase_ = Phase::held_back;
  const Fault fault = answer_.fault;
  if (fault == Fault::never) return;
  if (!reaches_client(fault)) {
    cut_ = true;
    return;
  }
  if (answer_.delay.count() == 0) return answer_now();
  set_timer_(answer_.delay, requests_);
}

void Http1Session::answer_now() {
  phase_ = Phase::answering;
  const auto out = std::back_inserter(to_send_);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Length: {}\r\n", answer_.status,
                 reason(answer_.status), service_.date_header(), answer_.body.size());
  if (!answer_.content_type.empty())
    fmt::format_to(out, "Content-Type: {}\r\n", answer_.content_type);
  if (!answer_.location.empty()) fmt::format_to(out, "Location: {}\r\n", answer_.location);
  if (close_after_) to_send_ += "Connection: close\r\n";
  to_send_ += kLineEnd;
  if (answer_.fault == Fault::drip && !answer_.body.empty()) {
    dripped_ = 0;
    return set_timer_(kDripEvery, requests_);
  }
  to_send_ += answer_.body;
  request_over();
}

void Http1Session::request_over() {
  phase_ = Phase::reading;
  began_ = false;
  service_.request_ended(answer_);
  answer_ = {};
  if (close_after_) done_ = true;
}

void Http1Session::refuse_and_close(int status) {
  fmt::format_to(std::back_inserter(to_send_),
                 "HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status,
                 reason(status));
  if (began_) service_.request_ended(answer_);
  began_ = false;
  done_ = true;
}

}  // namespace pushsim
