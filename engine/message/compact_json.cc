#include "engine/message/compact_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace herald::message {
namespace {

enum class Order { written, sorted };

void append_escape(std::string& out, char c) {
  constexpr std::string_view kSpecial = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  if (const std::size_t which = kSpecial.find(c); which != kSpecial.npos) {
    out += {'\\', kLetters[which]};
  } else {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

void write_string(std::string& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text);
  out.push_back('"');
}

void write(std::string& out, const Json& value, Order order);

void write_members(std::string& out, const Json& object, Order order) {
  std::vector<const Json*> members;
  members.reserve(object.items.size());
  for (const Json& item : object.items) members.push_back(&item);
  if (order == Order::sorted) {
    std::sort(members.begin(), members.end(),
              [](const Json* a, const Json* b) { return a->key < b->key; });
  }
  out.push_back('{');
  bool first = true;
  for (const Json* member : members) {
    if (!first) out.push_back(',');
    first = false;
    write_string(out, member->key);
    out.push_back(':');
    write(out, *member, order);
  }
  out.push_back('}');
}

void write_elements(std::string& out, const Json& array, Order order) {
  out.push_back('[');
  bool first = true;
  for (const Json& item : array.items) {
    if (!first) out.push_back(',');
    first = false;
    write(out, item, order);
  }
  out.push_back(']');
}

void write(std::string& out, const Json& value, Order order) {
  switch (value.kind) {
    case Json::Kind::object:
      return write_members(out, value, order);
    case Json::Kind::array:
      return write_elements(out, value, order);
    case Json::Kind::string:
      return write_string(out, value.text);
    case Json::Kind::number:
    case Json::Kind::boolean:
    case Json::Kind::null:
      out += value.text;
  }
}

std::string to_text(const Json& value, Order order) {
  std::string out;
  write(out, value, order);
  return out;
}

Result<std::string> rewrite(std::string_view json, Order order) {
  const auto root = parse_json(json);
  if (root.has_value()) return to_text(*root, order);
  return Error{Errc::job, fmt::format("line {}: {}", root.error().line, root.error().text)};
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, copied, i - copied);
    append_escape(out, c);
    copied = i + 1;
  }
  out.append(text, copied);
}

std::string compact(const Json& value) { return to_text(value, Order::written); }
std::string canonical(const Json& value) { return to_text(value, Order::sorted); }
Result<std::string> compact(std::string_view json) { return rewrite(json, Order::written); }
Result<std::string> canonical(std::string_view json) { return rewrite(json, Order::sorted); }

}  // namespace herald::message
