#include "engine/message/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/message/alert.h"
#include "engine/message/background.h"
#include "engine/message/call.h"
#include "engine/message/check.h"
#include "engine/message/form.h"
#include "engine/message/json_place.h"
#include "engine/message/live_view.h"
#include "engine/message/push_options.h"
#include "engine/message/text_to_speech.h"

namespace herald::message {
namespace {

// 9 (location) is reserved: no payload is published, so it is refused like any other number.
constexpr std::array kPushTypes{
    PushType{0, "alert", 1000, 10, &check_alert},
    PushType{1, "form update", 1, 1, &check_form},
    PushType{2, "text-to-speech", 1000, 10, &check_text_to_speech},
    PushType{6, "background", 1000, 10, &check_background},
    PushType{7, "live view", 1000, 10, &check_live_view},
    PushType{10, "in-app call", 1000, 10, &check_call},
};

void check_parts(Checker& checker, int value, const Json& payload, const Json* push_options) {
  const PushType* const type = push_type(value);
  if (type == nullptr) {
    checker.refuse(
        "/pushType", "V1",
        fmt::format("the service has no push type {}; it has 0, 1, 2, 6, 7 and 10", value));
    return;
  }
  if (payload.kind == Json::Kind::object) {
    type->check(checker, "/payload", payload);
  } else {
    checker.refuse("/payload", "V2", "must be an object");
  }
  if (push_options != nullptr) check_push_options(checker, "/pushOptions", *push_options, value);
}

std::size_t bytes_max(const RulesConfig& rules) { return kMessageBytesMax - rules.size_margin; }

std::size_t measured(MessageSize size, const RulesConfig& rules) {
  return rules.size == MeasuredPart::body ? size.body : size.payload;
}

}  // namespace

std::span<const PushType> push_types() { return kPushTypes; }

const PushType* push_type(int value) {
  const auto found = std::find_if(kPushTypes.begin(), kPushTypes.end(),
                                  [value](const PushType& type) { return type.value == value; });
  return found == kPushTypes.end() ? nullptr : &*found;
}

std::vector<Violation> check_message(int type, const Json& payload, const Json* push_options,
                                     const RulesConfig& rules) {
  Checker checker(rules);
  check_parts(checker, type, payload, push_options);
  return checker.take();
}

PatternCheck check_pattern(int type, const Json& payload, const Json* push_options,
                           bool fields_by_record, const RulesConfig& rules) {
  Checker checker(rules, fields_by_record ? Subject::by_record : Subject::pattern);
  check_parts(checker, type, payload, push_options);
  return {checker.take(), checker.take_free()};
}

bool is_too_long(MessageSize size, const RulesConfig& rules) {
  return measured(size, rules) > bytes_max(rules) && !rules.only_warns("V5");
}

std::optional<Violation> check_size(MessageSize size, const RulesConfig& rules) {
  const std::size_t bytes = measured(size, rules);
  const std::size_t most = bytes_max(rules);
  if (bytes <= most) return std::nullopt;
  const bool whole = rules.size == MeasuredPart::body;
  Checker checker(rules);
  checker.refuse(
      "/payload", "V5",
      rules.size_margin == 0
          ? fmt::format("the {} has {} bytes{}, the service takes at most {}; shorten it by {}",
                        whole ? "message" : "payload", bytes, whole ? " without its tokens" : "",
                        most, bytes - most)
          : fmt::format("the {} has {} bytes{}, the service's {} less size_margin leave {}; "
                        "shorten it by {}",
                        whole ? "message" : "payload", bytes, whole ? " without its tokens" : "",
                        kMessageBytesMax, most, bytes - most),
      kMessageTooLong);
  return std::move(checker.take().front());
}

std::string to_string(const Violation& violation) {
  if (violation.warning) return violation.text;
  if (violation.code == kLocalPolicy) {
    return fmt::format("{} (rule {}, local policy)", violation.text, violation.rule);
  }
  return fmt::format("{} (rule {}, service code {})", violation.text, violation.rule,
                     violation.code);
}

}  // namespace herald::message
