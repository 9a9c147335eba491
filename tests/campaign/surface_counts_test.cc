#include "engine/campaign/surface_counts.h"

#include <gmock/gmock.h>

#include "tests/campaign/support.h"

namespace herald::campaign {
namespace {

using base::Surface;
using Counts = std::map<SurfaceCounts::Key, std::uint64_t>;

bool same(const Counts& a, const Counts& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
           return !(x.first < y.first) && !(y.first < x.first) && x.second == y.second;
         });
}

class SurfaceCountsTest : public testing::Test {
 protected:
  void reserve(store::BatchId batch, const Surface& surface, std::uint32_t tokens,
               base::DaySet days = {kToday, false}, bool test = false) {
    std::vector<store::ReservedToken> all;
    for (std::uint32_t i = 0; i < tokens; ++i) all.push_back({100 + i, i});
    store::GroupWriter group;
    group.reservation({.campaign = kCampaign,
                       .batch = batch,
                       .test = test,
                       .surface = surface,
                       .days = days,
                       .records = tokens},
                      all, std::vector<store::DroppedRecord>{});
    store_.add(group);
  }
  Counts counts(base::Day from = kToday) {
    const auto read = SurfaceCounts::read(store_, from);
    EXPECT_TRUE(read) << read.error().what;
    return read ? read->counts() : Counts{};
  }

  static constexpr Surface kCard{.kind = Surface::Kind::card, .id = 5};
  static constexpr Surface kLiveView{.kind = Surface::Kind::activity, .id = 5};
  MemoryStore store_;
};

TEST_F(SurfaceCountsTest, CountsByDayDeviceKindAndNumber) {
  reserve(1, kCard, 2);
  reserve(2, kCard, 1);
  reserve(3, kLiveView, 1);
  reserve(4, {}, 9);
  EXPECT_TRUE(same(counts(), {{{kToday, 100, Surface::Kind::card, 5}, 2},
                              {{kToday, 101, Surface::Kind::card, 5}, 1},
                              {{kToday, 100, Surface::Kind::activity, 5}, 1}}));
}

TEST_F(SurfaceCountsTest, OfNamedDevicesOnly) {
  reserve(1, kCard, 3);
  const auto read = SurfaceCounts::read(store_, kToday, {101});
  ASSERT_TRUE(read);
  EXPECT_TRUE(same(read->counts(), {{{kToday, 101, Surface::Kind::card, 5}, 1}}));
}

TEST_F(SurfaceCountsTest, WhatIsReleasedDoesNotCount) {
  reserve(1, kCard, 3);
  settle(store_, {.batch = 1, .how = store::Settled::voided, .released = true, .tokens = 3});
  reserve(2, kCard, 3);
  const std::vector<store::Exception> refused{{1, Outcome::invalid, Reason::noRight, true}};
  settle(store_, {.batch = 2, .outcome = Outcome::accepted, .tokens = 3, .exceptions = refused});
  reserve(3, kLiveView, 2);
  const std::vector<store::Exception> kept{{1, Outcome::ambiguous, Reason::partly_listed, false}};
  settle(store_, {.batch = 3,
                  .outcome = Outcome::rejected,
                  .released = true,
                  .tokens = 2,
                  .exceptions = kept});
  settle(store_, {.batch = 3, .released = true, .tokens = 2});  // the first one counts
  EXPECT_TRUE(same(counts(), {{{kToday, 100, Surface::Kind::card, 5}, 1},
                              {{kToday, 102, Surface::Kind::card, 5}, 1},
                              {{kToday, 101, Surface::Kind::activity, 5}, 1}}));
}

TEST_F(SurfaceCountsTest, TestMessagesAreExempt) {
  reserve(1, kCard, 3, {kToday, false}, true);
  EXPECT_TRUE(counts().empty());
}

TEST_F(SurfaceCountsTest, OfTwoDaysBothCountAndOnlyThoseAskedFor) {
  reserve(1, kCard, 1, {kToday - 1, false});
  reserve(2, kCard, 1, {kToday - 1, true});
  reserve(3, kCard, 1, {kToday, true});
  EXPECT_TRUE(same(counts(), {{{kToday, 100, Surface::Kind::card, 5}, 2},
                              {{kToday + 1, 100, Surface::Kind::card, 5}, 1}}));
  EXPECT_TRUE(same(counts(kToday - 1), {{{kToday - 1, 100, Surface::Kind::card, 5}, 2},
                                        {{kToday, 100, Surface::Kind::card, 5}, 2},
                                        {{kToday + 1, 100, Surface::Kind::card, 5}, 1}}));
}

TEST_F(SurfaceCountsTest, AGroupThatIsNoneIsDamage) {
  store_.groups.emplace_back(kToday, "\x7f");
  const auto read = SurfaceCounts::read(store_, kToday);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::damaged_store);
}

}  // namespace
}  // namespace herald::campaign
