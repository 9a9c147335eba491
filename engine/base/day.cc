#include "engine/base/day.h"

#include <fmt/format.h>

#include "herald/config.h"

namespace herald::base {

Calendar calendar_of(const LedgerConfig& config) {
  return {.offset = config.utc_offset, .guard = config.midnight_guard, .lateness = config.lateness};
}

std::string to_string(Day day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace herald::base
