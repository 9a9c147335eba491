// The three counters behind one charge: on all of them or on none, and exactly that is given back.
#include "engine/ledger/accounts.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

namespace herald::ledger {
namespace {

using base::Surface;
using testing::Each;
using testing::ElementsAre;

constexpr base::Day kDay = 20781;
const base::WallTime kNoon{std::chrono::days{kDay} + std::chrono::hours{4}};

Surface card(std::int64_t id, std::int64_t version = -1) {
  return {.kind = Surface::Kind::card, .id = id, .version = version};
}
Surface activity(std::int64_t id) { return {.kind = Surface::Kind::activity, .id = id}; }

class AccountsTest : public testing::Test {
 protected:
  std::vector<Verdict> charge(const std::vector<Fingerprint>& tokens,
                              const std::vector<Surface>& on) {
    std::vector<Verdict> verdicts(tokens.size());
    accounts_.charge(tokens, on, charge_, scenario_, now_, verdicts);
    return verdicts;
  }
  Charged charged(const Surface& surface) const {
    return {charge_.days, charge_.marketing, scenario_.test, surface, scenario_.project};
  }
  std::uint32_t total(Fingerprint token) const { return accounts_.devices.find(token).total[0]; }
  std::uint32_t tests() const {
    std::uint32_t all = 0;
    accounts_.tests.for_each([&](const auto&, base::Day, std::uint32_t tokens) { all += tokens; });
    return all;
  }
  // Updates a card or a live view may still have; none is taken.
  int left(Fingerprint token, const Surface& surface) {
    const Surfaces::Key key = Surfaces::key(token, surface);
    const SurfaceCharge one{surface, charge_.days, true};
    int charged = 0;
    while (accounts_.surfaces.charge(key, one, scenario_.limits, now_) == Verdict::charged) {
      ++charged;
    }
    for (int i = 0; i < charged; ++i) accounts_.surfaces.release(key, one);
    return charged;
  }

  Accounts accounts_;
  Charge charge_{.days = {kDay, false}, .total_limit = 3000};
  Scenario scenario_{.project = "1"};
  base::WallTime now_ = kNoon;
};

TEST_F(AccountsTest, WithoutASurfaceOnlyDevicesAreCharged) {
  EXPECT_THAT(charge({1, 2}, {}), Each(Verdict::charged));
  EXPECT_EQ(total(1), 1u);
  EXPECT_EQ(tests(), 0u);
  accounts_.release(std::vector<Fingerprint>{1}, charged({}));
  EXPECT_EQ(total(1), 0u);
  EXPECT_EQ(total(2), 1u);
}

TEST_F(AccountsTest, OneSurfaceIsForAllTokensOrEachHasItsOwn) {
  EXPECT_THAT(charge({1, 2}, {card(5)}), Each(Verdict::charged));
  EXPECT_THAT(charge({1, 2}, {card(5), card(6)}), Each(Verdict::charged));
  EXPECT_EQ(left(1, card(5)), 0);
  EXPECT_EQ(left(2, card(5)), 1);
  EXPECT_EQ(left(2, card(6)), 1);
  EXPECT_EQ(total(1), 2u);
}

TEST_F(AccountsTest, WhatTheSurfaceRefusesIsNotChargedToTheDevice) {
  charge({1}, {card(5)});
  charge({1}, {card(5)});
  EXPECT_THAT(charge({1, 2}, {card(5)}), ElementsAre(Verdict::over_form, Verdict::charged));
  EXPECT_EQ(total(1), 2u);
  EXPECT_EQ(total(2), 1u);
}

TEST_F(AccountsTest, WhatTheDeviceRefusesIsNotChargedToTheSurface) {
  charge_.total_limit = 1;
  EXPECT_THAT(charge({1}, {activity(5)}), Each(Verdict::charged));
  EXPECT_THAT(charge({1}, {activity(5)}), Each(Verdict::over_total));
  EXPECT_EQ(left(1, activity(5)), 9);
}

TEST_F(AccountsTest, WhatTheProjectRefusesIsChargedToNobody) {
  scenario_.test = true;
  accounts_.tests.take("1", charge_.days, 998);
  EXPECT_THAT(charge({1, 2, 3}, {}),
              ElementsAre(Verdict::charged, Verdict::charged, Verdict::over_test));
  EXPECT_EQ(total(3), 0u);
  Surface creation = activity(5);
  creation.creates = true;
  EXPECT_THAT(charge({4}, {creation}), Each(Verdict::over_test));
  EXPECT_EQ(total(4), 0u);
  scenario_.test = false;
  EXPECT_THAT(charge({4}, {creation}), Each(Verdict::charged)) << "it may still be created";
}

TEST_F(AccountsTest, OnlyTokensThatNothingElseRefusesTakeFromTheProject) {
  scenario_.test = true;
  accounts_.devices.suppress(2, Suppression::token_gone, kDay + 100);
  accounts_.surfaces.block(Surfaces::key(3, card(5)), Surface::Kind::card, Block::card_gone,
                           now_ + std::chrono::hours{1});
  EXPECT_THAT(charge({1, 2, 3}, {card(5)}),
              ElementsAre(Verdict::charged, Verdict::token_gone, Verdict::card_gone));
  EXPECT_EQ(tests(), 1u);
}

// Suppressed, card or live view, total, test.
TEST_F(AccountsTest, TheFirstReasonIsTold) {
  scenario_.test = true;
  accounts_.tests.take("1", charge_.days, kTestTokensPerDay);
  EXPECT_THAT(charge({1}, {card(5, 3)}), Each(Verdict::over_test));
  charge_.total_limit = 0;
  EXPECT_THAT(charge({1}, {card(5, 3)}), Each(Verdict::over_total));
  accounts_.surfaces.settle(Surfaces::key(1, card(5)), {card(5, 3), charge_.days, false}, now_);
  EXPECT_THAT(charge({1}, {card(5, 3)}), Each(Verdict::old_version));
  scenario_.test = false;
  scenario_.limits = {0, {0, 0}};
  EXPECT_THAT(charge({1}, {card(5, 4)}), Each(Verdict::over_form));
  EXPECT_THAT(charge({1}, {activity(5)}), Each(Verdict::over_live_view));
  accounts_.surfaces.block(Surfaces::key(1, card(5)), Surface::Kind::card, Block::card_limit,
                           now_ + std::chrono::hours{1});
  EXPECT_THAT(charge({1}, {card(5, 3)}), Each(Verdict::card_limit));
  accounts_.devices.suppress(1, Suppression::inactive, kDay + 100);
  EXPECT_THAT(charge({1}, {card(5, 3)}), Each(Verdict::inactive));
}

TEST_F(AccountsTest, OfACampaignADuplicateTakesNothing) {
  Seen seen{accounts_.devices};
  scenario_.test = true;
  const std::vector<Fingerprint> tokens{1, 2, 1};
  std::vector<Verdict> verdicts(3);
  accounts_.charge(tokens, charge_, scenario_, seen, verdicts);
  EXPECT_THAT(verdicts, ElementsAre(Verdict::charged, Verdict::charged, Verdict::duplicate));
  EXPECT_EQ(tests(), 2u);
  EXPECT_EQ(total(1), 1u);
}

TEST_F(AccountsTest, SettledCountsFromItsAnswerReleasedNotAtAll) {
  charge({1, 2}, {activity(5)});
  accounts_.settle(std::vector<Fingerprint>{1}, charged(activity(5)), now_);
  accounts_.release(std::vector<Fingerprint>{2}, charged(activity(5)));
  EXPECT_EQ(left(1, activity(5)), 9);
  EXPECT_EQ(left(2, activity(5)), 10);
  EXPECT_EQ(total(1), 1u);
  EXPECT_EQ(total(2), 0u);
  now_ += kShortWindow + std::chrono::milliseconds{1};
  EXPECT_EQ(left(1, activity(5)), 10);
}

TEST_F(AccountsTest, OldIsSaidOfSurfacesOnly) {
  charge({1}, {card(5, 3)});
  EXPECT_FALSE(accounts_.is_old(1, charged(card(5, 3))));
  accounts_.settle(std::vector<Fingerprint>{1}, charged(card(5, 3)), now_);
  EXPECT_TRUE(accounts_.is_old(1, charged(card(5, 3))));
  EXPECT_FALSE(accounts_.is_old(2, charged(card(5, 3))));
  EXPECT_FALSE(accounts_.is_old(1, charged({})));
}

// Of days that are over only what lives longer than a day is restored.
TEST_F(AccountsTest, RestoreOfADayThatIsOverBringsWindowsAndVersions) {
  charge_.days = {kDay - 1, false};
  scenario_.test = true;
  accounts_.restore(std::vector<Fingerprint>{1}, charged(card(5, 3)), kDay);
  accounts_.settle(std::vector<Fingerprint>{1}, charged(card(5, 3)), now_);
  EXPECT_EQ(total(1), 0u);
  EXPECT_EQ(tests(), 0u);
  EXPECT_TRUE(accounts_.is_old(1, charged(card(5, 3))));
  scenario_.test = false;
  accounts_.restore(std::vector<Fingerprint>{1}, charged(activity(5)), kDay);
  charge_.days = {kDay, false};
  EXPECT_EQ(left(1, activity(5)), 9);
}

// --- any history: released is as if it had not been, restored is as if it had been ---

class AccountsHistory : public testing::Test {
 protected:
  struct Made {
    std::vector<Fingerprint> tokens;
    Charged charged;
    int end = 0;  // 0 open, 1 settled, 2 released
    base::WallTime by{};
  };
  std::uint64_t up_to(std::uint64_t max) { return random_() % (max + 1); }

  Surface some_surface() {
    const auto id = static_cast<std::int64_t>(up_to(2));
    switch (up_to(2)) {
      case 0:
        return {};
      case 1:
        return card(id, static_cast<std::int64_t>(up_to(8)) - 1);
      default:
        Surface surface = activity(id);
        surface.creates = up_to(4) == 0;
        surface.version = static_cast<std::int64_t>(up_to(8)) - 1;
        return surface;
    }
  }

  // Charges some tokens; what was charged of them is one batch.
  void make(Accounts& accounts, base::WallTime now) {
    Made made;
    made.charged.days = {kDay, up_to(3) == 0};
    made.charged.surface = some_surface();
    made.charged.test = up_to(3) == 0;
    made.charged.marketing = !made.charged.surface && up_to(1) == 0;
    made.charged.project = up_to(1) == 0 ? "1" : "2";
    const Charge charge{.days = made.charged.days,
                        .marketing = made.charged.marketing,
                        .marketing_limit = 3,
                        .total_limit = 20};
    const Scenario scenario{.test = made.charged.test,
                            .project = std::string{made.charged.project},
                            .limits = {3, {3, 6}}};
    std::vector<Fingerprint> tokens;
    for (Fingerprint token = 1; token <= 5; ++token) {
      if (up_to(1) == 0) tokens.push_back(token);
    }
    std::vector<Surface> on;
    if (made.charged.surface) on = {made.charged.surface};
    std::vector<Verdict> verdicts(tokens.size());
    accounts.charge(tokens, on, charge, scenario, now, verdicts);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (verdicts[i] == Verdict::charged) made.tokens.push_back(tokens[i]);
    }
    made_.push_back(std::move(made));
  }

  void end_one(Accounts& accounts, base::WallTime now) {
    if (made_.empty()) return;
    Made& made = made_[up_to(made_.size() - 1)];
    if (made.end != 0) return;
    made.end = up_to(1) == 0 ? 1 : 2;
    made.by = now + std::chrono::seconds{up_to(1) * 65};
    ended_.push_back(&made - made_.data());
    finish(accounts, made);
  }
  static void finish(Accounts& accounts, const Made& made) {
    if (made.end == 1) accounts.settle(made.tokens, made.charged, made.by);
    if (made.end == 2) accounts.release(made.tokens, made.charged);
  }

  // The same questions to both.
  void expect_same(Accounts& a, Accounts& b, base::WallTime now) {
    for (Fingerprint token = 1; token <= 5; ++token) {
      const DeviceState x = a.devices.find(token);
      const DeviceState y = b.devices.find(token);
      for (base::Day day = kDay; day <= kDay + 1; ++day) {
        EXPECT_EQ(on(x.total, day - x.base), on(y.total, day - y.base));
        EXPECT_EQ(on(x.marketing, day - x.base), on(y.marketing, day - y.base));
      }
      for (std::int64_t id = 0; id <= 2; ++id) {
        for (std::int64_t version = -1; version <= 8; ++version) {
          expect_same(a, b, token, card(id, version), now);
          Surface surface = activity(id);
          surface.version = version;
          expect_same(a, b, token, surface, now);
          surface.creates = true;
          expect_same(a, b, token, surface, now);
        }
      }
    }
    EXPECT_EQ(tests_of(a), tests_of(b));
  }
  // Versions with all that is counted left out, and what is counted without a version.
  static void expect_same(Accounts& a, Accounts& b, Fingerprint token, const Surface& surface,
                          base::WallTime now) {
    const auto key = Surfaces::key(token, surface);
    if (surface.version >= 0) {
      const SurfaceCharge test{surface, {kDay, false}, false};
      ASSERT_EQ(a.surfaces.look(key, test, {}, now), b.surfaces.look(key, test, {}, now))
          << "device " << token << " id " << surface.id << " version " << surface.version;
      return;
    }
    for (const base::DaySet days : {base::DaySet{kDay, false}, {kDay + 1, false}, {kDay, true}}) {
      for (const std::uint32_t limit : {1, 2, 3}) {
        for (const int later : {0, 4, 6, 59, 61, 11 * 60, 12 * 60 + 3}) {
          const SurfaceCharge charge{surface, days, true};
          const Surfaces::Limits limits{limit, {limit, 2 * limit}};
          const base::WallTime then = now + std::chrono::minutes{later};
          ASSERT_EQ(a.surfaces.look(key, charge, limits, then),
                    b.surfaces.look(key, charge, limits, then))
              << "device " << token << " kind " << static_cast<int>(surface.kind) << " id "
              << surface.id << " version " << surface.version << " after " << later << " min";
        }
      }
    }
  }
  static std::uint32_t on(const std::array<std::uint32_t, 2>& counts, base::Day at) {
    return at == 0 || at == 1 ? counts[static_cast<std::size_t>(at)] : 0;
  }
  static std::map<std::pair<std::string, base::Day>, std::uint32_t> tests_of(const Accounts& from) {
    std::map<std::pair<std::string, base::Day>, std::uint32_t> all;
    from.tests.for_each([&](const std::string& project, base::Day day, std::uint32_t tokens) {
      if (tokens > 0) all[{project, day}] = tokens;
    });
    return all;
  }

  std::uint64_t seed_ = std::random_device{}();
  std::mt19937_64 random_;
  std::vector<Made> made_;
  std::vector<std::ptrdiff_t> ended_;  // in the order in which they ended
};

TEST_F(AccountsHistory, RestoredIsWhatWasLive) {
  if (const char* seed = std::getenv("HERALD_SEED")) seed_ = std::strtoull(seed, nullptr, 10);
  random_.seed(seed_);
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE("HERALD_SEED=" + std::to_string(seed_) + " case " + std::to_string(i));
    made_.clear();
    ended_.clear();
    Accounts live;
    Accounts restored;
    base::WallTime now = kNoon;
    // In the order in which the store has them: a reservation before its end.
    std::vector<std::function<void()>> log;
    for (int s = 0; s < 40; ++s) {
      now += std::chrono::seconds{up_to(120)};
      if (up_to(1) == 0) {
        make(live, now);
        log.push_back([&, at = made_.size() - 1] {
          restored.restore(made_[at].tokens, made_[at].charged, kDay);
        });
      } else {
        const std::size_t before = ended_.size();
        end_one(live, now);
        if (ended_.size() == before) continue;
        log.push_back(
            [&, at = ended_.back()] { finish(restored, made_[static_cast<std::size_t>(at)]); });
      }
    }
    for (const auto& step : log) step();
    expect_same(live, restored, now);
    if (HasFailure()) return;
  }
}

TEST_F(AccountsHistory, WhatIsReleasedWasNeverThere) {
  if (const char* seed = std::getenv("HERALD_SEED")) seed_ = std::strtoull(seed, nullptr, 10);
  random_.seed(seed_);
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE("HERALD_SEED=" + std::to_string(seed_) + " case " + std::to_string(i));
    made_.clear();
    ended_.clear();
    Accounts accounts;
    Accounts untouched;
    for (int s = 0; s < 30; ++s) make(accounts, kNoon);
    std::shuffle(made_.begin(), made_.end(), random_);
    for (const Made& made : made_) accounts.release(made.tokens, made.charged);
    expect_same(accounts, untouched, kNoon);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace herald::ledger
