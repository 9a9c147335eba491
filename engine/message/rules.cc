#include "engine/message/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/message/alert.h"
#include "engine/message/check.h"
#include "engine/message/compact_json.h"
#include "engine/message/json_place.h"
#include "engine/message/push_options.h"

namespace herald::message {
namespace {

// 9 (location) is reserved: no payload is published, so it is refused like any other number.
constexpr std::array kPushTypes{
    PushType{0, "alert", 1000, 10, &check_alert},
    PushType{1, "form update", 1, 1, nullptr},
    PushType{2, "text-to-speech", 1000, 10, nullptr},
    PushType{6, "background", 1000, 10, nullptr},
    PushType{7, "live view", 1000, 10, nullptr},
    PushType{10, "in-app call", 1000, 10, nullptr},
};

std::string built_types() {
  std::string out;
  for (const PushType& type : kPushTypes) {
    if (type.check == nullptr) continue;
    out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", type.value, type.name);
  }
  return out;
}

void check_token_count(Checker& checker, const PushType& type, const Json* push_options,
                       std::size_t count) {
  const bool is_test = push_options != nullptr && is_true(push_options->member("testMessage"));
  if (count < 1 || count > type.tokens_max) {
    checker.refuse("/target/token", "V3",
                   fmt::format("must hold 1 to {} tokens, holds {}", type.tokens_max, count),
                   kTokenCount);
  } else if (is_test && count > type.test_tokens_max) {
    checker.refuse("/target/token", "V4",
                   fmt::format("a test message takes at most {} tokens, here are {}",
                               type.test_tokens_max, count),
                   kTestTokenCount);
  }
}

void check_parts(Checker& checker, int value, const Json& payload, const Json* push_options,
                 std::optional<std::size_t> token_count) {
  const PushType* const type = push_type(value);
  if (type == nullptr) {
    checker.refuse(
        "/pushType", "V1",
        fmt::format("the service has no push type {}; it has 0, 1, 2, 6, 7 and 10", value));
    return;
  }
  if (type->check == nullptr) {
    checker.refuse("/pushType", "V1",
                   fmt::format("push type {} ({}) is not built yet; built: {}", value, type->name,
                               built_types()),
                   kUnbuilt);
    return;
  }
  if (payload.kind == Json::Kind::object) {
    type->check(checker, "/payload", payload);
  } else {
    checker.refuse("/payload", "V2", "must be an object");
  }
  if (push_options != nullptr) check_push_options(checker, "/pushOptions", *push_options, value);
  if (token_count) check_token_count(checker, *type, push_options, *token_count);
}

// The tokens of a request, or null with a violation.
const Json* find_tokens(Checker& checker, const Json& body) {
  const Json* const target = body.member("target");
  if (!is_kind(target, Json::Kind::object)) {
    checker.refuse("/target", "V2", target == nullptr ? "is missing" : "must be an object");
    return nullptr;
  }
  const Json* const tokens = target->member("token");
  if (!is_kind(tokens, Json::Kind::array)) {
    checker.refuse("/target/token", "V2",
                   tokens == nullptr ? "is missing" : "must be an array of strings");
    return nullptr;
  }
  for (std::size_t i = 0; i < tokens->items.size(); ++i) {
    if (tokens->items[i].kind == Json::Kind::string) continue;
    checker.refuse(child("/target/token", i), kTypesRule, "must be a string");
    break;
  }
  return tokens;
}

void check_members(Checker& checker, const Json& body) {
  constexpr std::array<std::string_view, 3> kMembers{"payload", "target", "pushOptions"};
  for (const Json& member : body.items) {
    if (!contains(kMembers, member.key)) {
      checker.warn(child("", member.key), kUnknownRule, "unknown member, sent as it is");
    }
  }
  if (body.member("payload") == nullptr) checker.refuse("/payload", "V2", "is missing");
}

void check_body(Checker& checker, int type, const Json& body) {
  check_members(checker, body);
  const Json* const tokens = find_tokens(checker, body);
  if (const Json* const payload = body.member("payload")) {
    check_parts(checker, type, *payload, body.member("pushOptions"),
                tokens == nullptr ? std::nullopt : std::optional(tokens->items.size()));
  }
  // The brackets count, what is between them does not (api.md 7).
  const std::size_t between = tokens == nullptr ? 0 : compact(*tokens).size() - 2;
  if (const auto violation = check_size(compact(body).size() - between)) {
    checker.refuse(violation->pointer, violation->rule, violation->text, violation->code);
  }
}

std::optional<int> digits_of(std::string_view header) {
  int value = 0;
  const char* const end = header.data() + header.size();
  const auto [rest, error] = std::from_chars(header.data(), end, value);
  const bool whole = error == std::errc{} && rest == end && header.front() != '-';
  return whole ? std::optional(value) : std::nullopt;
}

}  // namespace

std::span<const PushType> push_types() { return kPushTypes; }

const PushType* push_type(int value) {
  const auto found = std::find_if(kPushTypes.begin(), kPushTypes.end(),
                                  [value](const PushType& type) { return type.value == value; });
  return found == kPushTypes.end() ? nullptr : &*found;
}

std::vector<Violation> check_message(int type, const Json& payload, const Json* push_options,
                                     std::optional<std::size_t> token_count) {
  Checker checker;
  check_parts(checker, type, payload, push_options, token_count);
  return checker.take();
}

std::vector<Violation> check_request(std::string_view push_type_header, std::string_view body) {
  Checker checker;
  const std::optional<int> type = digits_of(push_type_header);
  const auto root = parse_json(body);
  if (!type) {
    checker.refuse("/pushType", "V1", "the push-type header must be a number of digits");
  } else if (root.has_error()) {
    checker.refuse(root.error().pointer, "V2",
                   fmt::format("line {}: {}", root.error().line, root.error().text));
  } else if (root->kind != Json::Kind::object) {
    checker.refuse("", "V2", "the body must be an object");
  } else {
    check_body(checker, *type, *root);
  }
  return checker.take();
}

std::optional<Violation> check_size(std::size_t bytes) {
  if (bytes <= kMessageBytesMax) return std::nullopt;
  return Violation{"/payload", "V5", kMessageTooLong,
                   fmt::format("the message has {} bytes without its tokens, the service takes at "
                               "most {}; shorten it by {}",
                               bytes, kMessageBytesMax, bytes - kMessageBytesMax),
                   false};
}

std::string to_string(const Violation& violation) {
  if (violation.warning || violation.code == kUnbuilt) return violation.text;
  if (violation.code == kLocalPolicy) {
    return fmt::format("{} (rule {}, local policy)", violation.text, violation.rule);
  }
  return fmt::format("{} (rule {}, service code {})", violation.text, violation.rule,
                     violation.code);
}

}  // namespace herald::message
