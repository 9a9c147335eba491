#include "engine/dispatch/service_days.h"

#include <algorithm>

#include "engine/base/mutant.h"

namespace herald::dispatch {
namespace {

// Returns what it was.
base::Day raise(std::atomic<base::Day>& highest, base::Day day) {
  base::Day was = highest.load(std::memory_order_relaxed);
  while (was < day && !highest.compare_exchange_weak(was, day, std::memory_order_relaxed)) {
  }
  return was;
}

}  // namespace

base::DaySet ServiceDays::days(base::WallTime now) {
  base::DaySet days = calendar_.days(now);
  if constexpr (base::mutant(base::Mutant::own_day_only)) return {calendar_.day(now), false};
  if constexpr (base::mutant(base::Mutant::day_follows_clock_back)) return days;
  const base::Day shown = shown_.load(std::memory_order_relaxed);
  if (days.first > shown) days = {shown, true};
  const base::Day first = std::max(raise(first_, days.first), days.first);
  return {first, days.last() > first};
}

base::Day ServiceDays::earliest(base::WallTime now) const {
  return std::min(calendar_.days(now).first, shown());
}

void ServiceDays::show(base::Day day) {
  if (day < charged_) missing_.store(true, std::memory_order_relaxed);
  if (raise(shown_, day) < day && on_shown_) on_shown_();
}

}  // namespace herald::dispatch
