// The 64 bits of a device: packing, days that pass, counts that are full.
#include "engine/ledger/slot_state.h"

#include <gtest/gtest.h>

#include <random>

namespace herald::ledger {
namespace {

constexpr base::Day kDay = 20781;  // 2026-11-24

constexpr DeviceState kFull{.base = kLastDay,
                            .marketing = {kMarketingMax, kMarketingMax},
                            .total = {kTotalMax, kTotalMax},
                            .suppression = Suppression::inactive,
                            .until = kLastDay,
                            .saturated = true};

// At compile time, as every use of it could be.
static_assert(SlotState{}.unpack() == DeviceState{});
static_assert(SlotState{kFull}.unpack() == kFull);
static_assert(SlotState{kFull}.bits() == ~std::uint64_t{0} >> 1);

TEST(SlotState, DaysAreCountedFrom2020) {
  EXPECT_EQ(base::to_string(kFirstDay), "2020-01-01");
  EXPECT_EQ(base::to_string(kLastDay), "2064-11-08");
}

TEST(SlotState, PacksWhatItUnpacks) {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  const auto up_to = [&](std::uint32_t max) {
    return static_cast<std::uint32_t>(random() % (max + 1));
  };
  for (int i = 0; i < 10'000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " case " + std::to_string(i));
    const DeviceState device{.base = kFirstDay + static_cast<base::Day>(up_to(0x3fff)),
                             .marketing = {up_to(kMarketingMax), up_to(kMarketingMax)},
                             .total = {up_to(kTotalMax), up_to(kTotalMax)},
                             .suppression = static_cast<Suppression>(up_to(3)),
                             .until = kFirstDay + static_cast<base::Day>(up_to(0x3fff)),
                             .saturated = up_to(1) != 0};
    ASSERT_EQ(SlotState{device}.unpack(), device);
  }
}

TEST(SlotState, NextDayBecomesTheBaseDay) {
  SlotState state{{.base = kDay, .marketing = {2, 1}, .total = {30, 20}}};
  state.advance(kDay + 1);
  EXPECT_EQ(state.unpack(), (DeviceState{.base = kDay + 1, .marketing = {1, 0}, .total = {20, 0}}));
}

TEST(SlotState, LaterDayStartsFromNothing) {
  SlotState state{{.base = kDay, .marketing = {2, 1}, .total = {30, 20}, .saturated = true}};
  state.advance(kDay + 2);
  EXPECT_EQ(state.unpack(), (DeviceState{.base = kDay + 2}));
}

TEST(SlotState, BaseDayNeverGoesBack) {
  const DeviceState device{.base = kDay, .marketing = {2, 1}, .total = {30, 20}};
  for (const base::Day day : {kDay, kDay - 1, kFirstDay, 0, -1}) {
    SlotState state{device};
    state.advance(day);
    EXPECT_EQ(state.unpack(), device) << day;
  }
}

TEST(SlotState, SuppressionOutlivesTheDay) {
  SlotState state{{.base = kDay, .suppression = Suppression::inactive, .until = kDay + 30}};
  state.advance(kDay + 7);
  EXPECT_EQ(state.suppression(), Suppression::inactive);
  EXPECT_EQ(state.until(), kDay + 30);
}

TEST(SlotState, DaysOutsideTheFieldAreTheFirstAndTheLast) {
  SlotState state;
  state.advance(kLastDay + 1000);
  EXPECT_EQ(state.base(), kLastDay);
  state.suppress(Suppression::inactive, kLastDay + 1000);
  EXPECT_EQ(state.until(), kLastDay);
}

TEST(SlotState, CountBeyondTheFieldStaysAndIsNeverGivenBack) {
  SlotState state{{.base = kDay, .marketing = {kMarketingMax, 0}, .total = {7, 0}}};
  state.count_saturating(0, true);
  const DeviceState expected{
      .base = kDay, .marketing = {kMarketingMax, 0}, .total = {8, 0}, .saturated = true};
  EXPECT_EQ(state.unpack(), expected);
  state.uncount(0, true);
  EXPECT_EQ(state.unpack(), expected);
}

TEST(SlotState, NothingIsGivenBackBelowZero) {
  SlotState state{{.base = kDay, .marketing = {0, 3}, .total = {0, 3}}};
  state.uncount(0, true);
  EXPECT_EQ(state.unpack(), (DeviceState{.base = kDay, .marketing = {0, 3}, .total = {0, 3}}));
}

TEST(SlotState, SuppressionThatEndsLaterStaysInEitherOrder) {
  for (const bool later_first : {false, true}) {
    SlotState state;
    state.suppress(Suppression::inactive, later_first ? kDay + 30 : kDay + 7);
    state.suppress(Suppression::notifications_off, later_first ? kDay + 7 : kDay + 30);
    EXPECT_EQ(state.until(), kDay + 30);
    EXPECT_EQ(state.suppression(),
              later_first ? Suppression::inactive : Suppression::notifications_off);
  }
}

TEST(SlotState, TokenThatIsGoneStaysGoneUntilItIsLifted) {
  SlotState state;
  state.suppress(Suppression::inactive, kDay + 30);
  state.suppress(Suppression::token_gone, 0);
  state.suppress(Suppression::notifications_off, kDay + 90);
  EXPECT_EQ(state.suppression(), Suppression::token_gone);
  state.suppress(Suppression::none, 0);
  EXPECT_EQ(state, SlotState{});
}

}  // namespace
}  // namespace herald::ledger
