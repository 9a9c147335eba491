// The service's natural days: quotas are counted by them (quotas.md 9), at a fixed offset without
// daylight saving, whatever the machine's own zone and locale say (I35).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/base/clock.h"

namespace herald {
struct LedgerConfig;
}

namespace herald::base {

using Day = std::int32_t;  // days since 1970-01-01 at the service's offset

// One day, or two neighbours when the service may process a request on either.
struct DaySet {
  Day first = 0;
  bool both = false;  // first and first + 1

  Day last() const { return first + (both ? 1 : 0); }
  bool operator==(const DaySet&) const = default;
  bool covers(const DaySet& other) const { return first <= other.first && other.last() <= last(); }
};

struct Calendar {
  std::chrono::milliseconds offset{std::chrono::hours{8}};
  std::chrono::milliseconds guard{5000};  // how far the service's clock may be from ours, each way
  std::chrono::milliseconds lateness{60000};  // how late after the grant it may still process

  Day day(WallTime time) const {
    return static_cast<Day>(
        std::chrono::floor<std::chrono::days>(time.time_since_epoch() + offset).count());
  }
  // The days a request granted at `time` may be counted on (I6).
  DaySet days(WallTime time) const {
    const Day first = day(time - guard);
    return {first, day(time + lateness + guard) != first};
  }
};

Calendar calendar_of(const LedgerConfig& config);

std::string to_string(Day day);  // YYYY-MM-DD

}  // namespace herald::base
