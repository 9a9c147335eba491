#include "engine/message/live_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/message/json_place.h"

namespace herald::message {
namespace {

constexpr std::array kTextFields{
    Field{.name = "text", .type = FieldType::string, .rule = kLiveRule, .required = true},
    Field{.name = "foregroundColor",
          .type = FieldType::string,
          .rule = kLiveRule,
          .check = check_argb},
};

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

void check_one_colour(Checker& checker, const std::string& pointer, const Json& texts) {
  const Json* first = nullptr;
  for (const Json& text : texts.items) {
    const Json* const colour = text.member("foregroundColor");
    if (!is_kind(colour, Json::Kind::string) || checker.is_open(*colour)) continue;
    if (first == nullptr) first = colour;
    if (colour->text == first->text) continue;
    checker.refuse(pointer, kLiveRule,
                   fmt::format("has the colours {} and {}; one alone is allowed",
                               printable(first->text), printable(colour->text)));
    return;
  }
}

}  // namespace

bool is_colour(std::string_view text, std::size_t digits) {
  return text.size() == digits + 1 && text.front() == '#' &&
         std::all_of(text.begin() + 1, text.end(), is_hex);
}

void check_argb(Checker& checker, const std::string& pointer, const Json& value) {
  if (is_colour(value.text, 8)) return;
  checker.refuse(pointer, kLiveRule,
                 fmt::format("must be a colour like #AARRGGBB, is {}", printable(value.text)));
}

void check_rich_text(Checker& checker, const std::string& pointer, const Json& texts,
                     std::size_t characters_max) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < texts.items.size(); ++i) {
    const Json& text = texts.items[i];
    if (text.kind != Json::Kind::object) {
      checker.refuse(child(pointer, i), kTypesRule,
                     fmt::format("must be an object, is {}", to_string(text.kind)));
      continue;
    }
    check_fields(checker, child(pointer, i), text, kTextFields);
    const Json* const content = text.member("text");
    if (is_kind(content, Json::Kind::string)) {
      characters += code_points_without_variables(checker, *content);
    }
  }
  if (characters > characters_max) {
    checker.refuse(
        pointer, kLiveRule,
        fmt::format("must have at most {} characters in all, has {}", characters_max, characters));
  }
  check_one_colour(checker, pointer, texts);
}

void require_member(Checker& checker, const std::string& pointer, const Json& object,
                    std::string_view name, std::string_view why, bool filled) {
  const Json* const member = object.member(name);
  if (member == nullptr) {
    checker.refuse(child(pointer, name), kLiveRule, fmt::format("is missing: {}", why));
  } else if (filled && member->text.empty() && member->items.empty()) {
    checker.refuse(child(pointer, name), kLiveRule, fmt::format("is empty: {}", why));
  }
}

}  // namespace herald::message
