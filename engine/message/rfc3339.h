// Points in time as people write them in a job: RFC 3339, always with an offset, so that no
// machine's zone decides when a campaign starts.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace herald::message {

// "2026-11-24T10:00:00+08:00", "…10:00:00.5Z". Nothing: malformed, no such day, a leap second, or a
// year outside 1970 to 2199, which the clock's nanoseconds could not hold.
std::optional<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text);

}  // namespace herald::message
