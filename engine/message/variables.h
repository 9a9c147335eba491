// {{vars.NAME}} in the strings of a payload: what records of format jsonl fill in. Every other
// {{…}} is the service's own ({{status}}) and stays as it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace herald::message {

inline constexpr std::string_view kVariableOpen = "{{vars.";

inline bool has_variables(std::string_view text) {
  return text.find(kVariableOpen) != std::string_view::npos;
}

// Walks a text: what stands before the next variable, and its name.
struct VariableStep {
  std::string_view before;
  std::string_view name;  // empty: there is no further one
};

// Takes a step off `text`. A variable that is not closed, or has no good name, counts as text.
VariableStep next_variable(std::string_view& text);

std::string without_variables(std::string_view text);

// "{{ vars.name }}", "{{Var.name}}": whoever wrote that meant a variable.
bool has_near_variable(std::string_view text);

// What is wrong with the text's variables, or nothing.
std::optional<std::string> broken_variable(std::string_view text);

}  // namespace herald::message
