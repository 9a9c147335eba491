#include "engine/message/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/message/json_place.h"
#include "engine/message/variables.h"

namespace herald::message {
namespace {

bool is_integer(const Json& value) {
  return value.kind == Json::Kind::number && value.text.find_first_of(".eE") == std::string::npos;
}

bool is_beyond_64_bits(const std::string& digits) {
  std::int64_t number = 0;
  return std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc{};
}

std::string_view name_of(FieldType type) {
  switch (type) {
    case FieldType::any:
      return "anything";
    case FieldType::boolean:
      return "true or false";
    case FieldType::integer:
      return "a whole number";
    case FieldType::number:
      return "a number";
    case FieldType::string:
      return "a string";
    case FieldType::strings:
      return "an array of strings";
    case FieldType::array:
      return "an array";
    case FieldType::object:
      return "an object";
  }
  return "";
}

std::string describe(const Json& value) {
  return value.kind == Json::Kind::number ? printable(value.text)
                                          : std::string(to_string(value.kind));
}

bool is_of_type(const Json& value, FieldType type) {
  switch (type) {
    case FieldType::any:
      return true;
    case FieldType::boolean:
      return value.kind == Json::Kind::boolean;
    case FieldType::integer:
      return is_integer(value);
    case FieldType::number:
      return value.kind == Json::Kind::number;
    case FieldType::string:
      return value.kind == Json::Kind::string;
    case FieldType::strings:
    case FieldType::array:
      return value.kind == Json::Kind::array;
    case FieldType::object:
      return value.kind == Json::Kind::object;
  }
  return false;
}

bool has_type(Checker& checker, const std::string& pointer, const Json& value, FieldType type,
              bool firm) {
  if (!is_of_type(value, type)) {
    std::string text = fmt::format("must be {}, is {}", name_of(type), describe(value));
    if (firm) {
      checker.refuse_firmly(pointer, kTypesRule, std::move(text));
    } else {
      checker.refuse(pointer, kTypesRule, std::move(text));
    }
    return false;
  }
  if (type != FieldType::strings) return true;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (!has_type(checker, child(pointer, i), value.items[i], FieldType::string, firm)) {
      return false;
    }
  }
  return true;
}

// False: out of its bounds, and said so.
bool check_integer(Checker& checker, const std::string& pointer, const Json& value,
                   const Field& field) {
  const std::int64_t number = *integer_of(&value);
  if (!field.values.empty()) {
    if (std::find(field.values.begin(), field.values.end(), number) != field.values.end()) {
      return true;
    }
    checker.refuse(pointer, field.rule,
                   fmt::format("must be one of {}, is {}",
                               fmt::join(field.values.begin(), field.values.end(), ", "),
                               printable(value.text)));
    return false;
  }
  const bool beyond = field.check == nullptr && is_beyond_64_bits(value.text);
  if (!beyond && number >= field.least && number <= field.most) return true;
  checker.refuse(
      pointer, field.rule,
      fmt::format("must be {} to {}, is {}", field.least, field.most, printable(value.text)));
  return false;
}

bool check_number(Checker& checker, const std::string& pointer, const Json& value,
                  const Field& field) {
  const double number = *number_of(&value);
  if (number >= static_cast<double>(field.least) && number <= static_cast<double>(field.most)) {
    return true;
  }
  checker.refuse(
      pointer, field.rule,
      fmt::format("must be {} to {}, is {}", field.least, field.most, printable(value.text)));
  return false;
}

bool has_bounds(const Field& field) {
  return field.least > 0 || field.most != std::numeric_limits<std::int64_t>::max();
}

bool check_length(Checker& checker, const std::string& pointer, const Json& value,
                  const Field& field) {
  const auto length = static_cast<std::int64_t>(code_points_without_variables(checker, value));
  const bool too_short = length < field.least && !checker.is_open(value);
  if (!too_short && length <= field.most) return true;
  const std::string wanted = field.least > 0 ? fmt::format("{} to {}", field.least, field.most)
                                             : fmt::format("at most {}", field.most);
  checker.refuse(pointer, field.rule,
                 fmt::format("must have {} characters, has {}", wanted, length));
  return false;
}

// The prefix alone: published samples hold hosts that no URL parser takes (api.md 10.1).
bool check_prefix(Checker& checker, const std::string& pointer, const Json& value,
                  const Field& field) {
  const std::string_view text = value.text;
  const bool open = checker.is_open(value);
  const std::string_view head = open ? text.substr(0, text.find(kVariableOpen)) : text;
  if (head.starts_with(field.prefix)) {
    if (!has_bounds(field) && field.check == nullptr) checker.note_free(pointer, value);
    return true;
  }
  if (open && field.prefix.starts_with(head)) return true;
  checker.refuse(pointer, field.rule,
                 fmt::format("must start with {}, is {}", field.prefix, printable(text)));
  return false;
}

bool check_string(Checker& checker, const std::string& pointer, const Json& value,
                  const Field& field) {
  if (field.free) checker.note_free(pointer, value);
  if (has_bounds(field) && !check_length(checker, pointer, value, field)) return false;
  return field.prefix.empty() || check_prefix(checker, pointer, value, field);
}

bool is_within_bounds(Checker& checker, const std::string& pointer, const Json& value,
                      const Field& field) {
  switch (field.type) {
    case FieldType::integer:
      return check_integer(checker, pointer, value, field);
    case FieldType::number:
      return check_number(checker, pointer, value, field);
    case FieldType::string:
      return check_string(checker, pointer, value, field);
    case FieldType::any:
      checker.note_free(pointer, value);
      return true;
    default:
      return true;
  }
}

void check_value(Checker& checker, const std::string& pointer, const Json& value,
                 const Field& field) {
  if (!has_type(checker, pointer, value, field.type, field.firm)) return;
  if (!is_within_bounds(checker, pointer, value, field)) return;
  if (field.check != nullptr && !checker.is_open(value)) field.check(checker, pointer, value);
}

void check_missing(Checker& checker, const std::string& pointer, const Field& field) {
  if (field.by_record && checker.by_record()) return;
  if (field.firm) {
    checker.refuse_firmly(child(pointer, field.name), field.rule, "is missing");
  } else {
    checker.refuse(child(pointer, field.name), field.rule, "is missing");
  }
}

}  // namespace

void Checker::refuse(std::string pointer, std::string_view rule, std::string text,
                     std::string_view code) {
  if (!rules_.only_warns(rule)) {
    return refuse_firmly(std::move(pointer), rule, std::move(text), code);
  }
  warn(std::move(pointer), rule,
       fmt::format("{} (rule {}, which the configuration makes a warning)", text, rule));
}

void Checker::refuse_firmly(std::string pointer, std::string_view rule, std::string text,
                            std::string_view code) {
  violations_.push_back({std::move(pointer), rule, code, std::move(text), false});
}

void Checker::refuse_unlisted(std::string pointer, std::string_view rule, std::string text) {
  const bool warns = rules_.only_warns(kListsRule);
  refuse(std::move(pointer), warns ? kListsRule : rule, std::move(text));
}

void Checker::refuse_unknown(std::string pointer) {
  if (!rules_.strict)
    return warn(std::move(pointer), kUnknownRule, "unknown member, sent as it is");
  refuse_firmly(std::move(pointer), kUnknownRule,
                "unknown member: remove it, or set strict = false in [rules]", kLocalPolicy);
}

void Checker::warn(std::string pointer, std::string_view rule, std::string text) {
  violations_.push_back({std::move(pointer), rule, "", std::move(text), true});
}

bool Checker::is_open(const Json& value) const {
  return subject_ != Subject::message && value.kind == Json::Kind::string &&
         has_variables(value.text);
}

void Checker::note_free(const std::string& pointer, const Json& value) {
  if (subject_ == Subject::message) return;
  if (is_open(value)) free_.push_back(pointer);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Json& item = value.items[i];
    note_free(value.kind == Json::Kind::object ? child(pointer, item.key) : child(pointer, i),
              item);
  }
}

void check_fields(Checker& checker, const std::string& pointer, const Json& object,
                  std::span<const Field> fields) {
  for (const Json& member : object.items) {
    const std::string here = child(pointer, member.key);
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const Field& f) { return f.name == member.key; });
    if (field == fields.end()) {
      checker.refuse_unknown(here);
      checker.note_free(here, member);
    } else {
      check_value(checker, here, member, *field);
    }
  }
  for (const Field& field : fields) {
    if (field.required && object.member(field.name) == nullptr) {
      check_missing(checker, pointer, field);
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

std::optional<double> number_of(const Json* value) {
  if (!is_kind(value, Json::Kind::number)) return std::nullopt;
  double number = 0;
  const std::string& text = value->text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{}) return number;
  // Out of range is huge or tiny, and only the sign of the exponent tells which.
  if (text.find("e-") != text.npos || text.find("E-") != text.npos) return 0;
  return text.front() == '-' ? std::numeric_limits<double>::lowest()
                             : std::numeric_limits<double>::max();
}

std::optional<std::string_view> string_of(const Json* value) {
  if (!is_kind(value, Json::Kind::string)) return std::nullopt;
  return value->text;
}

bool is_kind(const Json* value, Json::Kind kind) { return value != nullptr && value->kind == kind; }

bool is_true(const Json* value) {
  return value != nullptr && value->kind == Json::Kind::boolean && value->text == "true";
}

const Json* object_in(const Json& object, std::string_view name) {
  const Json* const member = object.member(name);
  return is_kind(member, Json::Kind::object) ? member : nullptr;
}

const Json* array_in(const Json& object, std::string_view name) {
  const Json* const member = object.member(name);
  return is_kind(member, Json::Kind::array) ? member : nullptr;
}

std::size_t code_points_without_variables(const Checker& checker, const Json& text) {
  return code_points(checker.is_open(text) ? without_variables(text.text) : text.text);
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

bool contains(std::span<const std::string> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace herald::message
