// The service's clock and its natural days.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pushsim {

// Tests put their own time behind this.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970 UTC, as the service sees them.
  virtual std::int64_t wall_ms() const = 0;
  // Never goes back; for rates and delays.
  virtual std::int64_t steady_us() const = 0;
};

// The machine's clock, with the service's wall time `skew` ahead of it (negative: behind).
class SystemClock : public Clock {
 public:
  explicit SystemClock(std::chrono::milliseconds skew) : skew_ms_(skew.count()) {}
  std::int64_t wall_ms() const override;
  std::int64_t steady_us() const override;

 private:
  std::int64_t skew_ms_;
};

// A day at a fixed offset, counted from 1970-01-01.
std::int32_t service_day(std::int64_t wall_ms, std::chrono::minutes utc_offset);
std::string day_text(std::int32_t day);       // 2026-11-24
std::string http_date(std::int64_t wall_ms);  // RFC 9110, 5.6.7

}  // namespace pushsim
