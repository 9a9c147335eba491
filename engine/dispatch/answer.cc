#include "engine/dispatch/answer.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>

namespace herald::dispatch {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kDepthMax = 16;       // I49
constexpr std::size_t kBytesMax = 1 << 20;  // I49
constexpr std::size_t kFirstBytes = 4096;   // of a parser: it grows with the answers
constexpr std::size_t kMessageBytesMax = 200;
constexpr std::size_t kRequestIdBytesMax = 64;

constexpr std::array kKnown{
    Code::success,         Code::partial,          Code::parameter_error,
    Code::illegal_payload, Code::illegal_expiry,   Code::image_not_verified,
    Code::authentication,  Code::token_expired,    Code::no_permission,
    Code::all_invalid,     Code::too_long,         Code::token_count,
    Code::test_too_fast,   Code::test_token_count, Code::jwt_too_long,
    Code::penalty,         Code::inner_error,
};

Code known_code(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size() || text.size() != 8)
    return Code::none;
  const auto found = std::find(kKnown.begin(), kKnown.end(), static_cast<Code>(number));
  return found == kKnown.end() ? Code::none : *found;
}

std::string printable(std::string_view text) {
  std::string out{text.substr(0, kMessageBytesMax)};
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return out;
}

bool has_duplicate_keys(const dom::object& object) {
  for (auto one = object.begin(); one != object.end(); ++one) {
    auto other = one;
    for (++other; other != object.end(); ++other) {
      if (one.key() == other.key()) return true;
    }
  }
  return false;
}

// An early copy of the service's page has blanks inside the quotes (responses 1.2).
std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

Reason known_reason(std::string_view name) {
  for (auto reason = Reason::tokenFormatError;
       reason <= Reason::disableSendHuaweiMsgBecauseOfPenalty;
       reason = static_cast<Reason>(static_cast<int>(reason) + 1)) {
    if (to_string(reason) == name) return reason;
  }
  return Reason::other;
}

bool about_the_app(Reason reason) {
  return reason >= Reason::noPushTypeRight &&
         reason <= Reason::disableSendHuaweiMsgBecauseOfPenalty;
}

// Finds listed tokens in the batch. Services list them in the order they were sent, so the search
// goes on from the last one found and a list costs about one pass.
class Finder {
 public:
  explicit Finder(const batch::Batch& batch) : batch_(batch), taken_(batch.size(), false) {}

  // The index, or batch.size() when it is not there (any more).
  std::uint32_t take(std::string_view token) {
    for (std::uint32_t step = 0; step < batch_.size(); ++step) {
      const std::uint32_t at = (next_ + step) % batch_.size();
      if (taken_[at] || !equal(at, token)) continue;
      taken_[at] = true;
      next_ = at + 1;
      return at;
    }
    return batch_.size();
  }

 private:
  bool equal(std::uint32_t at, std::string_view token) const {
    const std::string_view quoted = batch_.quoted(at);
    const std::string_view inner = quoted.substr(1, quoted.size() - 2);
    if (inner == token) return inner.find('\\') == std::string_view::npos;
    return inner.size() > token.size() && batch_.token(at) == token;
  }

  const batch::Batch& batch_;
  std::vector<bool> taken_;
  std::uint32_t next_ = 0;
};

}  // namespace

struct AnswerReader::Impl {
  dom::parser outer;
  dom::parser inner;
  Answer answer;

  Impl() {
    for (dom::parser* parser : {&outer, &inner}) {
      if (parser->allocate(kFirstBytes, kDepthMax) != simdjson::SUCCESS) throw std::bad_alloc{};
    }
  }

  void read_list(std::string_view text, const batch::Batch& batch);
  bool read_reasons(const dom::object& tokens, const batch::Batch& batch, std::size_t& listed);
};

AnswerReader::AnswerReader() : impl_(std::make_unique<Impl>()) {}
AnswerReader::~AnswerReader() = default;

const Answer& AnswerReader::read(int status, std::string_view body, bool oversize,
                                 const batch::Batch& batch) {
  Answer& answer = impl_->answer;
  answer = Answer{.status = status};
  if (oversize || body.empty() || body.size() > kBytesMax) return answer;

  dom::object object;
  if (impl_->outer.parse(body.data(), body.size()).get(object) != simdjson::SUCCESS) return answer;
  if (has_duplicate_keys(object)) return answer;
  std::string_view code;
  if (object["code"].get(code) != simdjson::SUCCESS) return answer;
  answer.has_code = true;
  answer.code = known_code(code);
  std::string_view text;
  if (object["requestId"].get(text) == simdjson::SUCCESS) {
    answer.request_id = printable(text.substr(0, kRequestIdBytesMax));
  }
  if (object["msg"].get(text) == simdjson::SUCCESS) {
    answer.message = printable(text);
    if (answer.code == Code::partial || answer.code == Code::all_invalid) {
      impl_->read_list(text, batch);
    }
  }
  return answer;
}

void AnswerReader::Impl::read_list(std::string_view text, const batch::Batch& batch) {
  dom::object list;
  dom::object tokens;
  if (inner.parse(text.data(), text.size()).get(list) != simdjson::SUCCESS) return;
  if (has_duplicate_keys(list)) return;
  if (list["illegalTokens"].get(tokens) != simdjson::SUCCESS || has_duplicate_keys(tokens)) return;
  std::size_t listed = 0;
  answer.list_readable = read_reasons(tokens, batch, listed);
  answer.list_within = answer.list_readable && listed == answer.listed.size();

  std::uint64_t failure = 0;
  std::uint64_t success = 0;
  const bool has_failure = list["failure"].get(failure) == simdjson::SUCCESS;
  const bool has_success = list["success"].get(success) == simdjson::SUCCESS;
  if (answer.code == Code::partial) {
    answer.counts_agree =
        has_failure && failure == listed && (!has_success || success + failure == batch.size());
  } else {
    answer.counts_agree = !has_success || success == 0;
  }
}

// Takes what is readable; false when something is not.
bool AnswerReader::Impl::read_reasons(const dom::object& tokens, const batch::Batch& batch,
                                      std::size_t& listed) {
  Finder finder{batch};
  bool readable = true;
  for (const auto member : tokens) {
    dom::array values;
    if (member.value.get(values) != simdjson::SUCCESS) {
      readable = false;
      continue;
    }
    const std::string_view name = trim(member.key);
    const Reason reason = known_reason(name);
    if (reason == Reason::other && answer.other_reason.empty())
      answer.other_reason = printable(name);
    for (const dom::element value : values) {
      std::string_view token;
      if (value.get(token) != simdjson::SUCCESS) {
        readable = false;
        continue;
      }
      // More than were sent: not worth a search through the batch for each (I49).
      if (++listed > batch.size()) return false;
      if (about_the_app(reason)) answer.app_reason = true;
      const std::uint32_t index = finder.take(token);
      if (index < batch.size()) answer.listed.push_back({index, reason});
    }
  }
  return readable;
}

}  // namespace herald::dispatch
