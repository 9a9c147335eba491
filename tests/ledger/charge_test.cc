// Whether a device may have one more message: the order of the checks, and the edges of the days.
#include "engine/ledger/charge.h"

#include <gtest/gtest.h>

namespace herald::ledger {
namespace {

constexpr base::Day kDay = 20781;

Verdict apply(SlotState& state, const Charge& charge) {
  SlotState after = state;
  const Verdict verdict = ChargeRule(charge).apply(after);
  if (verdict == Verdict::charged) state = after;
  return verdict;
}

constexpr Charge kMarketing{.days = {kDay, false},
                            .marketing = true,
                            .notification = true,
                            .marketing_limit = 2,
                            .total_limit = 3000};
constexpr Charge kService{.days = {kDay, false}, .notification = true, .total_limit = 3000};

Charge on(Charge charge, base::DaySet days) {
  charge.days = days;
  return charge;
}

TEST(Charge, MarketingCountsInBothAndIsRefusedAtItsLimit) {
  SlotState state;
  EXPECT_EQ(apply(state, kMarketing), Verdict::charged);
  EXPECT_EQ(apply(state, kMarketing), Verdict::charged);
  EXPECT_EQ(apply(state, kMarketing), Verdict::over_marketing);
  EXPECT_EQ(apply(state, kService), Verdict::charged);
  EXPECT_EQ(state.unpack(), (DeviceState{.base = kDay, .marketing = {2, 0}, .total = {3, 0}}));
}

TEST(Charge, LimitOfZeroSendsNothing) {
  SlotState state;
  Charge charge = kMarketing;
  charge.marketing_limit = 0;
  EXPECT_EQ(apply(state, charge), Verdict::over_marketing);
  charge = kService;
  charge.total_limit = 0;
  EXPECT_EQ(apply(state, charge), Verdict::over_total);
}

TEST(Charge, LimitsAboveTheFieldsStopAtTheFields) {
  Charge charge = kMarketing;
  charge.marketing_limit = 255;
  charge.total_limit = 65535;
  SlotState state{{.base = kDay, .marketing = {kMarketingMax - 1, 0}, .total = {kTotalMax - 2, 0}}};
  EXPECT_EQ(apply(state, charge), Verdict::charged);
  EXPECT_EQ(apply(state, charge), Verdict::over_marketing);
  charge.marketing = false;
  EXPECT_EQ(apply(state, charge), Verdict::charged);
  EXPECT_EQ(apply(state, charge), Verdict::over_total);
  EXPECT_EQ(state.unpack(),
            (DeviceState{.base = kDay, .marketing = {kMarketingMax, 0}, .total = {kTotalMax, 0}}));
}

TEST(Charge, SuppressionComesBeforeMarketingBeforeTotal) {
  SlotState state{{.base = kDay,
                   .marketing = {2, 0},
                   .total = {3000, 0},
                   .suppression = Suppression::token_gone}};
  EXPECT_EQ(apply(state, kMarketing), Verdict::token_gone);
  state.suppress(Suppression::none, 0);
  EXPECT_EQ(apply(state, kMarketing), Verdict::over_marketing);
  EXPECT_EQ(apply(state, kService), Verdict::over_total);
}

TEST(Charge, SuppressionEndsOnItsDay) {
  SlotState state;
  state.suppress(Suppression::inactive, kDay + 1);
  EXPECT_EQ(apply(state, kService), Verdict::inactive);
  EXPECT_EQ(apply(state, on(kService, {kDay, true})), Verdict::inactive);
  EXPECT_EQ(apply(state, on(kService, {kDay + 1, false})), Verdict::charged);
}

TEST(Charge, NotificationsOffStopsNotificationsOnly) {
  SlotState state;
  state.suppress(Suppression::notifications_off, kDay + 7);
  EXPECT_EQ(apply(state, kService), Verdict::notifications_off);
  Charge background = kService;
  background.notification = false;
  EXPECT_EQ(apply(state, background), Verdict::charged);
}

TEST(Charge, OfTwoDaysIsOnBothOrOnNeither) {
  SlotState state;
  EXPECT_EQ(apply(state, on(kMarketing, {kDay, true})), Verdict::charged);
  EXPECT_EQ(state.unpack(), (DeviceState{.base = kDay, .marketing = {1, 1}, .total = {1, 1}}));
  EXPECT_EQ(apply(state, kMarketing), Verdict::charged);
  const SlotState before = state;
  EXPECT_EQ(apply(state, on(kMarketing, {kDay, true})), Verdict::over_marketing);
  EXPECT_EQ(state, before);
  EXPECT_EQ(apply(state, on(kMarketing, {kDay + 1, false})), Verdict::charged);
  EXPECT_EQ(apply(state, on(kMarketing, {kDay + 1, false})), Verdict::over_marketing);
}

TEST(Charge, OfTwoDaysIsRefusedWhenOnlyTheLaterOneIsFull) {
  SlotState state{{.base = kDay, .marketing = {0, 2}, .total = {0, 2}}};
  EXPECT_EQ(apply(state, on(kMarketing, {kDay, true})), Verdict::over_marketing);
  Charge tight = on(kService, {kDay, true});
  tight.total_limit = 2;
  EXPECT_EQ(apply(state, tight), Verdict::over_total);
}

TEST(Charge, EarlierDayIsChargedAsTheBaseDay) {
  for (const base::DaySet days : {base::DaySet{kDay - 1, false}, base::DaySet{kDay - 1, true},
                                  base::DaySet{kDay - 400, true}}) {
    SlotState state{{.base = kDay, .marketing = {1, 0}, .total = {1, 0}}};
    EXPECT_EQ(apply(state, on(kMarketing, days)), Verdict::charged);
    EXPECT_EQ(state.unpack(), (DeviceState{.base = kDay, .marketing = {2, 0}, .total = {2, 0}}));
    EXPECT_EQ(apply(state, on(kMarketing, days)), Verdict::over_marketing);
  }
}

TEST(Charge, NewDayOpensANewAllowance) {
  SlotState state{{.base = kDay, .marketing = {2, 0}, .total = {3000, 0}}};
  EXPECT_EQ(apply(state, on(kMarketing, {kDay + 1, false})), Verdict::charged);
  EXPECT_EQ(state.unpack(), (DeviceState{.base = kDay + 1, .marketing = {1, 0}, .total = {1, 0}}));
}

TEST(Release, GivesBackOnTheDaysThatAreStillHeld) {
  SlotState state{{.base = kDay, .marketing = {1, 1}, .total = {2, 2}}};
  apply_release(state, {kDay - 1, true}, true);
  EXPECT_EQ(state.unpack(), (DeviceState{.base = kDay, .marketing = {0, 1}, .total = {1, 2}}));
  apply_release(state, {kDay + 1, true}, false);
  EXPECT_EQ(state.unpack(), (DeviceState{.base = kDay, .marketing = {0, 1}, .total = {1, 1}}));
}

TEST(Restore, DoesNotDependOnTheOrder) {
  const base::DaySet records[] = {{kDay - 1, true}, {kDay, false}, {kDay, true}, {kDay - 5, false}};
  int order[] = {0, 1, 2, 3};
  do {
    SlotState state;
    for (const int i : order) apply_restore(state, records[i], true);
    EXPECT_EQ(state.unpack(), (DeviceState{.base = kDay, .marketing = {3, 1}, .total = {3, 1}}));
  } while (std::next_permutation(std::begin(order), std::end(order)));
}

}  // namespace
}  // namespace herald::ledger
