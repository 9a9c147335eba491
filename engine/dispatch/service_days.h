// The service's days by our clock, which may be set back: the days never are (I36). What was
// counted on the later day would be forgotten, or its records kept under a day that replay passes
// over.
#pragma once

#include <algorithm>

#include "engine/base/day.h"

namespace herald::dispatch {

class ServiceDays {  // one thread
 public:
  explicit ServiceDays(const base::Calendar& calendar) : calendar_(calendar) {}

  base::Day day(base::WallTime now) {
    days(now);
    return std::max(calendar_.day(now), first_);
  }
  // The days a request granted now may be counted on.
  base::DaySet days(base::WallTime now) {
    const base::DaySet days = calendar_.days(now);
    first_ = std::max(first_, days.first);
    return {first_, days.last() > first_};
  }

 private:
  const base::Calendar calendar_;
  base::Day first_ = 0;
};

}  // namespace herald::dispatch
