// What pushsim counts of live views, at times of the test's own.
#include "tools/pushsim/live_view_account.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/pushsim/support.h"
#include "tools/pushsim/live_view_rules.h"

namespace pushsim {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;

class LiveViewAccountTest : public testing::Test {
 protected:
  Verdict send(std::int64_t operation, std::string_view event = "TRAIN",
               std::optional<std::int64_t> version = {}, std::int64_t activity = 7) {
    return account_.charge(20781, now_, 99, {activity, operation, event, version}, false);
  }
  const LiveViewTotals& totals() const { return account_.totals(); }

  LiveViewAccount account_;
  std::int64_t now_ = TestClock::kStartMs;
};

TEST_F(LiveViewAccountTest, TheEleventhInFiveMinutesIsOver) {
  EXPECT_EQ(send(kCreate), Verdict::taken);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(send(kUpdate), Verdict::taken);
  now_ += 5 * kMinute - 1;
  EXPECT_EQ(send(kUpdate), Verdict::over_quota);
  EXPECT_EQ(send(kUpdate, "TRAIN", {}, 8), Verdict::taken);  // another activity
  now_ += 1;
  EXPECT_EQ(send(kEnd), Verdict::taken);
  EXPECT_EQ(totals().over_limit, 1u);
  EXPECT_EQ(totals().normal.in_5_minutes, 11u);
  EXPECT_EQ(totals().large.in_5_minutes, 0u);
}

TEST_F(LiveViewAccountTest, TheSixtyFirstInAnHourIsOver) {
  send(kCreate);
  for (int i = 1; i < 60; ++i) {
    now_ += kMinute - 1000;
    EXPECT_EQ(send(kUpdate), Verdict::taken) << i;
  }
  now_ += 1000;
  EXPECT_EQ(send(kUpdate), Verdict::over_quota);
  EXPECT_EQ(totals().normal.in_1_hour, 61u);
  EXPECT_LE(totals().normal.in_5_minutes, 10u);
}

TEST_F(LiveViewAccountTest, TaxiAndScoreMaySendMore) {
  for (const std::string_view event : {"TAXI", "SCORE"}) {
    for (int i = 0; i < 30; ++i) {
      EXPECT_EQ(send(kUpdate, event, {}, event == "TAXI" ? 1 : 2), Verdict::taken);
    }
    EXPECT_EQ(send(kUpdate, event, {}, event == "TAXI" ? 1 : 2), Verdict::over_quota);
  }
  EXPECT_EQ(totals().large.in_5_minutes, 31u);
  EXPECT_EQ(totals().normal.in_5_minutes, 0u);
}

TEST_F(LiveViewAccountTest, AnActivityIsCreatedOnceInTwelveHours) {
  send(kCreate);
  now_ += 12 * kHour - 1;
  EXPECT_EQ(send(kCreate), Verdict::created_again);
  EXPECT_EQ(totals().created_again, 1u);
  now_ += 1;
  EXPECT_EQ(send(kCreate), Verdict::taken);
  EXPECT_EQ(totals().created_again, 1u);
}

TEST_F(LiveViewAccountTest, AnUpdateOfWhatIsNotThereIsCounted) {
  send(kUpdate);
  EXPECT_EQ(totals().unknown_activity, 1u);
  send(kCreate);
  send(kUpdate);
  send(kEnd);
  EXPECT_EQ(totals().unknown_activity, 1u);
  send(kEnd);
  EXPECT_EQ(totals().unknown_activity, 2u);
  now_ += 12 * kHour;
  send(kCreate);
  now_ += 8 * kHour;  // its life is over
  send(kUpdate);
  EXPECT_EQ(totals().unknown_activity, 3u);
}

TEST_F(LiveViewAccountTest, AVersionThatIsGivenHasToGrow) {
  send(kCreate, "TRAIN", 5);
  EXPECT_EQ(send(kUpdate), Verdict::taken);
  EXPECT_EQ(send(kUpdate, "TRAIN", 5), Verdict::out_of_order);
  EXPECT_EQ(send(kUpdate, "TRAIN", 6), Verdict::taken);
  EXPECT_EQ(send(kUpdate, "TRAIN", 4), Verdict::out_of_order);
  EXPECT_EQ(totals().version_not_greater, 2u);
  EXPECT_EQ(send(kUpdate, "TRAIN", std::numeric_limits<std::int64_t>::max()), Verdict::taken);
  EXPECT_EQ(send(kUpdate, "TRAIN", 7), Verdict::out_of_order);
}

TEST_F(LiveViewAccountTest, TestMessagesAndFencesAreOutsideTheWindows) {
  for (int i = 0; i < 20; ++i) {
    account_.charge(20781, now_, 99, {7, kUpdate, "TRAIN", {}}, true);
    send(kCreateAtFence, "TRAIN", {}, 9);
  }
  EXPECT_EQ(totals().over_limit, 0u);
  EXPECT_EQ(totals().normal.in_5_minutes, 0u);
  EXPECT_EQ(totals().messages, 40u);
  EXPECT_EQ(account_.activities(), 2u);
}

TEST_F(LiveViewAccountTest, AClockThatIsSetBackDoesNotMoveTheWindows) {
  send(kCreate);
  now_ -= kHour;
  for (int i = 0; i < 9; ++i) EXPECT_EQ(send(kUpdate), Verdict::taken);
  EXPECT_EQ(send(kUpdate), Verdict::over_quota);
}

}  // namespace
}  // namespace pushsim
