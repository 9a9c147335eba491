#include "tools/pushsim/clock.h"

#include <fmt/format.h>
#include <time.h>

#include <array>

namespace pushsim {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::int64_t read_us(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return std::int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000;
}

tm broken_down(std::int64_t seconds) {
  const auto t = static_cast<time_t>(seconds);
  tm result{};
  gmtime_r(&t, &result);
  return result;
}

}  // namespace

std::int64_t SystemClock::wall_ms() const { return read_us(CLOCK_REALTIME) / 1000 + skew_ms_; }
std::int64_t SystemClock::steady_us() const { return read_us(CLOCK_MONOTONIC); }

std::int32_t service_day(std::int64_t wall_ms, std::chrono::minutes utc_offset) {
  const std::int64_t local_ms = wall_ms + std::chrono::milliseconds(utc_offset).count();
  return static_cast<std::int32_t>(floor_div(local_ms, kDayMs));
}

std::string day_text(std::int32_t day) {
  const tm t = broken_down(std::int64_t{day} * 86400);
  return fmt::format("{:04}-{:02}-{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
}

std::string http_date(std::int64_t wall_ms) {
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const tm t = broken_down(floor_div(wall_ms, 1000));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[static_cast<std::size_t>(t.tm_wday)], t.tm_mday,
                     kMonths[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour,
                     t.tm_min, t.tm_sec);
}

}  // namespace pushsim
