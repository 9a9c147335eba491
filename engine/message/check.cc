#include "engine/message/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/message/json_place.h"

namespace herald::message {
namespace {

bool is_integer(const Json& value) {
  return value.kind == Json::Kind::number && value.text.find_first_of(".eE") == std::string::npos;
}

std::string_view name_of(FieldType type) {
  switch (type) {
    case FieldType::boolean:
      return "true or false";
    case FieldType::integer:
      return "a whole number";
    case FieldType::string:
      return "a string";
    case FieldType::strings:
      return "an array of strings";
    case FieldType::object:
      return "an object";
  }
  return "";
}

std::string describe(const Json& value) {
  return value.kind == Json::Kind::number ? printable(value.text)
                                          : std::string(to_string(value.kind));
}

bool has_type(Checker& checker, const std::string& pointer, const Json& value, FieldType type) {
  const bool right = [&] {
    switch (type) {
      case FieldType::boolean:
        return value.kind == Json::Kind::boolean;
      case FieldType::integer:
        return is_integer(value);
      case FieldType::string:
        return value.kind == Json::Kind::string;
      case FieldType::strings:
        return value.kind == Json::Kind::array;
      case FieldType::object:
        return value.kind == Json::Kind::object;
    }
    return false;
  }();
  if (!right) {
    checker.refuse(pointer, kTypesRule,
                   fmt::format("must be {}, is {}", name_of(type), describe(value)));
    return false;
  }
  if (type != FieldType::strings) return true;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (!has_type(checker, child(pointer, i), value.items[i], FieldType::string)) return false;
  }
  return true;
}

void check_value(Checker& checker, const std::string& pointer, const Json& value,
                 const Field& field) {
  if (!has_type(checker, pointer, value, field.type)) return;
  if (field.type == FieldType::integer) {
    const std::int64_t number = *integer_of(&value);
    if (number < field.least || number > field.most) {
      checker.refuse(
          pointer, field.rule,
          fmt::format("must be {} to {}, is {}", field.least, field.most, printable(value.text)));
      return;
    }
  }
  if (field.check != nullptr) field.check(checker, pointer, value);
}

}  // namespace

void Checker::refuse(std::string pointer, std::string_view rule, std::string text,
                     std::string_view code) {
  violations_.push_back({std::move(pointer), rule, code, std::move(text), false});
}

void Checker::warn(std::string pointer, std::string_view rule, std::string text) {
  violations_.push_back({std::move(pointer), rule, "", std::move(text), true});
}

void check_fields(Checker& checker, const std::string& pointer, const Json& object,
                  std::span<const Field> fields) {
  for (const Json& member : object.items) {
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const Field& f) { return f.name == member.key; });
    if (field == fields.end()) {
      checker.warn(child(pointer, member.key), kUnknownRule, "unknown member, sent as it is");
    } else {
      check_value(checker, child(pointer, member.key), member, *field);
    }
  }
  for (const Field& field : fields) {
    if (field.required && object.member(field.name) == nullptr) {
      checker.refuse(child(pointer, field.name), field.rule, "is missing");
    }
  }
}

std::optional<std::int64_t> integer_of(const Json* value) {
  if (value == nullptr || !is_integer(*value)) return std::nullopt;
  std::int64_t number = 0;
  const std::string& text = value->text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{}) return number;
  return text.front() == '-' ? std::numeric_limits<std::int64_t>::min()
                             : std::numeric_limits<std::int64_t>::max();
}

std::optional<std::string_view> string_of(const Json* value) {
  if (!is_kind(value, Json::Kind::string)) return std::nullopt;
  return value->text;
}

bool is_kind(const Json* value, Json::Kind kind) { return value != nullptr && value->kind == kind; }

bool is_true(const Json* value) {
  return value != nullptr && value->kind == Json::Kind::boolean && value->text == "true";
}

std::size_t code_points(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string join(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words.begin(), words.end(), ", "));
}

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace herald::message
