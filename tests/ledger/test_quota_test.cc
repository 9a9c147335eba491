#include "engine/ledger/test_quota.h"

#include <gtest/gtest.h>

#include <map>

namespace herald::ledger {
namespace {

constexpr base::Day kDay = 20781;
constexpr base::DaySet kToday{kDay, false};
constexpr base::DaySet kBoth{kDay, true};
constexpr base::DaySet kTomorrow{kDay + 1, false};

std::map<std::pair<std::string, base::Day>, std::uint32_t> all_of(const TestQuota& quota) {
  std::map<std::pair<std::string, base::Day>, std::uint32_t> all;
  quota.for_each([&](const std::string& project, base::Day day, std::uint32_t tokens) {
    all[{project, day}] = tokens;
  });
  return all;
}
using All = decltype(all_of(TestQuota{}));

TEST(TestQuotaTest, AThousandTokensAProjectAndDay) {
  TestQuota quota;
  EXPECT_EQ(quota.take("a", kToday, 990), 990u);
  EXPECT_EQ(quota.take("a", kToday, 0), 0u);
  EXPECT_EQ(quota.take("a", kToday, 20), 10u);
  EXPECT_EQ(quota.take("a", kToday, 1), 0u);
  EXPECT_EQ(quota.take("b", kToday, 2000), 1000u);
  EXPECT_EQ(quota.take("a", kTomorrow, 1001), 1000u);
  EXPECT_EQ(all_of(quota), (All{{{"a", kDay + 1}, 1000}, {{"b", kDay}, 1000}}));
}

TEST(TestQuotaTest, OfTwoDaysWhatBothStillHave) {
  TestQuota quota;
  EXPECT_EQ(quota.take("a", kBoth, 600), 600u);
  EXPECT_EQ(quota.take("a", kToday, 300), 300u);
  EXPECT_EQ(quota.take("a", kBoth, 200), 100u);
  EXPECT_EQ(all_of(quota), (All{{{"a", kDay}, 1000}, {{"a", kDay + 1}, 700}}));
  EXPECT_EQ(quota.take("a", kTomorrow, 400), 300u);
  EXPECT_EQ(quota.take("a", {kDay + 1, true}, 400), 0u);
  EXPECT_EQ(quota.take("a", {kDay + 2, false}, 400), 400u);
}

TEST(TestQuotaTest, WhatIsGivenBackIsHadAgainOnItsDays) {
  TestQuota quota;
  quota.take("a", kBoth, 1000);
  quota.give_back("a", kToday, 100);
  EXPECT_EQ(quota.take("a", kBoth, 100), 0u);
  EXPECT_EQ(quota.take("a", kToday, 200), 100u);
  quota.give_back("a", kBoth, 50);
  EXPECT_EQ(quota.take("a", kBoth, 70), 50u);
  EXPECT_EQ(quota.take("a", kTomorrow, 10), 0u);
  quota.give_back("a", kToday, 1000);  // over: nothing to give back
  EXPECT_EQ(quota.take("a", kTomorrow, 10), 0u);
  quota.give_back("a", kTomorrow, 5000);
  EXPECT_EQ(quota.take("a", kTomorrow, 5000), 1000u);
}

// I36.
TEST(TestQuotaTest, AClockSetBackOpensNoSecondAllowance) {
  TestQuota quota;
  EXPECT_EQ(quota.take("a", kTomorrow, 900), 900u);
  EXPECT_EQ(quota.take("a", kBoth, 60), 60u);
  EXPECT_EQ(quota.take("a", kToday, 60), 40u);
  EXPECT_EQ(quota.take("a", kTomorrow, 60), 0u);
}

TEST(TestQuotaTest, RestoreCountsAboveTheLimitInAnyOrder) {
  TestQuota quota;
  quota.restore("a", kTomorrow, 500);
  quota.restore("a", kToday, 700);
  quota.restore("a", kBoth, 600);
  quota.restore("a", {kDay - 1, false}, 5);
  EXPECT_EQ(all_of(quota), (All{{{"a", kDay}, 1300}, {{"a", kDay + 1}, 1100}}));
  EXPECT_EQ(quota.take("a", kToday, 1), 0u);
  quota.give_back("a", kToday, 301);
  EXPECT_EQ(quota.take("a", kToday, 9), 1u);
}

}  // namespace
}  // namespace herald::ledger
