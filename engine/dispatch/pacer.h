// How fast one app may send, in devices per second: that is what the service counts (quotas 8).
//
// A token bucket whose rate falls by half when the service says 503 and recovers slowly, so it
// finds the real threshold.
#pragma once

#include <cstdint>

#include "engine/base/clock.h"

namespace herald::dispatch {

class Pacer {  // one thread
 public:
  Pacer(std::uint32_t devices_per_second, base::BootTime now);

  // Whether there is credit for this many devices.
  bool has(std::uint32_t devices, base::BootTime now);
  void take(std::uint32_t devices);  // requires has()
  // When it will be, if nobody else takes any.
  base::BootTime when(std::uint32_t devices) const;
  // The service refused a request for its rate.
  void on_slow_down(base::BootTime now);
  void on_accepted(base::BootTime now);

  double rate() const { return rate_; }

 private:
  void refill(base::BootTime now);
  double burst() const;
  double floor() const;

  const double nominal_;
  double rate_;
  double credit_;
  std::uint32_t largest_ = 1;  // request seen, in devices
  base::BootTime refilled_;
  base::BootTime slowed_{};     // last time the rate fell
  base::BootTime recovered_{};  // last time it rose
};

}  // namespace herald::dispatch
