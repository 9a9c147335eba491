// JSON pointers (RFC 6901), and the line of a file that one leads to: every error about a job says
// `file:line: /pointer: …`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/message/json.h"

namespace herald::message {

// `pointer` with one step more.
std::string child(std::string_view pointer, std::string_view key);
std::string child(std::string_view pointer, std::size_t index);

// Null: nothing there.
const Json* find(const Json& root, std::string_view pointer);

// The line of the key that `pointer` names; where something is missing, of the object it is missing
// from. From 1.
std::uint32_t line_of(const Json& root, std::string_view pointer);

// For error lines: control bytes, which a terminal would obey, become \xNN (I85); a long text is
// cut between characters.
std::string printable(std::string_view text);

}  // namespace herald::message
