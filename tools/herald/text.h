// How the program writes numbers and foreign text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace herald::cli {

std::string grouped(std::uint64_t number);                     // 1234567 -> 1,234,567
std::string duration_text(double seconds);                     // 2m10s, 1h05m, 3s
std::string percent(std::uint64_t part, std::uint64_t whole);  // 99.80 %

// Control bytes as \xNN, so that nothing from outside breaks a line or moves a cursor (I85).
std::string one_line(std::string_view text);

}  // namespace herald::cli
