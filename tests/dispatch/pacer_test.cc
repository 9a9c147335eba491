// The rate of one app: never above nominal, halved by refusals, found again slowly.
#include "engine/dispatch/pacer.h"

#include <gtest/gtest.h>

namespace herald::dispatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Pacing : public testing::Test {
 protected:
  // Takes whatever there is credit for until `until`; the devices taken.
  std::uint64_t take_until(base::BootTime until, std::uint32_t batch) {
    std::uint64_t taken = 0;
    while (now_ <= until) {
      if (pacer_.has(batch, now_)) {
        pacer_.take(batch);
        taken += batch;
        continue;
      }
      const base::BootTime next = pacer_.when(batch);
      EXPECT_GT(next, now_);
      now_ = next;
    }
    now_ = until;
    return taken;
  }

  base::BootTime now_{seconds{1000}};
  Pacer pacer_{6000, now_};
};

TEST_F(Pacing, NoSecondHoldsMoreThanTheRateAndABatch) {
  for (int second = 0; second < 20; ++second) {
    EXPECT_LE(take_until(now_ + seconds{1}, 1000), 7000u);
  }
}

TEST_F(Pacing, OverTimeItIsTheRate) {
  EXPECT_NEAR(static_cast<double>(take_until(now_ + seconds{100}, 1000)), 600000, 1001);
}

TEST_F(Pacing, LongPauseSavesNoMoreThanABurst) {
  take_until(now_ + seconds{1}, 1000);
  now_ += seconds{3600};
  EXPECT_TRUE(pacer_.has(1000, now_));
  pacer_.take(1000);
  EXPECT_FALSE(pacer_.has(1000, now_));
}

TEST_F(Pacing, CreditIsThereWhenItSaidSo) {
  pacer_.take(1000);
  for (const std::uint32_t devices : {1u, 7u, 333u, 1000u}) {
    ASSERT_FALSE(pacer_.has(devices, now_));
    now_ = pacer_.when(devices);
    ASSERT_TRUE(pacer_.has(devices, now_));
    pacer_.take(devices);
  }
}

TEST_F(Pacing, RefusalHalvesTheRateAndThoseInFlightAreOneSign) {
  pacer_.on_slow_down(now_);
  EXPECT_DOUBLE_EQ(pacer_.rate(), 3000);
  for (int i = 0; i < 20; ++i) pacer_.on_slow_down(now_ + milliseconds{i});
  EXPECT_DOUBLE_EQ(pacer_.rate(), 3000);
  pacer_.on_slow_down(now_ + milliseconds{200});
  EXPECT_DOUBLE_EQ(pacer_.rate(), 1500);
}

// I47.
TEST_F(Pacing, NothingButRefusalsEndAtOneRequestASecondWithinTenSeconds) {
  const base::BootTime start = now_;
  pacer_.has(1000, now_);
  while (now_ < start + seconds{10}) {
    if (pacer_.has(1000, now_)) {
      pacer_.take(1000);
      pacer_.on_slow_down(now_ + milliseconds{20});
    }
    now_ += milliseconds{10};
  }
  EXPECT_LE(pacer_.rate(), 1000);
  EXPECT_LE(take_until(now_ + seconds{10}, 1000), 11000u);
}

TEST_F(Pacing, FloorIsAHundredthOfAHighRate) {
  Pacer fast{1000000, now_};
  fast.has(1000, now_);
  for (int i = 0; i < 100; ++i) fast.on_slow_down(now_ += milliseconds{150});
  EXPECT_DOUBLE_EQ(fast.rate(), 10000);
}

TEST_F(Pacing, RecoversByATwentiethEachGoodSecondUpToNominal) {
  pacer_.on_slow_down(now_);
  for (int i = 1; i <= 3; ++i) {
    now_ += seconds{1};
    for (int j = 0; j < 50; ++j) pacer_.on_accepted(now_);
    EXPECT_DOUBLE_EQ(pacer_.rate(), 3000 + 300 * i);
  }
  for (int i = 0; i < 100; ++i) pacer_.on_accepted(now_ += seconds{1});
  EXPECT_DOUBLE_EQ(pacer_.rate(), 6000);
}

}  // namespace
}  // namespace herald::dispatch
