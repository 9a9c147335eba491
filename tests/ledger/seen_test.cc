// De-duplication within a campaign: bits that follow their slots.
#include "engine/ledger/seen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "engine/base/random.h"
#include "engine/ledger/ledger.h"

namespace herald::ledger {
namespace {

constexpr Charge kCharge{.days = {20781, false}, .total_limit = 4000};

class SeenTest : public testing::Test {
 protected:
  std::vector<Verdict> charge(Seen& seen, const std::vector<Fingerprint>& devices) {
    std::vector<Verdict> verdicts(devices.size());
    ledger_.charge(devices, kCharge, seen, verdicts);
    return verdicts;
  }
  static std::int64_t count(const std::vector<Verdict>& verdicts, Verdict verdict) {
    return std::count(verdicts.begin(), verdicts.end(), verdict);
  }
  static std::vector<Fingerprint> random_devices(std::size_t count) {
    base::Random random(1);
    std::vector<Fingerprint> devices(count);
    for (Fingerprint& each : devices) each = random.next() | 1;
    return devices;
  }

  Ledger ledger_;
};

TEST_F(SeenTest, FirstIsChargedAndTheRestAreDuplicatesWithinACallToo) {
  Seen seen(ledger_);
  constexpr auto kNew = Verdict::charged;
  constexpr auto kOld = Verdict::duplicate;
  EXPECT_EQ(charge(seen, {7, 8, 7, 7, 9, 8}),
            (std::vector<Verdict>{kNew, kNew, kOld, kOld, kNew, kOld}));
  EXPECT_EQ(charge(seen, {9, 10}), (std::vector<Verdict>{kOld, kNew}));
  EXPECT_EQ(ledger_.find(7).total[0], 1u);
}

TEST_F(SeenTest, CampaignsDoNotSeeEachOthersDevices) {
  Seen one(ledger_);
  charge(one, {1, 2, 3});
  Seen other(ledger_);
  EXPECT_EQ(count(charge(other, {1, 2, 3}), Verdict::charged), 3);
  EXPECT_EQ(count(charge(one, {1, 2, 3}), Verdict::duplicate), 3);
}

TEST_F(SeenTest, RefusedDevicesAreDuplicatesTheSecondTimeToo) {
  Seen seen(ledger_);
  ledger_.suppress(5, Suppression::token_gone, 0);
  EXPECT_EQ(charge(seen, {5, 5}), (std::vector<Verdict>{Verdict::token_gone, Verdict::duplicate}));
}

TEST_F(SeenTest, ForgetsNothingWhileTheLedgerGrows) {
  const std::vector<Fingerprint> devices = random_devices(500'000);
  Seen seen(ledger_);
  EXPECT_EQ(count(charge(seen, devices), Verdict::charged), 500'000);
  EXPECT_EQ(count(charge(seen, devices), Verdict::duplicate), 500'000);
  ledger_.reserve(2'000'000);
  EXPECT_EQ(count(charge(seen, devices), Verdict::duplicate), 500'000);
  EXPECT_LT(seen.bytes(), std::uint64_t{2'000'000});
}

TEST_F(SeenTest, OfEqualDevicesFromTwoThreadsOneIsFirst) {
  const std::vector<Fingerprint> devices = random_devices(300'000);
  Seen seen(ledger_);
  std::atomic<std::int64_t> charged{0};
  const auto run = [&] {
    for (std::size_t i = 0; i < devices.size(); i += 1000) {
      const std::vector<Fingerprint> batch(devices.begin() + static_cast<std::ptrdiff_t>(i),
                                           devices.begin() + static_cast<std::ptrdiff_t>(i + 1000));
      charged += count(charge(seen, batch), Verdict::charged);
    }
  };
  std::thread other(run);
  run();
  other.join();
  EXPECT_EQ(charged, 300'000);
}

}  // namespace
}  // namespace herald::ledger
