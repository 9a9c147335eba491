// What a card and a live view may have: days, windows to the millisecond, versions and blocks.
#include "engine/ledger/surfaces.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace herald::ledger {
namespace {

using base::Surface;
using base::WallTime;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr base::Day kDay = 20781;
constexpr Fingerprint kDevice = 7;
const WallTime kNoon{std::chrono::days{kDay} + hours{4}};
constexpr milliseconds kTick{1};

Surface card(std::int64_t version = -1) {
  return {.kind = Surface::Kind::card, .id = 5, .version = version};
}
Surface activity(std::int64_t version = -1) {
  return {.kind = Surface::Kind::activity, .id = 5, .version = version};
}
Surface creation(std::int64_t version = -1) {
  Surface surface = activity(version);
  surface.creates = true;
  return surface;
}

class SurfacesTest : public testing::Test {
 protected:
  static Surfaces::Key key(const Surface& surface) { return Surfaces::key(kDevice, surface); }

  Verdict charge(const Surface& surface, bool counted = true) {
    return surfaces_.charge(key(surface), {surface, days_, counted}, limits_, now_);
  }
  void settle(const Surface& surface, WallTime by, bool counted = true) {
    surfaces_.settle(key(surface), {surface, days_, counted}, by);
  }
  void release(const Surface& surface, bool counted = true) {
    surfaces_.release(key(surface), {surface, days_, counted});
  }
  // Charged and answered at once.
  Verdict update(const Surface& surface, bool counted = true) {
    const Verdict verdict = charge(surface, counted);
    if (verdict == Verdict::charged) settle(surface, now_, counted);
    return verdict;
  }
  // How many updates are still to be had now.
  std::uint32_t left(const Surface& surface) const {
    for (std::uint32_t less = 0;; ++less) {
      const Surfaces::Limits limits{
          limits_.form - std::min(limits_.form, less),
          {limits_.windows.five_minutes - std::min(limits_.windows.five_minutes, less),
           limits_.windows.hour - std::min(limits_.windows.hour, less)}};
      if (surfaces_.look(key(surface), {surface, days_, true}, limits, now_) != Verdict::charged) {
        return less;
      }
    }
  }
  // Other live views, so many that those that matter to nobody are looked for.
  void sweep() {
    for (std::int64_t id = 0; id < 5000; ++id) {
      const Surface other{.kind = Surface::Kind::activity, .id = 1000 + id};
      const SurfaceCharge charged{other, days_, true};
      surfaces_.charge(key(other), charged, limits_, now_);
      surfaces_.release(key(other), charged);
    }
  }

  Surfaces surfaces_;
  Surfaces::Limits limits_;
  base::DaySet days_{kDay, false};
  WallTime now_ = kNoon;
};

TEST_F(SurfacesTest, KeysAreOfOneDeviceKindAndNumber) {
  EXPECT_EQ(Surfaces::key(1, card(3)), Surfaces::key(1, card(4)));
  EXPECT_EQ(Surfaces::key(1, creation()), Surfaces::key(1, activity()));
  EXPECT_NE(Surfaces::key(1, card()), Surfaces::key(2, card()));
  EXPECT_NE(Surfaces::key(1, card()), Surfaces::key(1, activity()));
  Surface other = card();
  other.id = 6;
  EXPECT_NE(Surfaces::key(1, card()), Surfaces::key(1, other));
}

// --- cards ---

TEST_F(SurfacesTest, ACardHasItsUpdatesADay) {
  EXPECT_EQ(charge(card()), Verdict::charged);
  EXPECT_EQ(charge(card()), Verdict::charged);
  EXPECT_EQ(charge(card()), Verdict::over_form);
  days_ = {kDay + 1, false};
  EXPECT_EQ(charge(card()), Verdict::charged);
  EXPECT_EQ(charge(card()), Verdict::charged);
  EXPECT_EQ(charge(card()), Verdict::over_form);
}

TEST_F(SurfacesTest, ALimitOfZeroSendsNothing) {
  limits_ = {0, {0, 60}};
  EXPECT_EQ(charge(card()), Verdict::over_form);
  EXPECT_EQ(charge(activity()), Verdict::over_live_view);
  limits_.windows = {10, 0};
  EXPECT_EQ(charge(activity()), Verdict::over_live_view);
}

TEST_F(SurfacesTest, ACardOfTwoDaysIsChargedOnBothOrOnNeither) {
  days_ = {kDay, true};
  EXPECT_EQ(charge(card()), Verdict::charged);
  days_ = {kDay + 1, false};
  EXPECT_EQ(left(card()), 1u);
  days_ = {kDay, false};
  EXPECT_EQ(charge(card()), Verdict::charged);  // the first day is full
  days_ = {kDay, true};
  EXPECT_EQ(charge(card()), Verdict::over_form);
  days_ = {kDay + 1, false};
  EXPECT_EQ(left(card()), 1u) << "the refused one cost nothing on the second day";
}

TEST_F(SurfacesTest, ACardOfTwoDaysIsRefusedWhenOnlyTheLaterOneIsFull) {
  days_ = {kDay, true};
  charge(card());
  charge(card());
  days_ = {kDay, false};
  release(card());
  release(card());
  days_ = {kDay, true};
  EXPECT_EQ(charge(card()), Verdict::over_form);
  days_ = {kDay, false};
  EXPECT_EQ(left(card()), 2u);
}

TEST_F(SurfacesTest, MidnightOpensANewAllowanceAndKeepsWhatBothDaysHad) {
  EXPECT_EQ(charge(card()), Verdict::charged);
  days_ = {kDay, true};
  EXPECT_EQ(charge(card()), Verdict::charged);
  days_ = {kDay + 1, false};
  EXPECT_EQ(charge(card()), Verdict::charged);
  EXPECT_EQ(charge(card()), Verdict::over_form);
  days_ = {kDay + 3, false};
  EXPECT_EQ(left(card()), 2u);
}

// I36: the later day keeps being charged.
TEST_F(SurfacesTest, AClockSetBackOpensNoSecondAllowance) {
  days_ = {kDay + 1, false};
  EXPECT_EQ(charge(card()), Verdict::charged);
  for (const base::DaySet back : {base::DaySet{kDay, false}, base::DaySet{kDay - 1, true}}) {
    days_ = back;
    EXPECT_LE(charge(card()), Verdict::over_form);
    EXPECT_EQ(charge(card()), Verdict::over_form);
  }
  days_ = {kDay + 1, false};
  EXPECT_EQ(charge(card()), Verdict::over_form);
}

TEST_F(SurfacesTest, AReleasedCardHasItsUpdateBack) {
  charge(card());
  charge(card());
  release(card());
  EXPECT_EQ(left(card()), 1u);
  days_ = {kDay, true};
  charge(card());
  release(card());
  days_ = {kDay + 1, false};
  EXPECT_EQ(left(card()), 2u);
  days_ = {kDay, false};  // that day is over now: there is nothing to give back
  release(card());
  days_ = {kDay + 1, false};
  EXPECT_EQ(left(card()), 2u);
}

TEST_F(SurfacesTest, ReleasingMoreThanThereIsGivesNothing) {
  release(card());
  charge(card());
  release(card());
  release(card());
  EXPECT_EQ(left(card()), 2u);
}

TEST_F(SurfacesTest, TestMessagesToACardAreNotCounted) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(update(card(), false), Verdict::charged);
  EXPECT_EQ(left(card()), 2u);
  charge(card());
  charge(card());
  EXPECT_EQ(charge(card(), false), Verdict::charged);
  release(card(), false);
  EXPECT_EQ(charge(card()), Verdict::over_form) << "a test gives back nothing that it did not take";
}

// --- versions ---

TEST_F(SurfacesTest, AVersionMustGrowOnceItMayHaveReachedTheService) {
  limits_.form = 100;
  for (const auto& at : {card, activity}) {
    EXPECT_EQ(charge(at(7)), Verdict::charged);
    EXPECT_EQ(charge(at(7)), Verdict::charged) << "nothing has been sent so far";
    release(at(7));
    EXPECT_FALSE(surfaces_.is_old(key(at(7)), at(7)));
    settle(at(7), now_);
    EXPECT_TRUE(surfaces_.is_old(key(at(7)), at(7)));
    EXPECT_TRUE(surfaces_.is_old(key(at(7)), at(6)));
    EXPECT_FALSE(surfaces_.is_old(key(at(7)), at(8)));
    EXPECT_FALSE(surfaces_.is_old(key(at(7)), at(-1))) << "it names none";
    EXPECT_EQ(charge(at(7)), Verdict::old_version);
    EXPECT_EQ(charge(at(6)), Verdict::old_version);
    EXPECT_EQ(charge(at(8)), Verdict::charged);
    EXPECT_EQ(charge(at(-1)), Verdict::charged);
    settle(at(-1), now_);
    EXPECT_EQ(charge(at(7)), Verdict::old_version) << "one without a version changes none";
  }
}

TEST_F(SurfacesTest, ACardsVersionZeroStartsAgain) {
  limits_.form = 100;
  EXPECT_EQ(update(card(7)), Verdict::charged);
  EXPECT_EQ(update(card(0)), Verdict::charged);
  EXPECT_EQ(update(card(0)), Verdict::charged);
  EXPECT_EQ(update(card(1)), Verdict::charged);
  EXPECT_EQ(update(card(1)), Verdict::old_version);
}

TEST_F(SurfacesTest, ALiveViewsVersionZeroDoesNot) {
  EXPECT_EQ(update(activity(0)), Verdict::charged);
  EXPECT_EQ(update(activity(0)), Verdict::old_version);
  EXPECT_EQ(update(activity(7)), Verdict::charged);
  EXPECT_EQ(update(activity(0)), Verdict::old_version);
}

TEST_F(SurfacesTest, ALateAnswerLowersNoLiveViewsVersion) {
  charge(activity(7));
  charge(activity(8));
  settle(activity(8), now_);
  settle(activity(7), now_);
  EXPECT_EQ(charge(activity(8)), Verdict::old_version);
}

TEST_F(SurfacesTest, TestMessagesHaveVersionsToo) {
  EXPECT_EQ(update(card(7), false), Verdict::charged);
  EXPECT_EQ(charge(card(7), false), Verdict::old_version);
  EXPECT_EQ(charge(card(7)), Verdict::old_version);
}

// A live view made anew has no version yet (api.md 15.1: it must exceed the current one).
TEST_F(SurfacesTest, ALiveViewMadeAnewStartsItsVersionsAgain) {
  EXPECT_EQ(update(creation(1)), Verdict::charged);
  EXPECT_EQ(update(activity(9)), Verdict::charged);
  EXPECT_EQ(charge(creation(1)), Verdict::created);
  now_ += kCreatedOnceIn + kTick;
  EXPECT_EQ(update(creation(1)), Verdict::charged);
  EXPECT_EQ(update(activity(1)), Verdict::old_version);
  EXPECT_EQ(update(activity(2)), Verdict::charged);
}

// The client made it, so no creation holds it: its version is kept as long as it lives.
TEST_F(SurfacesTest, AVersionIsNotForgottenWhileItsLiveViewMayLive) {
  for (const bool counted : {true, false}) {
    SCOPED_TRACE(counted ? "counted" : "test");
    Surface at = activity(5);
    at.id = counted ? 50 : 51;
    EXPECT_EQ(update(at, counted), Verdict::charged);
    for (int hour = 0; hour < 8; ++hour) {
      now_ += hours{1};
      ASSERT_EQ(charge(at, counted), Verdict::old_version);
      sweep();
      ASSERT_EQ(charge(at, counted), Verdict::old_version) << "after " << hour + 1 << " h";
    }
  }
}

TEST_F(SurfacesTest, WhatMattersToNobodyIsForgotten) {
  for (int hour = 0; hour < 100; hour += 13) {
    sweep();
    now_ += hours{13};
  }
  EXPECT_LT(surfaces_.bytes(), 3u << 20);
}

// --- windows ---

TEST_F(SurfacesTest, TenInFiveMinutesToTheMillisecond) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(update(activity()), Verdict::charged);
    now_ += kTick;
  }
  EXPECT_EQ(charge(activity()), Verdict::over_live_view);
  now_ = kNoon + kShortWindow;  // the first was exactly five minutes ago: a window may hold both
  EXPECT_EQ(charge(activity()), Verdict::over_live_view);
  for (int i = 0; i < 10; ++i) {
    now_ += kTick;
    EXPECT_EQ(left(activity()), 1u) << i;
    EXPECT_EQ(update(activity()), Verdict::charged) << i;
  }
}

TEST_F(SurfacesTest, SixtyInAnHourToTheMillisecond) {
  for (int i = 0; i < 60; ++i) {
    now_ = kNoon + i * milliseconds{31000};
    EXPECT_EQ(update(activity()), Verdict::charged) << i;
  }
  now_ = kNoon + kLongWindow - kTick;
  EXPECT_EQ(charge(activity()), Verdict::over_live_view);
  now_ = kNoon + kLongWindow;
  EXPECT_EQ(charge(activity()), Verdict::over_live_view);
  now_ += kTick;
  EXPECT_EQ(left(activity()), 1u);
  now_ = kNoon + kLongWindow + milliseconds{31000} + kTick;
  EXPECT_EQ(left(activity()), 2u);
}

TEST_F(SurfacesTest, TaxisAndScoresHaveThirtyAndAHundredAndEighty) {
  limits_.windows = kLargeWindows;
  for (int burst = 0; burst < 6; ++burst) {
    for (int i = 0; i < 30; ++i) EXPECT_EQ(update(activity()), Verdict::charged) << burst;
    EXPECT_EQ(charge(activity()), Verdict::over_live_view);
    now_ += kShortWindow + kTick;
  }
  EXPECT_EQ(charge(activity()), Verdict::over_live_view) << "180 in this hour";
  now_ = kNoon + kLongWindow;
  EXPECT_EQ(charge(activity()), Verdict::over_live_view);
  now_ += kTick;
  EXPECT_EQ(left(activity()), 30u);
}

TEST_F(SurfacesTest, UnansweredCountsAsNowHoweverLongItTakes) {
  charge(activity());
  now_ += hours{30};
  EXPECT_EQ(left(activity()), 9u);
  settle(activity(), now_);
  now_ += kShortWindow;
  EXPECT_EQ(left(activity()), 9u);
  now_ += kTick;
  EXPECT_EQ(left(activity()), 10u);
}

TEST_F(SurfacesTest, InDoubtCountsFromWhenItIsTooLate) {
  charge(activity());
  const WallTime by = now_ + minutes{2};
  settle(activity(), by);
  now_ = by + kShortWindow;
  EXPECT_EQ(left(activity()), 9u);
  now_ += kTick;
  EXPECT_EQ(left(activity()), 10u);
}

TEST_F(SurfacesTest, AReleasedUpdateIsHadAgain) {
  for (int i = 0; i < 10; ++i) charge(activity());
  settle(activity(), now_);
  EXPECT_EQ(left(activity()), 0u);
  release(activity());
  EXPECT_EQ(left(activity()), 1u);
  for (int i = 0; i < 20; ++i) release(activity());
  EXPECT_EQ(left(activity()), 9u) << "what was taken is not given back";
}

TEST_F(SurfacesTest, AClockSetBackOpensNoWindow) {
  for (int i = 0; i < 10; ++i) update(activity());
  now_ -= hours{2};
  EXPECT_EQ(charge(activity()), Verdict::over_live_view);
}

TEST_F(SurfacesTest, TestMessagesToALiveViewAreNotCounted) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(update(activity(), false), Verdict::charged);
  EXPECT_EQ(left(activity()), 10u);
  for (int i = 0; i < 10; ++i) charge(activity());
  EXPECT_EQ(charge(activity(), false), Verdict::charged);
  release(activity(), false);
  EXPECT_EQ(left(activity()), 0u) << "a test gives back nothing that it did not take";
}

TEST_F(SurfacesTest, RestoredIsOpenUntilItIsSettledOrReleased) {
  for (int i = 0; i < 10; ++i) surfaces_.restore(key(activity()), {activity(), days_, true});
  now_ += hours{3};
  EXPECT_EQ(left(activity()), 0u);
  release(activity());
  EXPECT_EQ(left(activity()), 1u);
  for (int i = 0; i < 9; ++i) settle(activity(), now_ - kLongWindow - kTick);
  EXPECT_EQ(left(activity()), 10u);
}

// --- creation ---

TEST_F(SurfacesTest, ALiveViewIsCreatedOnceInTwelveHours) {
  for (const bool counted : {true, false}) {
    EXPECT_EQ(charge(creation(), counted), Verdict::charged);
    now_ += hours{20};
    EXPECT_EQ(charge(creation(), counted), Verdict::created) << "it may be created any moment";
    EXPECT_EQ(charge(activity(), counted), Verdict::charged);
    release(activity(), counted);
    settle(creation(), now_, counted);
    now_ += kCreatedOnceIn;
    EXPECT_EQ(charge(creation(), counted), Verdict::created);
    sweep();
    EXPECT_EQ(charge(creation(), counted), Verdict::created);
    now_ += kTick;
  }
  EXPECT_EQ(charge(creation()), Verdict::charged);
}

TEST_F(SurfacesTest, ACreationThatWasNotTakenMayBeTriedAgain) {
  charge(creation());
  release(creation());
  EXPECT_EQ(charge(creation()), Verdict::charged);
  release(creation());
  EXPECT_EQ(left(activity()), 10u);
}

TEST_F(SurfacesTest, ACreationCountsInTheWindow) {
  update(creation());
  EXPECT_EQ(left(activity()), 9u);
  for (int i = 0; i < 9; ++i) update(activity());
  now_ += kCreatedOnceIn + kTick;
  for (int i = 0; i < 10; ++i) update(activity());
  EXPECT_EQ(charge(creation()), Verdict::over_live_view);
  now_ += kShortWindow + kTick;
  EXPECT_EQ(charge(creation()), Verdict::charged) << "the refused one left no trace";
}

// --- blocks ---

TEST_F(SurfacesTest, BlocksEndWhenTheySay) {
  const struct {
    Surface on;
    Block block;
    Verdict verdict;
    hours wait;
  } cases[] = {{card(), Block::card_gone, Verdict::card_gone, hours{30 * 24}},
               {card(), Block::card_limit, Verdict::card_limit, hours{24}},
               {activity(), Block::activity_gone, Verdict::activity_gone, hours{24}}};
  for (const auto& each : cases) {
    surfaces_.block(key(each.on), each.on.kind, each.block, now_ + each.wait);
    EXPECT_EQ(charge(each.on), each.verdict);
    EXPECT_EQ(charge(each.on, false), each.verdict) << "tests too";
    EXPECT_EQ(surfaces_.look(key(each.on), {each.on, days_}, limits_, now_), each.verdict);
    now_ += each.wait - kTick;
    sweep();
    EXPECT_EQ(charge(each.on), each.verdict);
    now_ += kTick;
    days_.first = kDay + 100;
    EXPECT_EQ(charge(each.on), Verdict::charged);
    release(each.on);
  }
}

TEST_F(SurfacesTest, ReasonsAreToldInTheirOrder) {
  limits_ = {0, {0, 0}};
  settle(card(5), now_);
  settle(creation(5), now_);
  EXPECT_EQ(charge(card(5)), Verdict::old_version);
  EXPECT_EQ(charge(card(6)), Verdict::over_form);
  EXPECT_EQ(charge(activity(5)), Verdict::old_version);
  EXPECT_EQ(charge(creation(6)), Verdict::created);
  EXPECT_EQ(charge(activity(6)), Verdict::over_live_view);
  surfaces_.block(key(card()), Surface::Kind::card, Block::card_gone, now_ + kTick);
  surfaces_.block(key(activity()), Surface::Kind::activity, Block::activity_gone, now_ + kTick);
  EXPECT_EQ(charge(card(5)), Verdict::card_gone);
  EXPECT_EQ(charge(activity(5)), Verdict::activity_gone);
}

TEST_F(SurfacesTest, ALookSaysTheSameAndChangesNothing) {
  for (const Surface& on : {card(3), activity(3), creation(4)}) {
    for (int i = 0; i < 12; ++i) {
      const Verdict said = surfaces_.look(key(on), {on, days_}, limits_, now_);
      EXPECT_EQ(surfaces_.look(key(on), {on, days_}, limits_, now_), said);
      EXPECT_EQ(charge(on), said);
    }
  }
}

}  // namespace
}  // namespace herald::ledger
