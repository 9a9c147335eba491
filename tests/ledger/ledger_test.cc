// What holds while the ledger grows: nothing is lost, and nobody is refused who has an allowance.
#include "engine/ledger/ledger.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/base/random.h"

namespace herald::ledger {
namespace {

constexpr base::DaySet kToday{20781, false};
constexpr Charge kMarketing{
    .days = kToday, .marketing = true, .marketing_limit = 2, .total_limit = 3000};

// SplitMix64 gives each of its outputs once in a period, so these are distinct.
std::vector<Fingerprint> distinct(std::size_t count) {
  base::Random random(1);
  std::vector<Fingerprint> fingerprints(count);
  for (Fingerprint& each : fingerprints) each = random.next();
  return fingerprints;
}

std::size_t charged(Ledger& ledger, std::span<const Fingerprint> fingerprints,
                    const Charge& charge) {
  std::vector<Verdict> verdicts(fingerprints.size());
  ledger.charge(fingerprints, charge, verdicts);
  return static_cast<std::size_t>(std::count(verdicts.begin(), verdicts.end(), Verdict::charged));
}

TEST(Ledger, EveryDeviceGetsItsAllowanceAndNotOneMoreWhileTheTableGrows) {
  const auto fingerprints = distinct(300'000);
  const std::span all(fingerprints);
  Ledger ledger;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < all.size(); i += 1000) {
      ASSERT_EQ(charged(ledger, all.subspan(i, 1000), kMarketing), round < 2 ? 1000u : 0u);
    }
    EXPECT_EQ(ledger.devices(), all.size());
  }
}

TEST(Ledger, OneLargeCallGrowsAsManySmallOnesDo) {
  const auto fingerprints = distinct(300'000);
  Ledger ledger;
  EXPECT_EQ(charged(ledger, fingerprints, kMarketing), fingerprints.size());
  EXPECT_EQ(charged(ledger, fingerprints, kMarketing), fingerprints.size());
  EXPECT_EQ(charged(ledger, fingerprints, kMarketing), 0u);
}

TEST(Ledger, DevicesOfOneShardGrowThatShardAlone) {
  std::vector<Fingerprint> fingerprints = distinct(20'000);
  for (Fingerprint& each : fingerprints) each = each >> kShardBits | 1;
  std::sort(fingerprints.begin(), fingerprints.end());
  fingerprints.erase(std::unique(fingerprints.begin(), fingerprints.end()), fingerprints.end());
  Ledger ledger;
  const std::uint64_t empty = ledger.bytes();
  EXPECT_EQ(charged(ledger, fingerprints, kMarketing), fingerprints.size());
  EXPECT_EQ(ledger.devices(), fingerprints.size());
  EXPECT_LT(ledger.bytes() - empty, fingerprints.size() * 27);
}

TEST(Ledger, DuplicatesInOneCallAreChargedEach) {
  const std::vector<Fingerprint> fingerprints(5, 77);
  Ledger ledger;
  std::vector<Verdict> verdicts(5);
  ledger.charge(fingerprints, kMarketing, verdicts);
  EXPECT_EQ(verdicts, (std::vector{Verdict::charged, Verdict::charged, Verdict::over_marketing,
                                   Verdict::over_marketing, Verdict::over_marketing}));
}

TEST(Ledger, ReleaseAndFindOfUnknownDevicesAddNone) {
  Ledger ledger;
  ledger.release(distinct(1000), kToday, true);
  EXPECT_EQ(ledger.find(77), DeviceState{});
  EXPECT_EQ(ledger.devices(), 0u);
}

TEST(Ledger, WhatIsReleasedCanBeChargedAgain) {
  const auto fingerprints = distinct(1000);
  Ledger ledger;
  EXPECT_EQ(charged(ledger, fingerprints, kMarketing), 1000u);
  EXPECT_EQ(charged(ledger, fingerprints, kMarketing), 1000u);
  ledger.release(fingerprints, kToday, true);
  EXPECT_EQ(charged(ledger, fingerprints, kMarketing), 1000u);
  EXPECT_EQ(charged(ledger, fingerprints, kMarketing), 0u);
}

TEST(Ledger, RestoreFillsALedgerAsTheOneBeforeItWas) {
  const auto fingerprints = distinct(50'000);
  Ledger before;
  Ledger after;
  EXPECT_EQ(charged(before, fingerprints, kMarketing), fingerprints.size());
  after.restore(fingerprints, kToday, true);
  EXPECT_EQ(after.devices(), before.devices());
  EXPECT_EQ(charged(after, fingerprints, kMarketing), fingerprints.size());
  EXPECT_EQ(charged(after, fingerprints, kMarketing), 0u);
}

TEST(Ledger, SuppressionHoldsWhateverTheTableDoes) {
  const auto fingerprints = distinct(100'000);
  Ledger ledger;
  for (std::size_t i = 0; i < 100; ++i) {
    ledger.suppress(fingerprints[i * 1000], Suppression::token_gone, 0);
  }
  std::vector<Verdict> verdicts(fingerprints.size());
  ledger.charge(fingerprints, kMarketing, verdicts);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    ASSERT_EQ(verdicts[i], i % 1000 == 0 ? Verdict::token_gone : Verdict::charged);
  }
}

}  // namespace
}  // namespace herald::ledger
