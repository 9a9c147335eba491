// JSON as it was written: the lines, the spelling of numbers and the order of members survive.
//
// A job is small and its errors must name a line; a 64-bit or decimal number in a payload must
// leave as it came. simdjson keeps neither, so a job is read into this tree. Stricter than RFC 8259
// where the RFC leaves the meaning open: a duplicate key and a lone surrogate are faults.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace herald::message {

struct Json {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  std::uint32_t line = 1;   // of the key for a member, of the value otherwise; from 1
  std::string key;          // of a member: decoded
  std::string text;         // string: decoded; number, true, false, null: as written
  std::vector<Json> items;  // members or elements, in the order written

  const Json* member(std::string_view name) const;  // null: none, or no object
};

std::string_view to_string(Json::Kind kind);  // "an object", as an error says it

struct JsonFault {
  std::uint32_t line;
  std::string pointer;  // of the object with the duplicate key; empty for faults of syntax
  std::string text;
};

inline constexpr int kJsonDepthMax = 64;

// Faults: syntax, bytes that are no UTF-8, a lone surrogate, a duplicate key anywhere, nesting
// deeper than kJsonDepthMax.
boost::system::result<Json, JsonFault> parse_json(std::string_view text);

}  // namespace herald::message
