#include "engine/message/variables.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/message/json_place.h"

namespace herald::message {
namespace {

constexpr std::string_view kClose = "}}";
constexpr std::size_t kNameMax = 64;

bool is_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '.' || c == '-';
  };
  return !name.empty() && name.size() <= kNameMax && std::all_of(name.begin(), name.end(), allowed);
}

// The name at the front of a text that begins with kVariableOpen; empty: none that is good.
std::string_view name_at_front(std::string_view text) {
  text.remove_prefix(kVariableOpen.size());
  const std::size_t end = text.find(kClose);
  if (end == text.npos || !is_name(text.substr(0, end))) return {};
  return text.substr(0, end);
}

}  // namespace

VariableStep next_variable(std::string_view& text) {
  for (std::size_t at = text.find(kVariableOpen); at != text.npos;
       at = text.find(kVariableOpen, at + 1)) {
    const std::string_view name = name_at_front(text.substr(at));
    if (name.empty()) continue;
    const VariableStep step{text.substr(0, at), name};
    text.remove_prefix(at + kVariableOpen.size() + name.size() + kClose.size());
    return step;
  }
  const VariableStep last{text, {}};
  text = {};
  return last;
}

std::string without_variables(std::string_view text) {
  std::string out;
  while (!text.empty()) out += next_variable(text).before;
  return out;
}

bool has_near_variable(std::string_view text) {
  for (std::size_t at = text.find("{{"); at != std::string_view::npos;
       at = text.find("{{", at + 1)) {
    std::string_view rest = text.substr(at);
    if (rest.starts_with(kVariableOpen)) continue;
    rest.remove_prefix(2);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const auto is_letter = [&](std::size_t i, char lower) {
      return i < rest.size() && (rest[i] | 0x20) == lower;
    };
    if (!is_letter(0, 'v') || !is_letter(1, 'a') || !is_letter(2, 'r')) continue;
    rest.remove_prefix(is_letter(3, 's') ? 4 : 3);
    if (rest.starts_with('.') || rest.starts_with(' ')) return true;
  }
  return false;
}

std::optional<std::string> broken_variable(std::string_view text) {
  for (std::size_t at = text.find(kVariableOpen); at != text.npos;
       at = text.find(kVariableOpen, at + 1)) {
    const std::string_view rest = text.substr(at);
    if (!name_at_front(rest).empty()) continue;
    if (rest.find(kClose) == rest.npos) {
      return fmt::format("{} is not closed; write {{{{vars.name}}}}",
                         printable(rest.substr(0, kVariableOpen.size() + kNameMax)));
    }
    return fmt::format("{} has no good name: 1 to {} of A-Z a-z 0-9 _ . -",
                       printable(rest.substr(0, rest.find(kClose) + kClose.size())), kNameMax);
  }
  return std::nullopt;
}

}  // namespace herald::message
