// Which request meets which fault.
#include "tools/pushsim/faults.h"

#include <gtest/gtest.h>

#include <map>

namespace pushsim {
namespace {

std::map<Fault, int> draw(FaultPlan plan, int count) {
  std::map<Fault, int> seen;
  for (int i = 0; i < count; ++i) ++seen[plan.draw().fault];
  return seen;
}

TEST(FaultPlan, RatesAreKept) {
  const auto seen =
      draw(FaultPlan({{Fault::refused, 0.1, {}}, {Fault::never, 0.01, {}}}, 1), 100'000);
  EXPECT_NEAR(seen.at(Fault::refused), 10'000, 500);
  EXPECT_NEAR(seen.at(Fault::never), 900, 150);  // of those the first rule left
}

TEST(FaultPlan, TheSameSeedGivesTheSameFates) {
  const std::vector<FaultRule> rules = {{Fault::late, 0.5, {}}};
  FaultPlan one(rules, 5);
  FaultPlan two(rules, 5);
  FaultPlan three(rules, 6);
  int differ = 0;
  for (int i = 0; i < 1000; ++i) {
    const Fault fault = one.draw().fault;
    EXPECT_EQ(fault, two.draw().fault);
    differ += fault != three.draw().fault ? 1 : 0;
  }
  EXPECT_GT(differ, 300);
}

TEST(FaultPlan, RatesOfZeroAndOneMeanNeverAndAlways) {
  EXPECT_EQ(draw(FaultPlan({{Fault::html, 0, {}}}, 1), 1000).count(Fault::html), 0u);
  EXPECT_EQ(draw(FaultPlan({{Fault::html, 1, {}}}, 1), 1000).at(Fault::html), 1000);
}

TEST(FaultNames, AreReadBack) {
  for (std::size_t i = 1; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    EXPECT_EQ(fault_named(fault_name(fault)), fault == Fault::error ? Fault::none : fault);
  }
  EXPECT_EQ(fault_named("none"), Fault::none);
  EXPECT_EQ(fault_named("rst_after"), Fault::none);
}

}  // namespace
}  // namespace pushsim
