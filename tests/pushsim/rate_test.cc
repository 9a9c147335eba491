// Which requests pass the flow control.
#include "tools/pushsim/rate.h"

#include <gtest/gtest.h>

namespace pushsim {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

TEST(RateLimiter, FixedWindowStartsAgainEverySecond) {
  RateLimiter limiter(100, RateWindow::fixed);
  EXPECT_TRUE(limiter.take(10 * kSecond + 900'000, 100));
  EXPECT_FALSE(limiter.take(10 * kSecond + 999'999, 1));
  EXPECT_TRUE(limiter.take(11 * kSecond, 60));
  EXPECT_FALSE(limiter.take(11 * kSecond, 41));
  EXPECT_TRUE(limiter.take(11 * kSecond, 40));
}

TEST(RateLimiter, SlidingWindowRemembersTheLastSecond) {
  RateLimiter limiter(100, RateWindow::sliding);
  EXPECT_TRUE(limiter.take(10 * kSecond + 900'000, 100));
  EXPECT_FALSE(limiter.take(11 * kSecond + 800'000, 1));
  EXPECT_TRUE(limiter.take(11 * kSecond + 900'000, 100));
}

TEST(RateLimiter, ARequestLargerThanTheLimitPassesAloneAndWeighsAsLongAsItIsWorth) {
  for (const RateWindow window : {RateWindow::fixed, RateWindow::sliding}) {
    RateLimiter limiter(100, window);
    EXPECT_TRUE(limiter.take(5 * kSecond, 300));
    EXPECT_FALSE(limiter.take(6 * kSecond, 300));
    EXPECT_FALSE(limiter.take(7 * kSecond + 999'999, 300));
    EXPECT_TRUE(limiter.take(8 * kSecond, 300));
  }
}

TEST(RateLimiter, WithoutALimitEverythingPasses) {
  RateLimiter limiter(0, RateWindow::fixed);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.take(0, 1'000'000));
}

}  // namespace
}  // namespace pushsim
