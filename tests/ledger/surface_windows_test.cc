// The windows of a live view, to the millisecond at both edges, and its creation.
#include <gtest/gtest.h>

#include "tests/ledger/surfaces_fixture.h"

namespace herald::ledger {
namespace {

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

}  // namespace
}  // namespace herald::ledger
