// The service's rules for a message, checked before anything is sent (api.md 21).
//
// In: a push type, a payload, options. Out: what breaks a rule, with the place, the rule's name and
// the code the service would answer. The aim is never to refuse what the service accepts; what the
// configuration's [rules] says decides where its pages leave that open.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "herald/config.h"

namespace herald::message {

struct Json;
class Checker;

struct Violation {
  std::string pointer;    // "/payload/notification/badge/addNum"
  std::string_view rule;  // "V10"; or "types", "unknown", "lists": general rules without a number
  std::string_view code;  // "80100003"; "local": our policy, the service might accept it
  std::string text;       // "must be 1 to 99, is 100"
  bool warning;           // the message may be sent
};

// One push type a row; its rules are one function in a file of its own.
struct PushType {
  int value;
  std::string_view name;
  std::size_t tokens_max;  // of a request
  std::size_t test_tokens_max;
  void (*check)(Checker& checker, const std::string& pointer, const Json& payload);
};

std::span<const PushType> push_types();
const PushType* push_type(int value);  // null: the service has no such type

inline constexpr std::size_t kMessageBytesMax = 4096;  // the body without its tokens (api.md 7)

// Pointers start at /pushType, /payload or /pushOptions. `push_options` may be null.
std::vector<Violation> check_message(int type, const Json& payload, const Json* push_options,
                                     const RulesConfig& rules = {});

// A payload that records are still to fill in, as far as it can be checked before.
struct PatternCheck {
  std::vector<Violation> violations;
  // Pointers of the strings with {{vars.…}} in whose text no rule looks.
  std::vector<std::string> free;
};

// `fields_by_record`: records may bring formId and the like, so the payload need not have them.
PatternCheck check_pattern(int type, const Json& payload, const Json* push_options,
                           bool fields_by_record, const RulesConfig& rules = {});

// A complete send request: the push-type header ("" when there is none) and the body.
std::vector<Violation> check_request(std::string_view push_type_header, std::string_view body,
                                     const RulesConfig& rules = {});

// A complete revoke request (api.md 18).
std::vector<Violation> check_revoke(std::string_view push_type_header, std::string_view body,
                                    const RulesConfig& rules = {});

struct MessageSize {
  std::size_t body;     // without what stands between the brackets of target.token
  std::size_t payload;  // the payload object alone
};

// Nothing, if a message of that size may be sent.
std::optional<Violation> check_size(MessageSize size, const RulesConfig& rules = {});
bool is_too_long(MessageSize size, const RulesConfig& rules);  // the same without a text

// "must be 1 to 99, is 0 (rule V10, service code 80100003)"
std::string to_string(const Violation& violation);

}  // namespace herald::message
