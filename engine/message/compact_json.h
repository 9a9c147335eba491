// The JSON writer. What the 4096 bytes are counted on, and what a campaign is known by.
//
// No white space; text raw in UTF-8, escaped only where JSON must (quote, backslash, controls);
// numbers byte for byte as they were written.
#pragma once

#include <string>
#include <string_view>

#include "engine/message/json.h"
#include "herald/result.h"

namespace herald::message {

// As it stands between the quotes of a string.
void append_escaped(std::string& out, std::string_view text);

std::string compact(const Json& value);  // members in the order written
std::string canonical(
    const Json& value);  // members sorted by the bytes of their keys, at every depth

// Errors: job, with the line.
Result<std::string> compact(std::string_view json);
Result<std::string> canonical(std::string_view json);

}  // namespace herald::message
