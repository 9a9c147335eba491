// Several threads on one ledger: charges and releases are conserved, whoever grows the table.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "engine/base/random.h"
#include "engine/ledger/ledger.h"

namespace herald::ledger {
namespace {

constexpr base::DaySet kToday{20781, false};
constexpr std::uint8_t kLimit = 2;
constexpr Charge kMarketing{
    .days = kToday, .marketing = true, .marketing_limit = kLimit, .total_limit = 3000};

class LedgerThreads : public testing::Test {
 protected:
  static constexpr int kThreads = 2;

  // Each thread runs `work(thread)`, started as close together as can be.
  template <class Work>
  void together(const Work& work) {
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        ready.fetch_add(1);
        while (ready.load() < kThreads) std::this_thread::yield();
        work(t);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  std::uint64_t seed_ = std::random_device{}();
  base::Random random_{seed_};
};

// New devices in the same order from both threads: every insertion is a race, and so is every
// last message of an allowance.
TEST_F(LedgerThreads, RaceForTheLastMessageOfAnAllowanceHasOneWinner) {
  for (int i = 0; i < 1000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed_) + " case " + std::to_string(i));
    std::vector<Fingerprint> devices(200);
    for (Fingerprint& each : devices) each = random_.next() | 1;
    Ledger ledger;
    std::array<std::vector<Verdict>, kThreads * 2> verdicts;
    together([&](int thread) {
      for (int round = 0; round < 2; ++round) {
        std::vector<Verdict>& mine = verdicts[static_cast<std::size_t>(thread * 2 + round)];
        mine.resize(devices.size());
        ledger.charge(devices, kMarketing, mine);
      }
    });
    ASSERT_EQ(ledger.devices(), devices.size());
    for (std::size_t d = 0; d < devices.size(); ++d) {
      int charged = 0;
      for (const auto& each : verdicts) charged += each[d] == Verdict::charged ? 1 : 0;
      ASSERT_EQ(charged, kLimit);
    }
  }
}

// Charges less releases is what the ledger holds, while the table grows many times.
TEST_F(LedgerThreads, ChargesAndReleasesAreConservedWhileTheTableGrows) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  std::vector<Fingerprint> devices(60'000);
  for (Fingerprint& each : devices) each = random_.next() | 1;
  Ledger ledger;
  std::array<std::vector<int>, kThreads> held;
  std::array<std::uint64_t, kThreads> seeds{random_.next(), random_.next()};
  together([&](int thread) {
    base::Random random(seeds[static_cast<std::size_t>(thread)]);
    std::vector<int>& mine = held[static_cast<std::size_t>(thread)];
    mine.resize(devices.size());
    std::vector<std::size_t> picked(100);
    std::vector<Fingerprint> batch(picked.size());
    std::vector<Verdict> verdicts(picked.size());
    for (std::size_t round = 0; round < 4000; ++round) {
      const std::size_t known = 1 + devices.size() * (round + 1) / 4001;  // more and more of them
      for (std::size_t i = 0; i < picked.size(); ++i) {
        picked[i] = random.next() % known;
        batch[i] = devices[picked[i]];
      }
      ledger.charge(batch, kMarketing, verdicts);
      std::vector<Fingerprint> back;
      for (std::size_t i = 0; i < picked.size(); ++i) {
        if (verdicts[i] != Verdict::charged) continue;
        if (random.next() % 2 == 0) {
          back.push_back(batch[i]);
        } else {
          mine[picked[i]]++;
        }
      }
      ledger.release(back, kToday, true);
    }
  });
  for (std::size_t d = 0; d < devices.size(); ++d) {
    const DeviceState state = ledger.find(devices[d]);
    const int expected = held[0][d] + held[1][d];
    ASSERT_LE(expected, kLimit);
    ASSERT_EQ(state.marketing[0], static_cast<std::uint32_t>(expected));
    ASSERT_EQ(state.total[0], static_cast<std::uint32_t>(expected));
  }
}

}  // namespace
}  // namespace herald::ledger
