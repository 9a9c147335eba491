// A request as a whole, send (api.md 6, 7) and revoke (api.md 18): V1 to V5.
#include <fmt/format.h>

#include <array>
#include <charconv>

#include "engine/message/check.h"
#include "engine/message/compact_json.h"
#include "engine/message/json_place.h"
#include "engine/message/rules.h"

namespace herald::message {
namespace {

using Kind = Json::Kind;

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

void check_tokens_are_strings(Checker& checker, const std::string& pointer, const Json& tokens) {
  for (std::size_t i = 0; i < tokens.items.size(); ++i) {
    if (tokens.items[i].kind == Kind::string) continue;
    checker.refuse(child(pointer, i), kTypesRule, "must be a string");
    return;
  }
}

// The tokens of a request, or null with a violation.
const Json* find_tokens(Checker& checker, const Json& body) {
  const Json* const target = body.member("target");
  if (!is_kind(target, Kind::object)) {
    checker.refuse("/target", "V2", target == nullptr ? "is missing" : "must be an object");
    return nullptr;
  }
  const Json* const tokens = target->member("token");
  if (!is_kind(tokens, Kind::array)) {
    checker.refuse("/target/token", "V2",
                   tokens == nullptr ? "is missing" : "must be an array of strings");
    return nullptr;
  }
  check_tokens_are_strings(checker, "/target/token", *tokens);
  return tokens;
}

void check_members(Checker& checker, const Json& body, std::span<const std::string_view> known) {
  for (const Json& member : body.items) {
    if (!contains(known, member.key)) checker.refuse_unknown(child("", member.key));
  }
}

// The brackets count, what is between them does not (api.md 7).
std::size_t size_without(const Json* tokens, const Json& body) {
  return compact(body).size() - (tokens == nullptr ? 0 : compact(*tokens).size() - 2);
}

void check_body_size(std::vector<Violation>& found, MessageSize size, const RulesConfig& rules) {
  if (auto violation = check_size(size, rules)) found.push_back(std::move(*violation));
}

std::vector<Violation> check_send_body(int type, const Json& body, const RulesConfig& rules) {
  constexpr std::array<std::string_view, 3> kMembers{"payload", "target", "pushOptions"};
  Checker checker(rules);
  check_members(checker, body, kMembers);
  const Json* const payload = body.member("payload");
  const Json* const options = body.member("pushOptions");
  if (payload == nullptr) checker.refuse("/payload", "V2", "is missing");
  const Json* const tokens = find_tokens(checker, body);
  std::vector<Violation> found = checker.take();
  if (payload != nullptr) {
    for (Violation& violation : check_message(type, *payload, options, rules)) {
      found.push_back(std::move(violation));
    }
  }
  Checker counter(rules);
  if (const PushType* const known = push_type(type); known != nullptr && tokens != nullptr) {
    check_token_count(counter, *known, options, tokens->items.size());
  }
  for (Violation& violation : counter.take()) found.push_back(std::move(violation));
  const std::size_t payload_bytes = payload == nullptr ? 0 : compact(*payload).size();
  check_body_size(found, {size_without(tokens, body), payload_bytes}, rules);
  return found;
}

void check_revoked_tokens(Checker& checker, const Json* tokens) {
  constexpr std::size_t kMax = 1000;
  if (tokens != nullptr && tokens->kind != Kind::array) {
    checker.refuse("/token", "V2", "must be an array of strings");
    return;
  }
  if (tokens != nullptr) check_tokens_are_strings(checker, "/token", *tokens);
  const std::size_t count = tokens == nullptr ? 0 : tokens->items.size();
  if (count >= 1 && count <= kMax) return;
  checker.refuse("/token", "V3",
                 fmt::format("must hold 1 to {} tokens, holds {}; it stands at the top, not in a "
                             "target",
                             kMax, count),
                 kTokenCount);
}

std::vector<Violation> check_revoke_body(const Json& body, const RulesConfig& rules) {
  constexpr std::array<std::string_view, 2> kMembers{"notifyId", "token"};
  constexpr std::array kNotifyId{Field{.name = "notifyId",
                                       .type = FieldType::integer,
                                       .rule = "V12",
                                       .least = 0,
                                       .most = 2147483647}};
  Checker checker(rules);
  check_members(checker, body, kMembers);
  const Json* const tokens = body.member("token");
  if (const Json* const id = body.member("notifyId")) {
    Json only;
    only.kind = Kind::object;
    only.items.push_back(*id);
    check_fields(checker, "", only, kNotifyId);
  } else {
    checker.refuse_firmly("/notifyId", "V12",
                          "is missing: only a message sent with one can be revoked", kMayNotRevoke);
  }
  check_revoked_tokens(checker, tokens);
  std::vector<Violation> found = checker.take();
  const std::size_t bytes = size_without(is_kind(tokens, Kind::array) ? tokens : nullptr, body);
  check_body_size(found, {bytes, bytes}, rules);
  return found;
}

std::optional<int> digits_of(std::string_view header) {
  int value = 0;
  const char* const end = header.data() + header.size();
  const auto [rest, error] = std::from_chars(header.data(), end, value);
  const bool whole = error == std::errc{} && rest == end && header.front() != '-';
  return whole ? std::optional(value) : std::nullopt;
}

// The body as an object; else nothing, and why.
std::optional<Json> body_of(Checker& checker, std::string_view body) {
  auto root = parse_json(body);
  if (root.has_error()) {
    checker.refuse(root.error().pointer, "V2",
                   fmt::format("line {}: {}", root.error().line, root.error().text));
    return std::nullopt;
  }
  if (root->kind != Kind::object) {
    checker.refuse("", "V2", "the body must be an object");
    return std::nullopt;
  }
  return std::move(*root);
}

}  // namespace

std::vector<Violation> check_request(std::string_view push_type_header, std::string_view body,
                                     const RulesConfig& rules) {
  Checker checker(rules);
  const std::optional<int> type = digits_of(push_type_header);
  if (!type) {
    checker.refuse("/pushType", "V1", "the push-type header must be a number of digits");
    return checker.take();
  }
  const std::optional<Json> root = body_of(checker, body);
  return root ? check_send_body(*type, *root, rules) : checker.take();
}

std::vector<Violation> check_revoke(std::string_view push_type_header, std::string_view body,
                                    const RulesConfig& rules) {
  Checker checker(rules);
  const std::optional<int> type = digits_of(push_type_header);
  if (type != 0 && type != 2) {
    checker.refuse("/pushType", "V1", "only messages of push type 0 or 2 can be revoked");
    return checker.take();
  }
  const std::optional<Json> root = body_of(checker, body);
  return root ? check_revoke_body(*root, rules) : checker.take();
}

}  // namespace herald::message
