// Cards, live views and test messages after a crash: a new process knows at least what the service
// may have taken, whichever group was the last to become durable.
#include <gmock/gmock.h>

#include <cstdlib>
#include <random>

#include "engine/campaign/recovery.h"
#include "tests/campaign/support.h"

namespace herald::campaign {
namespace {

using base::Surface;
using ledger::Fingerprint;
using ledger::Verdict;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr int kForm = 1;
const std::string kProject = "4711";

class RecoverySurfaces : public testing::Test {
 protected:
  RecoverySurfaces() {
    record_ = record_of(CampaignState::running);
    record_.project = kProject;
    store_.records[kCampaign] = record_;
  }

  store::BatchId reserve(const Surface& surface, std::vector<Fingerprint> tokens,
                         base::DaySet days = {kToday, false}, bool test = false) {
    std::vector<store::ReservedToken> all;
    for (std::uint32_t i = 0; i < tokens.size(); ++i) all.push_back({tokens[i], i});
    store::GroupWriter group;
    const store::BatchId batch = store_.new_batch_id();
    group.reservation({.campaign = kCampaign,
                       .batch = batch,
                       .test = test,
                       .surface = surface,
                       .days = days,
                       .records = static_cast<std::uint32_t>(tokens.size())},
                      all, std::vector<store::DroppedRecord>{});
    store_.add(group);
    return batch;
  }
  void settle_at(store::BatchId batch, base::WallTime at, Outcome outcome = Outcome::accepted,
                 bool released = false) {
    settle(store_,
           {.batch = batch,
            .outcome = outcome,
            .released = released,
            .tokens = 1,
            .time_ms = at.time_since_epoch().count()},
           calendar_.day(at));
  }
  std::vector<Unanswered> rebuild(ledger::Accounts& accounts) {
    const auto rebuilt = rebuild_ledger(store_, accounts, calendar_, now_);
    EXPECT_TRUE(rebuilt) << rebuilt.error().what;
    return rebuilt ? rebuilt->unanswered : std::vector<Unanswered>{};
  }
  Verdict look(const ledger::Accounts& in, const Surface& surface, base::WallTime now,
               const ledger::Surfaces::Limits& limits = {1, {1, 1}}) const {
    return in.surfaces.look(ledger::Surfaces::key(1, surface), {surface, {kToday, false}, true},
                            limits, now);
  }
  milliseconds doubt() const { return calendar_.lateness + calendar_.guard; }

  MemoryStore store_;
  store::CampaignRecord record_;
  base::Calendar calendar_;
  base::WallTime now_ = noon(kToday);
};

constexpr Surface card(std::int64_t version = -1) {
  return {.kind = Surface::Kind::card, .id = 5, .version = version};
}
constexpr Surface live_view(std::int64_t version = -1) {
  return {.kind = Surface::Kind::activity, .id = 5, .version = version};
}
constexpr Surface creation() { return {.kind = Surface::Kind::activity, .creates = true, .id = 5}; }

TEST_F(RecoverySurfaces, AnAnsweredUpdateCountsFromItsAnswer) {
  settle_at(reserve(live_view(3), {1}), now_ - minutes{2});
  ledger::Accounts accounts;
  EXPECT_TRUE(rebuild(accounts).empty());
  const ledger::Surfaces::Limits short_only{1, {1, 100}};
  const base::WallTime edge = now_ - minutes{2} + ledger::kShortWindow;
  EXPECT_EQ(look(accounts, live_view(), edge, short_only), Verdict::over_live_view);
  EXPECT_EQ(look(accounts, live_view(), edge + milliseconds{1}, short_only), Verdict::charged);
  EXPECT_EQ(look(accounts, live_view(3), edge + milliseconds{1}, short_only), Verdict::old_version);
}

TEST_F(RecoverySurfaces, OneInDoubtCountsUntilItIsTooLate) {
  settle_at(reserve(live_view(), {1}), now_ - minutes{2}, Outcome::ambiguous);
  ledger::Accounts accounts;
  rebuild(accounts);
  const ledger::Surfaces::Limits short_only{1, {1, 100}};
  const base::WallTime edge = now_ - minutes{2} + doubt() + ledger::kShortWindow;
  EXPECT_EQ(look(accounts, live_view(), edge, short_only), Verdict::over_live_view);
  EXPECT_EQ(look(accounts, live_view(), edge + milliseconds{1}, short_only), Verdict::charged);
}

TEST_F(RecoverySurfaces, AnUnansweredOneIsInDoubtFromNowOn) {
  reserve(creation(), {1});
  now_ += minutes{90};
  ledger::Accounts accounts;
  EXPECT_EQ(rebuild(accounts).size(), 1u);
  const base::WallTime edge = now_ + doubt() + ledger::kLongWindow;
  EXPECT_EQ(look(accounts, live_view(), edge), Verdict::over_live_view);
  EXPECT_EQ(look(accounts, live_view(), edge + milliseconds{1}), Verdict::charged);
  const base::WallTime again = now_ + doubt() + ledger::kCreatedOnceIn;
  EXPECT_EQ(look(accounts, creation(), again), Verdict::created);
  EXPECT_EQ(look(accounts, creation(), again + milliseconds{1}), Verdict::charged);
}

// I22: the second process finds the doubt settled, and reads the same from it.
TEST_F(RecoverySurfaces, SettlingTheUnansweredChangesNothing) {
  reserve(creation(), {1});
  reserve(card(4), {1});
  ledger::Accounts first;
  ASSERT_TRUE(settle_unanswered(store_, rebuild(first), now_));
  ledger::Accounts second;
  EXPECT_TRUE(rebuild(second).empty());
  const base::WallTime edge = now_ + doubt() + ledger::kLongWindow;
  for (const ledger::Accounts* each : {&first, &second}) {
    EXPECT_EQ(look(*each, live_view(), edge), Verdict::over_live_view);
    EXPECT_EQ(look(*each, live_view(), edge + milliseconds{1}), Verdict::charged);
    EXPECT_EQ(look(*each, creation(), edge + milliseconds{1}), Verdict::created);
    EXPECT_EQ(look(*each, card(4), edge), Verdict::old_version);
    EXPECT_EQ(look(*each, card(5), edge), Verdict::over_form);
    EXPECT_EQ(look(*each, card(5), edge, {2, {}}), Verdict::charged);
  }
}

TEST_F(RecoverySurfaces, ReleasedLeavesNothing) {
  settle_at(reserve(creation(), {1}), now_, Outcome::rejected, true);
  settle_at(reserve(card(4), {1}), now_, Outcome::rejected, true);
  ledger::Accounts accounts;
  rebuild(accounts);
  EXPECT_EQ(look(accounts, creation(), now_), Verdict::charged);
  EXPECT_EQ(look(accounts, card(4), now_), Verdict::charged);
}

// A card's version never falls, however long ago it was sent and whatever became of the campaign.
TEST_F(RecoverySurfaces, CardsKeepTheirVersionsOfFinishedCampaigns) {
  settle_at(reserve(card(4), {1}), now_);
  record_.state = CampaignState::finished;
  record_.push_type = kForm;
  store_.records[kCampaign] = record_;
  now_ = noon(kToday + 20);
  ledger::Accounts accounts;
  rebuild(accounts);
  EXPECT_EQ(look(accounts, card(4), now_), Verdict::old_version);
  EXPECT_EQ(accounts.devices.devices(), 0u) << "that day is over";
}

TEST_F(RecoverySurfaces, ALiveViewMadeBeforeMidnightIsKnownAfterIt) {
  const base::WallTime evening = noon(kToday) + std::chrono::hours{11};
  settle_at(reserve(creation(), {1}), evening);
  record_.state = CampaignState::finished;
  store_.records[kCampaign] = record_;
  now_ = evening + std::chrono::hours{8};
  ledger::Accounts accounts;
  rebuild(accounts);
  EXPECT_EQ(look(accounts, creation(), evening + ledger::kCreatedOnceIn), Verdict::created);
}

// Where cards make all that is kept be read, a month of live views would fill the memory.
TEST_F(RecoverySurfaces, LiveViewsOfLongAgoAreNotKept) {
  settle_at(reserve(live_view(4), {1}), now_);
  reserve(creation(), {2});
  now_ = noon(kToday + 2);
  ledger::Accounts accounts;
  EXPECT_EQ(rebuild(accounts).size(), 1u) << "its outcome is in doubt all the same";
  EXPECT_EQ(look(accounts, live_view(4), now_), Verdict::charged);
  EXPECT_EQ(accounts.surfaces.bytes(), 0u);
}

TEST_F(RecoverySurfaces, TestMessagesCountForTheirProject) {
  reserve({}, {1, 2, 3}, {kToday, false}, true);
  const store::BatchId refused = reserve(live_view(), {1, 2}, {kToday, true}, true);
  const std::vector<store::Exception> one{{1, Outcome::invalid, Reason::noRight, true}};
  settle(store_, {.batch = refused, .outcome = Outcome::accepted, .tokens = 2, .exceptions = one});
  reserve({}, {1}, {kToday - 1, false}, true);  // that day is over
  ledger::Accounts accounts;
  rebuild(accounts);
  EXPECT_EQ(accounts.tests.take(kProject, {kToday, false}, 2000), ledger::kTestTokensPerDay - 4);
  EXPECT_EQ(accounts.tests.take(kProject, {kToday + 1, false}, 2000),
            ledger::kTestTokensPerDay - 1);
  EXPECT_EQ(look(accounts, live_view(), now_), Verdict::charged) << "a test is exempt";
}

// --- any history, cut behind any of its groups ---

struct Step {
  enum class What : std::uint8_t { reserve, settle } what;
  std::size_t batch;
};
struct Made {
  Surface surface;
  bool test;
  Fingerprint token;
  base::WallTime ends{};
  bool released = false;
  bool in_doubt = false;
};

TEST_F(RecoverySurfaces, CutBehindAnyGroupNothingThatMayHaveBeenTakenIsForgotten) {
  const char* given = std::getenv("HERALD_SEED");
  std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  const base::WallTime start = now_;
  for (int i = 0; i < 40; ++i, ++seed) {
    SCOPED_TRACE("HERALD_SEED=" + std::to_string(seed));
    std::mt19937_64 random{seed};
    store_ = {};
    store_.records[kCampaign] = record_;
    now_ = start;
    std::vector<Made> made;
    std::vector<Step> steps;
    // One in flight for each card and live view, as the dispatcher keeps it.
    std::vector<std::size_t> flying;
    std::int64_t version = 0;
    for (int s = 0; s < 60; ++s) {
      now_ += milliseconds{random() % 120000};
      if (!flying.empty() && random() % 2 == 0) {
        const std::size_t at = random() % flying.size();
        Made& ended = made[flying[at]];
        ended.ends = now_;
        ended.released = random() % 3 == 0;
        ended.in_doubt = !ended.released && random() % 3 == 0;
        settle_at(flying[at] + 1, now_, ended.in_doubt ? Outcome::ambiguous : Outcome::accepted,
                  ended.released);
        steps.push_back({Step::What::settle, flying[at]});
        flying.erase(flying.begin() + static_cast<std::ptrdiff_t>(at));
        continue;
      }
      Made next{random() % 2 == 0 ? card(++version) : live_view(++version), random() % 4 == 0,
                1 + random() % 3};
      const bool busy = std::any_of(flying.begin(), flying.end(), [&](std::size_t other) {
        return made[other].token == next.token && made[other].surface.kind == next.surface.kind;
      });
      if (busy) continue;
      ASSERT_EQ(reserve(next.surface, {next.token}, {kToday, false}, next.test), made.size() + 1);
      flying.push_back(made.size());
      steps.push_back({Step::What::reserve, made.size()});
      made.push_back(next);
    }
    const auto groups = store_.groups;
    for (std::size_t durable = 0; durable <= groups.size(); ++durable) {
      store_.groups.assign(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(durable));
      std::map<std::size_t, bool> is_settled;  // of what is reserved
      for (std::size_t s = 0; s < durable; ++s) {
        is_settled[steps[s].batch] = steps[s].what == Step::What::settle;
      }
      ledger::Accounts accounts;
      const auto unanswered = rebuild(accounts);
      std::uint32_t open = 0;
      std::map<std::pair<Fingerprint, Surface::Kind>, std::pair<std::uint32_t, std::int64_t>> had;
      std::uint32_t tests = 0;
      for (const auto& [batch, settled] : is_settled) {
        const Made& each = made[batch];
        open += settled ? 0 : 1;
        if (settled && each.released) continue;
        tests += each.test ? 1 : 0;
        auto& [count, newest] = had[{each.token, each.surface.kind}];
        newest = std::max(newest, each.surface.version);
        if (each.test) continue;
        const base::WallTime by = !settled        ? now_ + doubt()
                                  : each.in_doubt ? each.ends + doubt()
                                                  : each.ends;
        if (each.surface.kind == Surface::Kind::card || by >= now_ - ledger::kLongWindow) ++count;
      }
      ASSERT_EQ(unanswered.size(), open);
      for (const auto& [key, expected] : had) {
        Surface surface = key.second == Surface::Kind::card ? card() : live_view();
        const auto limits = [](std::uint32_t limit) {
          return ledger::Surfaces::Limits{limit, {1000, limit}};
        };
        const auto ask = [&, token = key.first](std::int64_t of, std::uint32_t limit) {
          surface.version = of;
          return accounts.surfaces.look(ledger::Surfaces::key(token, surface),
                                        {surface, {kToday, false}, true}, limits(limit), now_);
        };
        ASSERT_NE(ask(-1, expected.first), Verdict::charged) << "after " << durable << " groups";
        ASSERT_EQ(ask(-1, expected.first + 1), Verdict::charged);
        ASSERT_EQ(ask(expected.second, 1000), Verdict::old_version);
        ASSERT_EQ(ask(expected.second + 1, 1000), Verdict::charged);
      }
      ASSERT_EQ(accounts.tests.take(kProject, {kToday, false}, 2000),
                ledger::kTestTokensPerDay - tests);
    }
  }
}

}  // namespace
}  // namespace herald::campaign
