// Small conversions of text: JSON strings, base64url, percentages and durations.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pushsim {

// Appends `text` as the inside of a JSON string (no quotes). Bytes from 0x80 pass as they are.
void append_json_escaped(std::string& out, std::string_view text);
std::string json_string(std::string_view text);  // with quotes

// RFC 7515, section 2: the URL-safe alphabet, no padding. Nothing for any other text.
std::optional<std::string> decode_base64url(std::string_view text);
std::string encode_base64url(std::string_view bytes);

// "500us", "20ms", "1s", "1.5s". Nothing for anything else.
std::optional<std::chrono::microseconds> parse_duration(std::string_view text);
// 0 to 1, as in "0.01". Nothing for anything else.
std::optional<double> parse_rate(std::string_view text);
// "+08:00" and the like, in minutes; at most 18 hours. Nothing for anything else.
std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text);
// Decimal digits only, at most 18 of them.
std::optional<std::int64_t> parse_integer(std::string_view text);

}  // namespace pushsim
