// The ledger against the plain model: any sequence of calls gives the same verdicts and leaves the
// same counts.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <vector>

#include "tests/ledger/model.h"

namespace herald::ledger {
namespace {

class LedgerModel : public testing::Test {
 protected:
  int up_to(int max) { return static_cast<int>(random_() % (static_cast<unsigned>(max) + 1)); }

  // Some in the same bucket, some anywhere, some in the last bucket of their shard.
  Fingerprint fingerprint() {
    const auto low = static_cast<Fingerprint>(1 + up_to(40));
    switch (up_to(3)) {
      case 0:
        return low;
      case 1:
        return low << 40;
      case 2:
        return (Fingerprint{1} << 58) - low;
      default:
        return low * 0x9e3779b97f4a7c15;
    }
  }
  std::vector<Fingerprint> batch() {
    std::vector<Fingerprint> batch(static_cast<std::size_t>(up_to(100)));
    for (Fingerprint& each : batch) each = fingerprint();
    return batch;
  }
  base::DaySet days() { return {day_ + up_to(3) - 2, up_to(2) == 0}; }

  void charge() {
    const Charge charge{.days = days(),
                        .marketing = up_to(1) == 0,
                        .notification = up_to(1) == 0,
                        .marketing_limit = static_cast<std::uint8_t>(up_to(6)),
                        .total_limit = static_cast<std::uint16_t>(up_to(10))};
    const std::vector<Fingerprint> fingerprints = batch();
    const bool for_campaign = up_to(1) == 0;
    std::vector<Verdict> verdicts(fingerprints.size());
    if (for_campaign) {
      ledger_->charge(fingerprints, charge, *seen_, verdicts);
    } else {
      ledger_->charge(fingerprints, charge, verdicts);
    }
    for (std::size_t i = 0; i < fingerprints.size(); ++i) {
      const bool duplicate = for_campaign && !had_.insert(fingerprints[i]).second;
      const Verdict expected =
          duplicate ? Verdict::duplicate : model_.charge(fingerprints[i], charge);
      ASSERT_EQ(verdicts[i], expected);
    }
  }

  void step() {
    const bool marketing = up_to(1) == 0;
    const base::DaySet at = days();
    switch (up_to(9)) {
      case 0: {
        const auto fingerprints = batch();
        ledger_->release(fingerprints, at, marketing);
        for (const Fingerprint each : fingerprints) model_.release(each, at, marketing);
        break;
      }
      case 1: {
        const std::vector fingerprints(static_cast<std::size_t>(1 + up_to(10)), fingerprint());
        ledger_->restore(fingerprints, at, marketing);
        for (const Fingerprint each : fingerprints) model_.restore(each, at, marketing);
        break;
      }
      case 2: {
        const Fingerprint one = fingerprint();
        const auto kind = static_cast<Suppression>(up_to(3));
        const base::Day until = day_ + up_to(3);
        ledger_->suppress(one, kind, until);
        model_.suppress(one, kind, until);
        break;
      }
      case 3:
        day_ += up_to(2);
        break;
      default:
        charge();
    }
  }

  std::uint64_t seed_ = std::random_device{}();
  std::mt19937_64 random_{seed_};
  base::Day day_ = 20781;
  std::unique_ptr<Ledger> ledger_ = std::make_unique<Ledger>();
  std::unique_ptr<Seen> seen_ = std::make_unique<Seen>(*ledger_);
  Model model_;
  std::set<Fingerprint> had_;  // what seen_ must know
};

TEST_F(LedgerModel, AnySequenceOfCallsGivesTheSame) {
  for (int i = 0; i < 1000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed_) + " case " + std::to_string(i));
    seen_.reset();
    ledger_ = std::make_unique<Ledger>();
    seen_ = std::make_unique<Seen>(*ledger_);
    model_ = {};
    had_.clear();
    for (int s = 0; s < 30; ++s) {
      step();
      if (HasFatalFailure()) return;
    }
    std::map<Fingerprint, DeviceState> visited;
    ledger_->for_each([&](Fingerprint fingerprint, const DeviceState& state) {
      ASSERT_TRUE(visited.emplace(fingerprint, state).second);
    });
    ASSERT_EQ(visited.size(), ledger_->devices());
    ASSERT_EQ(visited.size(), model_.devices());
    for (const auto& [fingerprint, state] : visited) {
      ASSERT_EQ(state, model_.state(fingerprint)) << fingerprint;
      ASSERT_EQ(state, ledger_->find(fingerprint)) << fingerprint;
    }
  }
}

}  // namespace
}  // namespace herald::ledger
