// What every rule about a member of a JSON object is made of: is it there, has it its type, does it
// keep its bounds. A rule that is broken is a Tip: the words that follow "Illegal payload, ".
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace pushsim {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Nothing: the rule is kept.
using Tip = std::optional<std::string>;

inline constexpr std::int64_t kInt32Min = -2147483648;
inline constexpr std::int64_t kInt32Max = 2147483647;

// Lengths that the service's pages give without a unit are taken in characters.
std::size_t code_points(std::string_view text);

// A member of an object with the type it must have; absent is told apart from wrong.
template <typename T>
struct Member {
  bool present = false;
  bool right = false;
  T value{};
};

template <typename T>
Member<T> member(const object& parent, std::string_view name) {
  Member<T> result;
  element value;
  if (parent[name].get(value) != simdjson::SUCCESS) return result;
  result.present = true;
  result.right = value.get(result.value) == simdjson::SUCCESS;
  return result;
}

// Optional members: absent, or of the type.
template <typename T>
Tip wrong_type(const object& parent, std::initializer_list<std::string_view> names,
               std::string_view type) {
  for (const std::string_view name : names) {
    const auto found = member<T>(parent, name);
    if (found.present && !found.right) return std::string(name) + " should be " + std::string(type);
  }
  return std::nullopt;
}

Tip no_string(const object& parent, std::initializer_list<std::string_view> names);
Tip no_bool(const object& parent, std::initializer_list<std::string_view> names);
// Required members.
Tip missing_string(const object& parent, std::initializer_list<std::string_view> names);
Tip missing_text(const object& parent, std::initializer_list<std::string_view> names);  // not ""
// Absent, or an integer from low to high.
Tip int_outside(const object& parent, std::string_view name, std::int64_t low, std::int64_t high);
// Absent, or one of these.
Tip int_no_member_of(const object& parent, std::string_view name,
                     std::initializer_list<std::int64_t> values);
// Required, and an integer from low to high.
Tip missing_int(const object& parent, std::string_view name, std::int64_t low, std::int64_t high);
// Absent, or a string of at most so many characters.
Tip longer_than(const object& parent, std::string_view name, std::size_t characters);

Tip first(std::initializer_list<Tip> tips);

}  // namespace pushsim
