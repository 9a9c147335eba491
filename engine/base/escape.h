// Foreign text in machine-readable output.
#pragma once

#include <string>
#include <string_view>

namespace herald::base {

// As a JSON string with its quotes; bytes that are no UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);

// As one TSV field: backslash, tab, newline and return as \\ \t \n \r; other control bytes and
// bytes that are no UTF-8 as \xNN. So every text comes back exactly, and none breaks a line.
void append_tsv(std::string& out, std::string_view text);

}  // namespace herald::base
