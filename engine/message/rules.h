// The service's rules for a message, checked before anything is sent (api.md 21).
//
// In: a push type, a payload, options. Out: what breaks a rule, with the place, the rule's name and
// the code the service would answer. The aim is never to refuse what the service accepts.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace herald::message {

struct Json;
class Checker;

struct Violation {
  std::string pointer;    // "/payload/notification/badge/addNum"
  std::string_view rule;  // "V10"; or "types", "unknown", "lists": general rules without a number
  std::string_view
      code;          // "80100003"; "local": our policy, the service might accept it; "unsupported"
  std::string text;  // "must be 1 to 99, is 100"
  bool warning;      // the message may be sent
};

// One push type a row; its rules are one function in a file of its own.
struct PushType {
  int value;
  std::string_view name;
  std::size_t tokens_max;  // of a request
  std::size_t test_tokens_max;
  // Null: known to the service, not built here yet.
  void (*check)(Checker& checker, const std::string& pointer, const Json& payload);
};

std::span<const PushType> push_types();
const PushType* push_type(int value);  // null: the service has no such type

inline constexpr std::size_t kMessageBytesMax = 4096;  // the body without its tokens (api.md 7)

// Pointers start at /pushType, /payload or /pushOptions. `push_options` may be null. Without a
// token count the rules about it are left out.
std::vector<Violation> check_message(int type, const Json& payload, const Json* push_options,
                                     std::optional<std::size_t> token_count = std::nullopt);

// A complete send request: the push-type header ("" when there is none) and the body.
std::vector<Violation> check_request(std::string_view push_type_header, std::string_view body);

// Nothing, if a message of `bytes` without its tokens may be sent.
std::optional<Violation> check_size(std::size_t bytes);

// "must be 1 to 99, is 0 (rule V10, service code 80100003)"
std::string to_string(const Violation& violation);

}  // namespace herald::message
