// How a rule is written down: tables of fields for what a table can say, functions for the rest.
// Used by the files of the push types; rules.h is what others include.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/message/json.h"
#include "engine/message/rules.h"

namespace herald::message {

inline constexpr std::string_view kIllegalPayload = "80100003";
inline constexpr std::string_view kIllegalExpiry = "80100004";
inline constexpr std::string_view kAllTokensRefused = "80300007";
inline constexpr std::string_view kMessageTooLong = "80300008";
inline constexpr std::string_view kTokenCount = "80300010";
inline constexpr std::string_view kTestTokenCount = "80300030";
inline constexpr std::string_view kLocalPolicy = "local";
inline constexpr std::string_view kUnbuilt = "unsupported";

// Rules of api.md 5 that have no number in its table.
inline constexpr std::string_view kTypesRule = "types";
inline constexpr std::string_view kUnknownRule = "unknown";
inline constexpr std::string_view kListsRule = "lists";

// Collects what a message breaks, in the order found.
class Checker {
 public:
  void refuse(std::string pointer, std::string_view rule, std::string text,
              std::string_view code = kIllegalPayload);
  void warn(std::string pointer, std::string_view rule, std::string text);
  std::vector<Violation> take() { return std::move(violations_); }

 private:
  std::vector<Violation> violations_;
};

enum class FieldType : std::uint8_t { boolean, integer, string, strings, object };

struct Field {
  std::string_view name;
  FieldType type;
  std::string_view rule;  // broken when the field is missing or out of its bounds
  bool required = false;
  std::int64_t least = std::numeric_limits<std::int64_t>::min();  // of an integer
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  // What the table cannot say; called when the type is right.
  void (*check)(Checker& checker, const std::string& pointer, const Json& value) = nullptr;
};

// Types, bounds, what is missing, what is unknown (a warning: editions add members, api.md 5).
void check_fields(Checker& checker, const std::string& pointer, const Json& object,
                  std::span<const Field> fields);

// Nothing, unless `value` is there and of that type.
std::optional<std::int64_t> integer_of(const Json* value);  // beyond 64 bits: the nearest bound
std::optional<std::string_view> string_of(const Json* value);
bool is_kind(const Json* value, Json::Kind kind);
bool is_true(const Json* value);

std::size_t code_points(std::string_view utf8);
std::string join(std::span<const std::string_view> words);
bool contains(std::span<const std::string_view> words, std::string_view word);

}  // namespace herald::message
