// Natural days at a fixed offset: I35, and the days a grant may be counted on: I6.
#include "engine/base/day.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace herald::base {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// 2026-11-24 00:00:00 at +08:00.
constexpr WallTime kMidnight{seconds{1795449600}};
constexpr Day kDay = 20781;

TEST(Calendar, DayChangesAtMidnightOfTheServiceNotOfUtc) {
  const Calendar calendar;
  EXPECT_EQ(calendar.day(kMidnight - milliseconds{1}), kDay - 1);
  EXPECT_EQ(calendar.day(kMidnight), kDay);
  EXPECT_EQ(calendar.day(kMidnight + hours{24} - milliseconds{1}), kDay);
  EXPECT_EQ(to_string(kDay), "2026-11-24");
}

TEST(Calendar, DayIsTheFormulaWhateverTheZoneOfTheMachine) {
  const Calendar calendar;
  for (const char* zone : {"America/New_York", ":/bad", ""}) {
    setenv("TZ", zone, 1);
    tzset();
    for (std::int64_t ms = 0; ms < std::int64_t{200} * 86'400'000; ms += 7'777'777) {
      ASSERT_EQ(calendar.day(WallTime{milliseconds{ms}}), (ms + 28'800'000) / 86'400'000) << zone;
    }
  }
  unsetenv("TZ");
}

TEST(Calendar, GrantThatMayBeProcessedOnEitherSideIsCountedOnBothDays) {
  const Calendar calendar{.guard = seconds{5}, .lateness = seconds{60}};
  EXPECT_EQ(calendar.days(kMidnight - seconds{65} - milliseconds{1}), (DaySet{kDay - 1, false}));
  EXPECT_EQ(calendar.days(kMidnight - seconds{65}), (DaySet{kDay - 1, true}));
  EXPECT_EQ(calendar.days(kMidnight), (DaySet{kDay - 1, true}));
  EXPECT_EQ(calendar.days(kMidnight + seconds{5} - milliseconds{1}), (DaySet{kDay - 1, true}));
  EXPECT_EQ(calendar.days(kMidnight + seconds{5}), (DaySet{kDay, false}));
}

TEST(DaySet, CoversItselfAndWhatItContains) {
  EXPECT_TRUE((DaySet{5, true}.covers({5, true})));
  EXPECT_TRUE((DaySet{5, true}.covers({6, false})));
  EXPECT_FALSE((DaySet{5, true}.covers({6, true})));
  EXPECT_FALSE((DaySet{5, false}.covers({5, true})));
}

}  // namespace
}  // namespace herald::base
