#include "engine/audience/json_record.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>

namespace herald::audience {
namespace {

namespace ondemand = simdjson::ondemand;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  return size;
}

// RFC 8259, 6. simdjson finds where a number ends, but reads only those that fit its types.
bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t whole = digits(text);
  if (whole == 0 || (whole > 1 && text[0] == '0')) return false;
  text.remove_prefix(whole);
  if (text.starts_with('.')) {
    const std::size_t fraction = digits(text.substr(1));
    if (fraction == 0) return false;
    text.remove_prefix(1 + fraction);
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    const std::size_t exponent = digits(text);
    if (exponent == 0) return false;
    text.remove_prefix(exponent);
  }
  return text.empty();
}

bool is_integer(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return is_number(text) && failed == std::errc{} && end == text.data() + text.size() &&
         text != "-0" && value >= least && value <= most;
}

// The text of a value, without the white space that follows it.
std::string_view text_of(ondemand::value& value) {
  std::string_view text = value.raw_json_token();
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool has_escape(std::string_view quoted) { return quoted.find('\\') != quoted.npos; }

// Takes white space between the words of a JSON text away, in place.
std::string_view compact(std::string_view json) {
  char* const begin = const_cast<char*>(json.data());
  char* out = begin;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (!in_string && is_space(json[i])) continue;
    if (json[i] == '"') in_string = !in_string;
    *out++ = json[i];
    if (in_string && json[i] == '\\') *out++ = json[++i];  // the text is sound: one follows
  }
  return {begin, static_cast<std::size_t>(out - begin)};
}

// Writes `text` where it was read from.
std::string_view put_back(std::string_view place, std::string_view text) {
  char* const begin = const_cast<char*>(place.data());
  std::memcpy(begin, text.data(), text.size());  // no longer: each escape has more bytes
  return {begin, text.size()};
}

bool all_differ(std::vector<std::string_view>& names) {  // sorts them
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

enum class Member : std::uint8_t {
  form_id,  // the order of base::RecordField
  form_data,
  activity_id,
  profile_id,
  version,
  token,
  vars,
  unknown,
};
constexpr std::size_t kMembers = static_cast<std::size_t>(Member::unknown);

Member member_of(std::string_view name) {
  for (std::size_t i = 0; i < base::kRecordFields; ++i) {
    if (name == base::kRecordFieldNames[i]) return static_cast<Member>(i);
  }
  if (name == "token") return Member::token;
  if (name == "vars") return Member::vars;
  return Member::unknown;
}

}  // namespace

struct JsonRecordParser::Parser {
  explicit Parser(std::pmr::memory_resource& for_variables) : memory(for_variables) {}

  // A string of a record: where it lies, with its quotes, and what it says.
  struct String {
    std::string_view quoted;
    std::string_view said;

    std::string_view keep() const {
      if (quoted.empty() || said.data() == quoted.data() + 1) return said;
      return put_back(quoted.substr(1), said);
    }
  };

  Reason parse(const char* text, std::size_t size, std::size_t padding, JsonRecord& record);
  Reason read_member(Member member, ondemand::value value, JsonRecord& record);
  Reason read_vars(ondemand::value value);
  Reason read_form_data(ondemand::value value, std::string_view& json);
  Reason read_string(ondemand::value& value, String& string);
  bool sound(ondemand::value value, int depth);
  bool sound_object(ondemand::object object, int depth);
  void write(JsonRecord& record);

  std::pmr::memory_resource& memory;
  ondemand::parser simd;
  std::array<bool, kMembers> seen;
  String token;
  std::string_view form_data;  // with its white space
  struct Pair {
    String name;
    String value;
  };
  std::vector<Pair> vars;
  std::vector<std::string_view> names;  // of vars
};

JsonRecordParser::JsonRecordParser(std::pmr::memory_resource& memory)
    : parser_(std::make_unique<Parser>(memory)) {}
JsonRecordParser::~JsonRecordParser() = default;

Reason JsonRecordParser::parse(char* text, std::size_t size, std::size_t padding,
                               JsonRecord& record) {
  record = {};
  const Reason wrong = parser_->parse(text, size, padding, record);
  if (wrong == Reason::none) parser_->write(record);
  return wrong;
}

Reason JsonRecordParser::Parser::parse(const char* text, std::size_t size, std::size_t padding,
                                       JsonRecord& record) {
  seen = {};
  vars.clear();
  names.clear();
  ondemand::document document;
  ondemand::object object;
  if (const auto failed = simd.iterate(text, size, size + padding).get(document); failed) {
    return failed == simdjson::UTF8_ERROR ? Reason::not_utf8 : Reason::not_json;
  }
  if (document.get_object().get(object)) return Reason::not_json;
  for (auto each : object) {
    ondemand::field field;
    std::string_view name;
    if (std::move(each).get(field) || field.unescaped_key().get(name)) return Reason::not_json;
    const Member member = member_of(name);
    if (member == Member::unknown) return Reason::unknown_member;
    if (std::exchange(seen[static_cast<std::size_t>(member)], true)) return Reason::not_json;
    const Reason wrong = read_member(member, field.value(), record);
    if (wrong != Reason::none) return wrong;
  }
  // Nothing may follow the object.
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return Reason::not_json;
  return seen[static_cast<std::size_t>(Member::token)] ? Reason::none : Reason::no_token;
}

Reason JsonRecordParser::Parser::read_member(Member member, ondemand::value value,
                                             JsonRecord& record) {
  constexpr std::int64_t kMax32 = std::numeric_limits<std::int32_t>::max();
  constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();
  if (member == Member::token) return read_string(value, token);
  if (member == Member::vars) return read_vars(value);
  std::string_view& json = record.fields.json[static_cast<std::size_t>(member)];
  if (member == Member::form_data) return read_form_data(value, json);
  if (member == Member::profile_id) {
    String string;
    const Reason wrong = read_string(value, string);
    json = string.quoted;
    return wrong;
  }
  json = text_of(value);
  const bool fits = member == Member::form_id   ? is_integer(json, 0, kMax64)
                    : member == Member::version ? is_integer(json, 0, kMax32)
                                                : is_integer(json, -kMax32 - 1, kMax32);
  if (fits) return Reason::none;
  return sound(value, 1) ? Reason::wrong_type : Reason::not_json;
}

Reason JsonRecordParser::Parser::read_string(ondemand::value& value, String& string) {
  string.quoted = text_of(value);
  if (!string.quoted.starts_with('"')) {
    return sound(value, 1) ? Reason::wrong_type : Reason::not_json;
  }
  // What needs no unescaping was checked when the text was indexed.
  string.said = string.quoted.substr(1, string.quoted.size() - 2);
  if (!has_escape(string.quoted)) return Reason::none;
  return value.get_string().get(string.said) ? Reason::not_json : Reason::none;
}

Reason JsonRecordParser::Parser::read_vars(ondemand::value value) {
  ondemand::object object;
  if (!text_of(value).starts_with('{')) {
    return sound(value, 1) ? Reason::wrong_type : Reason::not_json;
  }
  if (value.get_object().get(object)) return Reason::not_json;
  for (auto each : object) {
    ondemand::field field;
    Pair pair;
    if (std::move(each).get(field)) return Reason::not_json;
    const char* const raw = field.key().raw();
    if (field.unescaped_key().get(pair.name.said)) return Reason::not_json;
    pair.name.quoted = {raw - 1, pair.name.said.size() + 1};
    ondemand::value given = field.value();
    const std::string_view text = text_of(given);
    if (text == "true" || text == "false" || is_number(text)) {
      pair.value.said = text;
    } else if (const Reason wrong = read_string(given, pair.value); wrong != Reason::none) {
      return wrong;
    }
    vars.push_back(pair);
    names.push_back(pair.name.said);
  }
  return all_differ(names) ? Reason::none : Reason::not_json;
}

Reason JsonRecordParser::Parser::read_form_data(ondemand::value value, std::string_view& json) {
  ondemand::object object;
  if (!text_of(value).starts_with('{')) {
    return sound(value, 1) ? Reason::wrong_type : Reason::not_json;
  }
  // First to its end, then through it: simdjson checks only what is looked at.
  if (value.get_object().get(object) || object.raw_json().get(json) || object.reset().error()) {
    return Reason::not_json;
  }
  while (!json.empty() && is_space(json.back())) json.remove_suffix(1);
  return sound_object(object, 2) ? Reason::none : Reason::not_json;
}

bool JsonRecordParser::Parser::sound(ondemand::value value, int depth) {
  const std::string_view text = text_of(value);
  if (text.empty()) return false;
  switch (text[0]) {
    case '{': {
      ondemand::object object;
      return depth < kJsonDepthMax && !value.get_object().get(object) &&
             sound_object(object, depth + 1);
    }
    case '[': {
      ondemand::array array;
      if (depth >= kJsonDepthMax || value.get_array().get(array)) return false;
      for (auto each : array) {
        ondemand::value item;
        if (std::move(each).get(item) || !sound(item, depth + 1)) return false;
      }
      return true;
    }
    case '"': {
      std::string_view said;
      return !has_escape(text) || !value.get_string().get(said);
    }
    default:
      return text == "true" || text == "false" || text == "null" || is_number(text);
  }
}

bool JsonRecordParser::Parser::sound_object(ondemand::object object, int depth) {
  std::vector<std::string_view> keys;
  for (auto each : object) {
    ondemand::field field;
    if (std::move(each).get(field)) return false;
    if (field.unescaped_key().get(keys.emplace_back())) return false;
    if (!sound(field.value(), depth)) return false;
  }
  return all_differ(keys);
}

// The record's text is simdjson's until here, and ours to write over from here on.
void JsonRecordParser::Parser::write(JsonRecord& record) {
  record.token = token.keep();
  std::string_view& data = record.fields.json[static_cast<std::size_t>(Member::form_data)];
  if (std::any_of(data.begin(), data.end(), is_space)) data = compact(data);
  if (vars.empty()) return;
  auto* const variables = static_cast<base::Variable*>(
      memory.allocate(vars.size() * sizeof(base::Variable), alignof(base::Variable)));
  for (std::size_t i = 0; i < vars.size(); ++i) {
    new (variables + i) base::Variable{vars[i].name.keep(), vars[i].value.keep()};
  }
  record.fields.variables = {variables, vars.size()};
}

}  // namespace herald::audience
