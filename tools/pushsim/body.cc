#include "tools/pushsim/body.h"

#include <cstring>

namespace pushsim {
namespace {

// Walks over JSON text far enough to find a member. It trusts nothing and proves nothing: the
// document around the array is parsed in full afterwards.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  std::size_t position() const { return at_; }
  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool at(char c) {
    skip_blanks();
    return at_ < text_.size() && text_[at_] == c;
  }

  // The inside of a string, escapes as they stand; false at the end of the text.
  bool take_string(std::string_view& inside) {
    if (!take('"')) return false;
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      const void* quote = std::memchr(text_.data() + at_, '"', text_.size() - at_);
      if (quote == nullptr) break;
      at_ = static_cast<std::size_t>(static_cast<const char*>(quote) - text_.data());
      std::size_t slashes = 0;
      while (at_ - slashes > begin && text_[at_ - slashes - 1] == '\\') ++slashes;
      ++at_;
      if (slashes % 2 == 0) {
        inside = text_.substr(begin, at_ - 1 - begin);
        return true;
      }
    }
    at_ = text_.size();
    return false;
  }

  // Over a value of any kind; false at the end of the text.
  bool skip_value() {
    std::string_view unused;
    if (at('"')) return take_string(unused);
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!take_string(unused)) return false;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') {
        if (depth == 0) return true;  // of what encloses the value
        if (--depth == 0) {
          ++at_;
          return true;
        }
      }
      if (c == ',' && depth == 0) return true;
      ++at_;
    }
    return false;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_]) != nullptr &&
           text_[at_] != '\0') {
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Goes through the members of the object that begins here. `on_member` is called with the walker at
// the value and moves past it.
template <typename OnMember>
void each_member(Walker& walker, OnMember on_member) {
  if (!walker.take('{')) return;
  std::string_view name;
  do {
    if (!walker.take_string(name) || !walker.take(':')) return;
    if (!on_member(name)) return;
  } while (walker.take(','));
  walker.take('}');
}

// True if the eight bytes are all printable ASCII but for the quote and the backslash.
bool plain_word(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  const auto has_zero = [&](std::uint64_t w) { return (w - kOnes) & ~w & kHigh; };
  const std::uint64_t below_space = (word - kOnes * 0x20) & ~word & kHigh;
  return ((word & kHigh) | below_space | has_zero(word ^ kOnes * '"') |
          has_zero(word ^ kOnes * '\\')) == 0;
}

bool plain_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

// The end of the run of plain bytes from `from`.
std::size_t plain_end(std::string_view text, std::size_t from) {
  while (from + 8 <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + from, sizeof word);
    if (!plain_word(word)) break;
    from += 8;
  }
  while (from < text.size() && plain_byte(text[from])) ++from;
  return from;
}

bool members_differ(const simdjson::dom::object& object) {
  std::vector<std::string_view> names;
  for (const auto field : object) {
    for (const std::string_view name : names) {
      if (name == field.key) return false;
    }
    names.push_back(field.key);
  }
  return true;
}

}  // namespace

TokenArray find_token_array(std::string_view body, TokenPlace place) {
  TokenArray array;
  Walker walker(body);
  bool target_seen = false;
  const auto take_member = [&](std::string_view name) {
    if (name != "token") return walker.skip_value();
    array.twice = array.twice || array.found;
    if (!walker.at('[')) return walker.skip_value();
    array.open = walker.position();
    array.found = walker.skip_value();
    array.close = walker.position() - 1;
    return array.found;
  };
  if (place == TokenPlace::top_level) {
    each_member(walker, take_member);
    return array;
  }
  each_member(walker, [&](std::string_view name) {
    if (name != "target") return walker.skip_value();
    array.twice = array.twice || target_seen;
    target_seen = true;
    if (!walker.at('{')) return walker.skip_value();
    each_member(walker, take_member);
    return true;
  });
  return array;
}

bool split_plain_tokens(std::string_view inside, std::vector<std::string_view>& tokens) {
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < inside.size() &&
           (inside[at] == ' ' || inside[at] == '\n' || inside[at] == '\r' || inside[at] == '\t')) {
      ++at;
    }
  };
  skip_blanks();
  if (at == inside.size()) return true;  // []
  while (true) {
    if (at >= inside.size() || inside[at] != '"') return false;
    const std::size_t begin = ++at;
    at = plain_end(inside, at);
    if (at >= inside.size() || inside[at] != '"') return false;
    tokens.push_back(inside.substr(begin, at - begin));
    ++at;
    skip_blanks();
    if (at == inside.size()) return true;
    if (inside[at++] != ',') return false;
    skip_blanks();
  }
}

const SendBody& BodyReader::read(std::string_view body, TokenPlace place) {
  body_.json = false;
  body_.has_tokens = false;
  body_.size_without_tokens = body.size();
  body_.tokens.clear();
  const TokenArray array = find_token_array(body, place);
  if (array.found) {
    const auto inside = body.substr(array.open + 1, array.close - array.open - 1);
    body_.size_without_tokens = body.size() - inside.size();
    if (split_plain_tokens(inside, body_.tokens)) {
      body_.has_tokens = true;
      parse_rest(body.substr(0, array.open + 1), body.substr(array.close));
    } else {
      parse_rest(body, {});
      tokens_from_document(place);
    }
  } else {
    parse_rest(body, {});
  }
  if (array.twice) body_.json = false;
  return body_;
}

void BodyReader::parse_rest(std::string_view before, std::string_view after) {
  const std::size_t size = before.size() + after.size();
  if (text_.size() < size + simdjson::SIMDJSON_PADDING) {
    text_.resize(size + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(text_.data(), before.data(), before.size());
  if (!after.empty()) std::memcpy(text_.data() + before.size(), after.data(), after.size());
  simdjson::dom::object object;
  if (parser_.parse(text_.data(), size, false).get(body_.rest) != simdjson::SUCCESS) return;
  if (body_.rest.get(object) != simdjson::SUCCESS) return;
  body_.json = members_differ(object);
}

void BodyReader::tokens_from_document(TokenPlace place) {
  body_.tokens.clear();
  simdjson::dom::array array;
  if (!body_.json) return;
  const auto found =
      place == TokenPlace::top_level ? body_.rest["token"] : body_.rest["target"]["token"];
  if (found.get(array) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element element : array) {
    std::string_view token;
    if (element.get(token) != simdjson::SUCCESS) return;
    body_.tokens.push_back(token);
  }
  body_.has_tokens = true;
}

}  // namespace pushsim
