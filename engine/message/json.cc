#include "engine/message/json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/message/json_place.h"

namespace herald::message {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto byte = [&out](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xc0 | code_point >> 6);
    byte(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    byte(0xe0 | code_point >> 12);
    byte(0x80 | (code_point >> 6 & 0x3f));
    byte(0x80 | (code_point & 0x3f));
  } else {
    byte(0xf0 | code_point >> 18);
    byte(0x80 | (code_point >> 12 & 0x3f));
    byte(0x80 | (code_point >> 6 & 0x3f));
    byte(0x80 | (code_point & 0x3f));
  }
}

// Recursive descent; each function leaves at_ behind what it read, or sets fault_ and gives false.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  boost::system::result<Json, JsonFault> run() {
    Json root;
    if (check_bytes() && skip_to_value() && value(root, 0) && at_end()) return root;
    return std::move(*fault_);
  }

 private:
  bool check_bytes();
  bool skip_to_value();
  bool at_end();
  bool value(Json& out, int depth);
  bool object(Json& out, int depth);
  bool member(Json& out, int depth);
  bool array(Json& out, int depth);
  bool string(std::string& out);
  bool escape(std::string& out);
  bool hex4(std::uint32_t& out);
  bool unicode_escape(std::string& out);
  bool number(Json& out);
  bool digits();
  bool literal(Json& out, std::string_view word, Json::Kind kind);
  bool check_keys(const Json& object);

  bool fail(std::string text) { return fail_at(line_, {}, std::move(text)); }
  bool fail_at(std::uint32_t line, std::string pointer, std::string text) {
    fault_ = JsonFault{line, std::move(pointer), std::move(text)};
    return false;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool done() const { return at_ == text_.size(); }
  void skip_space();
  bool expected(std::string_view what);

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::string pointer_;  // of the value being read
  std::optional<JsonFault> fault_;
};

bool Parser::check_bytes() {
  if (text_.starts_with("\xef\xbb\xbf")) {
    return fail("begins with a byte order mark; save the file as UTF-8 without one");
  }
  if (simdjson::validate_utf8(text_.data(), text_.size())) return true;
  std::uint32_t line = 1;
  for (std::string_view rest = text_;; ++line) {  // no UTF-8 sequence contains a line end
    const std::size_t end = rest.find('\n');
    const std::string_view one = rest.substr(0, end);
    if (end == rest.npos || !simdjson::validate_utf8(one.data(), one.size())) break;
    rest.remove_prefix(end + 1);
  }
  return fail_at(line, {}, "holds bytes that are not UTF-8");
}

void Parser::skip_space() {
  for (; !done(); ++at_) {
    const char c = text_[at_];
    if (c == '\n') ++line_;
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
  }
}

bool Parser::expected(std::string_view what) {
  if (done()) return fail(fmt::format("ends where {} is expected", what));
  if (peek() == '/') return fail(fmt::format("{} is expected; JSON has no comments", what));
  return fail(fmt::format("{} is expected", what));
}

bool Parser::skip_to_value() {
  skip_space();
  return !done() || fail("is empty");
}

bool Parser::at_end() {
  skip_space();
  return done() || expected("the end of the text");
}

bool Parser::value(Json& out, int depth) {
  if (depth > kJsonDepthMax) {
    return fail(fmt::format("nests deeper than {} levels", kJsonDepthMax));
  }
  out.line = line_;
  switch (peek()) {
    case '{':
      return object(out, depth);
    case '[':
      return array(out, depth);
    case '"':
      out.kind = Json::Kind::string;
      return string(out.text);
    case 't':
      return literal(out, "true", Json::Kind::boolean);
    case 'f':
      return literal(out, "false", Json::Kind::boolean);
    case 'n':
      return literal(out, "null", Json::Kind::null);
    default:
      return number(out);
  }
}

bool Parser::object(Json& out, int depth) {
  out.kind = Json::Kind::object;
  ++at_;
  skip_space();
  if (peek() == '}') return ++at_, true;
  while (true) {
    if (!member(out.items.emplace_back(), depth)) return false;
    skip_space();
    if (peek() == '}') return ++at_, check_keys(out);
    if (peek() != ',') return expected("',' or '}'");
    ++at_;
    skip_space();
  }
}

bool Parser::member(Json& out, int depth) {
  if (peek() != '"') return expected("a key in double quotes");
  const std::uint32_t line = line_;
  if (!string(out.key)) return false;
  skip_space();
  if (peek() != ':') return expected("':'");
  ++at_;
  skip_space();
  const std::size_t parent = pointer_.size();
  pointer_ = child(pointer_, out.key);
  if (!value(out, depth + 1)) return false;
  pointer_.resize(parent);
  out.line = line;
  return true;
}

bool Parser::array(Json& out, int depth) {
  out.kind = Json::Kind::array;
  ++at_;
  skip_space();
  if (peek() == ']') return ++at_, true;
  while (true) {
    const std::size_t parent = pointer_.size();
    pointer_ = child(pointer_, out.items.size());
    if (!value(out.items.emplace_back(), depth + 1)) return false;
    pointer_.resize(parent);
    skip_space();
    if (peek() == ']') return ++at_, true;
    if (peek() != ',') return expected("',' or ']'");
    ++at_;
    skip_space();
  }
}

bool Parser::string(std::string& out) {
  ++at_;
  while (!done()) {
    const char c = text_[at_];
    if (c == '"') return ++at_, true;
    if (static_cast<unsigned char>(c) < 0x20) {
      return fail("a line end or other control byte inside a string; write it as \\n or \\u00XX");
    }
    ++at_;
    if (c != '\\') {
      out.push_back(c);
    } else if (!escape(out)) {
      return false;
    }
  }
  return fail("a string has no closing quote");
}

bool Parser::escape(std::string& out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeaning = "\"\\/\b\f\n\r\t";
  const char letter = peek();
  if (letter == 'u') return ++at_, unicode_escape(out);
  const std::size_t which = done() ? kLetters.npos : kLetters.find(letter);
  if (which == kLetters.npos) return fail("an unknown escape in a string");
  ++at_;
  out.push_back(kMeaning[which]);
  return true;
}

bool Parser::hex4(std::uint32_t& out) {
  out = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = peek();
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      out = out << 4 | static_cast<std::uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      out = out << 4 | static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return fail("\\u in a string needs four hexadecimal digits");
    }
  }
  return true;
}

// RFC 8259, 8.2: what a lone surrogate means is open, and UTF-8 has no bytes for it.
bool Parser::unicode_escape(std::string& out) {
  std::uint32_t unit = 0;
  if (!hex4(unit)) return false;
  if (unit >= 0xd800 && unit <= 0xdfff) {
    std::uint32_t low = 0;
    if (unit > 0xdbff || text_.substr(at_, 2) != "\\u") {
      return fail("a lone surrogate in a string");
    }
    at_ += 2;
    if (!hex4(low)) return false;
    if (low < 0xdc00 || low > 0xdfff) return fail("a lone surrogate in a string");
    unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
  }
  append_utf8(out, unit);
  return true;
}

bool Parser::digits() {
  if (!is_digit(peek())) return expected("a digit");
  while (is_digit(peek())) ++at_;
  return true;
}

bool Parser::number(Json& out) {
  const std::size_t start = at_;
  if (peek() == '-') {
    ++at_;
  } else if (!is_digit(peek())) {
    return expected("a value");
  }
  if (peek() == '0') {
    ++at_;
    if (is_digit(peek())) return fail("a number has a leading zero");
  } else if (!digits()) {
    return false;
  }
  if (peek() == '.') {
    ++at_;
    if (!digits()) return false;
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    if (!digits()) return false;
  }
  out.kind = Json::Kind::number;
  out.text = text_.substr(start, at_ - start);
  return true;
}

bool Parser::literal(Json& out, std::string_view word, Json::Kind kind) {
  if (text_.substr(at_, word.size()) != word) return expected("a value");
  at_ += word.size();
  out.kind = kind;
  out.text = word;
  return true;
}

// RFC 8259, 4: which of two equal keys counts is undefined, so the service might take the other
// one.
bool Parser::check_keys(const Json& object) {
  std::vector<const Json*> members;
  members.reserve(object.items.size());
  for (const Json& item : object.items) members.push_back(&item);
  std::sort(members.begin(), members.end(), [](const Json* a, const Json* b) {
    return a->key != b->key ? a->key < b->key : a < b;
  });
  const auto twin =
      std::adjacent_find(members.begin(), members.end(),
                         [](const Json* a, const Json* b) { return a->key == b->key; });
  if (twin == members.end()) return true;
  const Json& first = **twin;
  const Json& second = **std::next(twin);
  return fail_at(second.line, child(pointer_, second.key),
                 fmt::format("the key is there twice, first in line {}; which one counts is "
                             "undefined: remove one",
                             first.line));
}

}  // namespace

const Json* Json::member(std::string_view name) const {
  if (kind != Kind::object) return nullptr;
  for (const Json& item : items) {
    if (item.key == name) return &item;
  }
  return nullptr;
}

std::string_view to_string(Json::Kind kind) {
  switch (kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::boolean:
      return "true or false";
    case Json::Kind::number:
      return "a number";
    case Json::Kind::string:
      return "a string";
    case Json::Kind::array:
      return "an array";
    case Json::Kind::object:
      return "an object";
  }
  return "";
}

boost::system::result<Json, JsonFault> parse_json(std::string_view text) {
  return Parser(text).run();
}

}  // namespace herald::message
