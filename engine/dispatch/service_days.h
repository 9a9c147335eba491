// The service's days, as far as they are known: by our clock, held against what the service said.
//
// Two things a wrong clock must not do. Set back, in a run or between two, it must not open a
// second allowance: the days never go back (I36). And ahead, it must not make the ledger, which
// keeps two days, forget the one that the service is still in: no charge's first day is later than
// the last that the service's own Date has shown. Until it has shown the next, both are charged
// (I37).
#pragma once

#include <atomic>
#include <functional>

#include "engine/base/day.h"

namespace herald::dispatch {

// What the store tells of the days, at start.
struct DaysAtStart {
  base::Day reached = 0;  // the highest first day of a reservation; 0: there is none
  base::Day charged = 0;  // the ledger has the charges of this day and later ones
};

class ServiceDays {  // any thread
 public:
  explicit ServiceDays(const base::Calendar& calendar, const DaysAtStart& at_start = {})
      : calendar_(calendar),
        charged_(at_start.charged),
        first_(at_start.reached),
        shown_(at_start.reached) {}

  // The days a request granted now may be counted on. While the service has not shown ours, they
  // are no worse than that for the ledger, and the dispatcher decides whether anything is sent.
  base::DaySet days(base::WallTime now);
  // What a record that is written now is kept under.
  base::Day day(base::WallTime now) { return days(now).first; }
  // No record of a campaign that begins now can be about an earlier day.
  base::Day earliest(base::WallTime now) const;

  // The service has shown that it is in the day of our clock, or in a later one.
  bool shows(base::WallTime now) const { return calendar_.days(now).first <= shown(); }
  // It has shown the day before.
  bool shows_eve(base::WallTime now) const { return calendar_.days(now).first - 1 == shown(); }
  // It is in that day.
  void show(base::Day day);
  // Called by show() when it is a new one; set before anything starts.
  void on_shown(std::function<void()> call) { on_shown_ = std::move(call); }

  // The service is in a day whose charges the ledger lacks: the clock was ahead by a day or more
  // when it was filled, and has been set right since.
  bool charges_are_missing() const { return missing_.load(std::memory_order_relaxed); }

 private:
  base::Day shown() const { return shown_.load(std::memory_order_relaxed); }

  const base::Calendar calendar_;
  const base::Day charged_;
  // Relaxed, all three: each stands alone and only rises, whoever is first to raise it.
  std::atomic<base::Day> first_;  // the highest that days() has begun with
  std::atomic<base::Day> shown_;
  std::atomic<bool> missing_{false};
  std::function<void()> on_shown_;
};

}  // namespace herald::dispatch
