#include "engine/message/json_place.h"

#include <fmt/format.h>

#include <charconv>

namespace herald::message {
namespace {

// Takes the first step off `pointer`, unescaped; `pointer` begins with '/'.
std::string take_step(std::string_view& pointer) {
  pointer.remove_prefix(1);
  const std::string_view raw = pointer.substr(0, pointer.find('/'));
  pointer.remove_prefix(raw.size());
  std::string step;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool escaped = raw[i] == '~' && i + 1 < raw.size();
    if (escaped) ++i;
    step.push_back(!escaped ? raw[i] : raw[i] == '1' ? '/' : '~');
  }
  return step;
}

const Json* step_into(const Json& value, const std::string& step) {
  if (value.kind != Json::Kind::array) return value.member(step);
  std::size_t index = 0;
  const char* const end = step.data() + step.size();
  const auto [rest, error] = std::from_chars(step.data(), end, index);
  const bool whole = error == std::errc{} && rest == end;
  return whole && index < value.items.size() ? &value.items[index] : nullptr;
}

struct Walk {
  const Json* deepest;
  bool arrived;
};

Walk walk(const Json& root, std::string_view pointer) {
  const Json* at = &root;
  while (pointer.starts_with('/')) {
    const Json* const next = step_into(*at, take_step(pointer));
    if (next == nullptr) return {at, false};
    at = next;
  }
  return {at, pointer.empty()};
}

}  // namespace

std::string child(std::string_view pointer, std::string_view key) {
  std::string out(pointer);
  out.push_back('/');
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string child(std::string_view pointer, std::size_t index) {
  return fmt::format("{}/{}", pointer, index);
}

const Json* find(const Json& root, std::string_view pointer) {
  const Walk end = walk(root, pointer);
  return end.arrived ? end.deepest : nullptr;
}

std::uint32_t line_of(const Json& root, std::string_view pointer) {
  return walk(root, pointer).deepest->line;
}

std::string printable(std::string_view text) {
  constexpr std::size_t kBytesMax = 120;
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (out.size() >= kBytesMax && (byte & 0xc0) != 0x80) return out + "…";
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace herald::message
