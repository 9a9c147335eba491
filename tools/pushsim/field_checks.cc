#include "tools/pushsim/field_checks.h"

#include <algorithm>

namespace pushsim {
namespace {

std::string range_text(std::string_view name, std::int64_t low, std::int64_t high) {
  return std::string(name) + " value ranges from " + std::to_string(low) + " to " +
         std::to_string(high);
}

}  // namespace

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

Tip no_string(const object& parent, std::initializer_list<std::string_view> names) {
  return wrong_type<std::string_view>(parent, names, "a string");
}

Tip no_bool(const object& parent, std::initializer_list<std::string_view> names) {
  return wrong_type<bool>(parent, names, "true or false");
}

Tip missing_string(const object& parent, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (!member<std::string_view>(parent, name).right) {
      return std::string(name) + " is required and should be a string";
    }
  }
  return std::nullopt;
}

Tip missing_text(const object& parent, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (member<std::string_view>(parent, name).value.empty()) {
      return std::string(name) + " is required and should be a string that is not empty";
    }
  }
  return std::nullopt;
}

Tip int_outside(const object& parent, std::string_view name, std::int64_t low, std::int64_t high) {
  const auto found = member<std::int64_t>(parent, name);
  if (!found.present) return std::nullopt;
  if (found.right && found.value >= low && found.value <= high) return std::nullopt;
  return range_text(name, low, high);
}

Tip int_no_member_of(const object& parent, std::string_view name,
                     std::initializer_list<std::int64_t> values) {
  const auto found = member<std::int64_t>(parent, name);
  if (!found.present) return std::nullopt;
  if (found.right && std::find(values.begin(), values.end(), found.value) != values.end()) {
    return std::nullopt;
  }
  std::string tip = std::string(name) + " should be one of";
  for (const std::int64_t value : values) tip += " " + std::to_string(value);
  return tip;
}

Tip missing_int(const object& parent, std::string_view name, std::int64_t low, std::int64_t high) {
  if (!member<element>(parent, name).present) return std::string(name) + " is required";
  return int_outside(parent, name, low, high);
}

Tip longer_than(const object& parent, std::string_view name, std::size_t characters) {
  const auto found = member<std::string_view>(parent, name);
  if (!found.present || (found.right && code_points(found.value) <= characters)) {
    return std::nullopt;
  }
  return std::string(name) + " should be a string of at most " + std::to_string(characters) +
         " characters";
}

Tip first(std::initializer_list<Tip> tips) {
  for (const Tip& tip : tips) {
    if (tip) return tip;
  }
  return std::nullopt;
}

}  // namespace pushsim
