// How often and when a refused batch is sent again (I47).
#include "engine/dispatch/retries.h"

#include <gtest/gtest.h>

#include <deque>

namespace herald::dispatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Backoff, FullJitterUpToALimitThatDoublesToAMinute) {
  base::Random random{7};
  for (const auto& [attempt, limit] :
       {std::pair{0u, 0.5}, {1u, 1.0}, {3u, 4.0}, {6u, 32.0}, {7u, 60.0}, {4000000000u, 60.0}}) {
    double least = 1e9;
    double most = 0;
    for (int i = 0; i < 2000; ++i) {
      const double wait = std::chrono::duration<double>(backoff(attempt, random)).count();
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    EXPECT_LT(least, limit * 0.02) << attempt;
    EXPECT_LE(most, limit) << attempt;
    EXPECT_GT(most, limit * 0.98) << attempt;
  }
}

class Budget : public testing::Test {
 protected:
  // The rule itself, over the minute before each retry.
  void retry_as_often_as_allowed() {
    while (budget_.take(now_)) {
      retries_.push_back(now_);
      while (!retries_.empty() && now_ - retries_.front() >= seconds{60}) retries_.pop_front();
      while (!firsts_.empty() && now_ - firsts_.front() >= seconds{60}) firsts_.pop_front();
      ASSERT_LE(retries_.size(), std::max<std::size_t>(60, firsts_.size() / 10));
      ++retried_;
    }
  }
  void first() {
    budget_.on_first_attempt(now_);
    firsts_.push_back(now_);
  }

  base::BootTime now_{seconds{5000}};
  RetryBudget budget_{now_};
  std::deque<base::BootTime> retries_;
  std::deque<base::BootTime> firsts_;
  std::uint64_t retried_ = 0;
};

// Sixty buckets of a second cover less than a minute: a burst at a bucket's end was forgotten
// early.
TEST_F(Budget, NoMinuteHoldsMoreThanSixtyWithoutFirstAttempts) {
  now_ += milliseconds{990};
  for (int i = 0; i < 20000; ++i) {
    retry_as_often_as_allowed();
    now_ += milliseconds{10};
  }
  EXPECT_GE(retried_, 180u) << "and about one a second is allowed";
}

TEST_F(Budget, TenthOfTheFirstAttemptsWhereThatIsMore) {
  for (int i = 0; i < 60000; ++i) {
    for (int j = 0; j < 2; ++j) first();
    retry_as_often_as_allowed();
    now_ += milliseconds{5};
  }
  EXPECT_NEAR(static_cast<double>(retried_), 12000, 700);
}

TEST_F(Budget, FirstAttemptsThatEndedLongAgoAllowNothing) {
  for (int i = 0; i < 10000; ++i) first();
  now_ += seconds{75};
  retry_as_often_as_allowed();
  EXPECT_EQ(retried_, 60u);
}

TEST(Retries, ComeByTheTimeTheyAreDue) {
  batch::Batch batches[3];
  Retries retries;
  const base::BootTime now{seconds{1}};
  retries.add({now + seconds{3}, &batches[0], false});
  retries.add({now + seconds{1}, &batches[1], true});
  retries.add({now + seconds{2}, &batches[2], false});
  EXPECT_EQ(retries.next()->batch, &batches[1]);
  EXPECT_TRUE(retries.take().budgeted);
  EXPECT_EQ(retries.take().batch, &batches[2]);
  EXPECT_EQ(retries.take().batch, &batches[0]);
  EXPECT_TRUE(retries.empty());
}

TEST(Retries, ThoseOfOneCampaignAreTakenOut) {
  int campaigns[2];
  batch::Batch batches[4];
  Retries retries;
  for (int i = 0; i < 4; ++i) {
    batches[i].campaign = &campaigns[i % 2];
    retries.add({base::BootTime{seconds{i}}, &batches[i], false});
  }
  const auto taken = retries.take_all_of(&campaigns[0]);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0], &batches[0]);
  EXPECT_EQ(taken[1], &batches[2]);
  EXPECT_EQ(retries.take().batch, &batches[1]);
  EXPECT_EQ(retries.take().batch, &batches[3]);
}

}  // namespace
}  // namespace herald::dispatch
