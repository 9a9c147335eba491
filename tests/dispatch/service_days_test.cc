// The days that charges are for: they never go back (I36), and never run ahead of the service.
#include "engine/dispatch/service_days.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace herald::dispatch {
namespace {

using base::Day;
using base::DaySet;
using std::chrono::hours;
using std::chrono::seconds;

constexpr Day kDay = 20781;
// The service's midnight that kDay begins with.
constexpr base::WallTime kMidnight{std::chrono::days{kDay} - hours{8}};
constexpr base::WallTime kNoon = kMidnight + hours{12};

TEST(ServiceDays, AreThoseOfTheClockWhereTheServiceHasShownThem) {
  ServiceDays days{base::Calendar{}};
  days.show(kDay);
  EXPECT_EQ(days.days(kNoon), (DaySet{kDay, false}));
  EXPECT_EQ(days.days(kMidnight + hours{24} - seconds{30}), (DaySet{kDay, true}));
}

TEST(ServiceDays, NeverGoBack) {
  ServiceDays days{base::Calendar{}};
  days.show(kDay);
  EXPECT_EQ(days.days(kNoon), (DaySet{kDay, false}));
  EXPECT_EQ(days.days(kNoon - hours{24}), (DaySet{kDay, false}));
  EXPECT_EQ(days.days(kMidnight - seconds{30}), (DaySet{kDay, false}));
  EXPECT_EQ(days.days(kNoon - hours{24 * 300}), (DaySet{kDay, false}));
}

TEST(ServiceDays, NeitherDoTheyOverARestart) {
  ServiceDays days{base::Calendar{}, {.reached = kDay, .charged = kDay - 2}};
  EXPECT_TRUE(days.shows(kNoon - hours{48}));
  EXPECT_EQ(days.days(kNoon - hours{48}), (DaySet{kDay, false}));
  EXPECT_EQ(days.day(kNoon - hours{48}), kDay);
}

// Two minutes before it restarted both days were charged; the first of them goes on.
TEST(ServiceDays, AfterARestartNearMidnightBothAreCharged) {
  ServiceDays days{base::Calendar{}, {.reached = kDay - 1, .charged = kDay - 1}};
  EXPECT_EQ(days.days(kMidnight - seconds{20}), (DaySet{kDay - 1, true}));
}

TEST(ServiceDays, ANewDayIsChargedBesideTheOldOneUntilItIsShown) {
  ServiceDays days{base::Calendar{}};
  days.show(kDay - 1);
  EXPECT_FALSE(days.shows(kNoon));
  EXPECT_TRUE(days.shows_eve(kNoon));
  EXPECT_EQ(days.days(kNoon), (DaySet{kDay - 1, true}));
  days.show(kDay);
  EXPECT_TRUE(days.shows(kNoon));
  EXPECT_EQ(days.days(kNoon), (DaySet{kDay, false}));
}

// A ledger that was moved to a day a month ahead would know nothing of today.
TEST(ServiceDays, AClockFarAheadMovesNoCharge) {
  ServiceDays days{base::Calendar{}};
  days.show(kDay);
  EXPECT_EQ(days.days(kNoon + hours{24 * 30}), (DaySet{kDay, true}));
  EXPECT_EQ(days.days(kNoon), (DaySet{kDay, false}));
  EXPECT_EQ(days.earliest(kNoon + hours{24 * 30}), kDay) << "a campaign's first day";
  EXPECT_EQ(days.earliest(kNoon), kDay);
}

TEST(ServiceDays, TellsOfEachNewDayOnce) {
  ServiceDays days{base::Calendar{}, {.reached = kDay, .charged = kDay}};
  int told = 0;
  days.on_shown([&] { ++told; });
  for (const Day day : {kDay, kDay, kDay + 1, kDay, kDay + 1, kDay + 2}) days.show(day);
  EXPECT_EQ(told, 2);
}

TEST(ServiceDays, KnowsThatTheLedgerWasFilledByAClockThatWasAhead) {
  ServiceDays days{base::Calendar{}, {.reached = kDay - 3, .charged = kDay + 30}};
  EXPECT_FALSE(days.charges_are_missing());
  days.show(kDay);
  EXPECT_TRUE(days.charges_are_missing());
}

TEST(ServiceDays, ThreadsRaiseTheDayTogether) {
  ServiceDays days{base::Calendar{}};
  days.show(kDay + 1000);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&days, i] {
      Day last = 0;
      for (int day = 0; day < 1000; ++day) {
        const DaySet at = days.days(kNoon + hours{24 * ((day * (i + 1)) % 1000)});
        EXPECT_GE(at.first, last);
        last = at.first;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(days.day(kNoon), kDay + 999);
}

}  // namespace
}  // namespace herald::dispatch
