// Where time comes from: a test owns it, the program asks the kernel.
#pragma once

#include <chrono>

namespace herald::base {

// What the calendar and the service's days go by. May jump.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// CLOCK_BOOTTIME: what timeouts, back-off and rates go by. Never jumps, counts while asleep (I38).
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using BootTime = BootClock::time_point;

class Clock {  // any thread
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual BootTime boot() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  BootTime boot() const override;
};

}  // namespace herald::base
