// How people write amounts in the configuration: "250ms", "30d", "256MiB", "+08:00".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace herald::config {

// A whole number and one of ms, s, m, h, d. Nothing else: "5" or "1h30m" is not taken.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// A whole number and one of B, KiB, MiB, GiB, TiB.
std::optional<std::uint64_t> parse_size(std::string_view text);

// "+08:00" or "-03:30", within the offsets that exist: -12:00 to +14:00.
std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text);

// The shortest exact writing, for errors that name a bound: 60000 ms is "1m".
std::string to_text(std::chrono::milliseconds duration);
std::string size_text(std::uint64_t bytes);

}  // namespace herald::config
