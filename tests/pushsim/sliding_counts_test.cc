// Windows are exact to the millisecond.
#include "tools/pushsim/sliding_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace pushsim {
namespace {

TEST(SlidingCounts, AnEventCountsWhileItIsYoungerThanTheWindow) {
  SlidingCounts counts;
  SlidingCounts::Track track{};
  counts.add(track, 1000);
  counts.add(track, 1000 + SlidingCounts::kShortMs - 1);
  EXPECT_EQ(track.in_short, 2u);
  counts.add(track, 1000 + SlidingCounts::kShortMs);
  EXPECT_EQ(track.in_short, 2u);
  counts.add(track, 1000 + SlidingCounts::kLongMs - 1);
  EXPECT_EQ(track.in_long, 4u);
  counts.add(track, 1000 + SlidingCounts::kLongMs);
  EXPECT_EQ(track.in_long, 4u);
  EXPECT_EQ(track.in_short, 2u);
}

TEST(SlidingCounts, OldEventsGiveTheirPlacesBack) {
  SlidingCounts counts;
  SlidingCounts::Track track{};
  for (int i = 0; i < 1000; ++i) counts.add(track, i * (SlidingCounts::kLongMs / 10));
  EXPECT_EQ(track.in_long, 10u);
  EXPECT_EQ(counts.events_held(), 10u);
}

// Against a look at every event there was.
TEST(SlidingCounts, AgreeWithACountOfAllEvents) {
  const std::uint32_t seed = 3;
  std::mt19937 random(seed);
  SlidingCounts counts;
  std::vector<SlidingCounts::Track> tracks(5);
  std::vector<std::vector<std::int64_t>> all(5);
  std::int64_t now = 1795485600000;
  for (int i = 0; i < 5000; ++i) {
    now += random() % 5 == 0 ? random() % 1'000'000 : random() % 20'000;
    const std::size_t which = random() % 5;
    counts.add(tracks[which], now);
    all[which].push_back(now);
    const auto within = [&](std::int64_t window) {
      return std::count_if(all[which].begin(), all[which].end(),
                           [&](std::int64_t at) { return now - at < window; });
    };
    ASSERT_EQ(tracks[which].in_short, within(5 * 60 * 1000)) << i;
    ASSERT_EQ(tracks[which].in_long, within(60 * 60 * 1000)) << i;
  }
}

}  // namespace
}  // namespace pushsim
