// Random faults from a seed over campaigns for the same cards and live views, with and without test
// messages, fields of their own, a midnight and pauses: no quota is passed at the service, versions
// never fall where nothing was in doubt, every record is accounted for, and a new process knows
// what the old one knew.
//   HERALD_SEED=n repeats one run, HERALD_SEEDS=n runs that many.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using base::Surface;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint32_t kForms = 3;  // updates of a card and day
constexpr ledger::Windows kWindows{4, 9};

struct Faults {
  std::vector<Plan> plans;
  bool make_ambiguous = false;
};

// Each kind of fault is on or off for a whole run.
Faults choose(base::Random& random) {
  using Wire = Plan::Wire;
  const std::pair<Plan, bool> kinds[] = {
      {on_wire(Wire::refuse_stream), false},
      {on_wire(Wire::goaway_below), false},
      {on_wire(Wire::goaway_at), false},
      {answers(bare(503)), false},
      {answers(bare(401)), false},
      {answers(coded(200, "80300029")), false},
      {answers(partly({0, 3})), false},
      {answers_late(seconds{3}), false},
      {answers(bare(500, true)), true},
      {answers(html()), true},
      {answers(partly_wrong_counts()), true},
      {resets(2), true},
      {on_wire(Wire::cut), true},
      {on_wire(Wire::cut_in_body), true},
      {on_wire(Wire::silent), true},
      {answers_late(seconds{45}), true},
  };
  const bool gentle = random.next() % 2 == 0;
  Faults chosen;
  for (const auto& [plan, makes_ambiguous] : kinds) {
    if ((gentle && makes_ambiguous) || random.next() % 3 != 0) continue;
    chosen.plans.push_back(plan);
    chosen.make_ambiguous |= makes_ambiguous;
  }
  return chosen;
}

CampaignOptions some_campaign(base::Random& random, std::int64_t& version) {
  CampaignOptions options{
      .tokens = 20 + std::uint32_t(random.next() % 60),
      .first = std::uint32_t(random.next() % 30),
      .total_limit = static_cast<std::uint16_t>(5 + random.next() % 20),
      .marketing = false,
      .scenario = {.test = random.next() % 4 == 0, .project = "1", .limits = {kForms, kWindows}}};
  const bool is_card = random.next() % 2 == 0;
  options.batch = is_card ? 1 : 1 + std::uint32_t(random.next() % 30);
  options.surface.kind = is_card ? Surface::Kind::card : Surface::Kind::activity;
  options.surface.creates = !is_card && random.next() % 5 == 0;
  options.surface.id = 7;
  // Mostly newer, sometimes not, sometimes none.
  options.surface.version = random.next() % 6 == 0 ? -1 : ++version - random.next() % 2;
  if (random.next() % 3 == 0) {
    options.surface_of = [surface = options.surface](std::uint32_t token) {
      Surface own = surface;
      own.id = token % 3;
      return own;
    };
  }
  if (random.next() % 4 == 0) options.starts_in = seconds{random.next() % 20};
  if (random.next() % 6 == 0) options.expires_in = seconds{1 + random.next() % 30};
  return options;
}

void run_one(std::uint64_t seed) {
  base::Random random{seed};
  Pipeline::Options settings{.seed = seed, .connections_max = 1 + std::uint32_t(random.next() % 4)};
  settings.rate = random.next() % 2 == 0 ? 200 : 100000;
  if (random.next() % 3 == 0) settings.memory = 0;  // two batches
  const bool midnight = random.next() % 3 == 0;
  if (midnight) settings.wall += hours{14} - seconds{random.next() % 120};
  Pipeline on{settings};
  on.store.set_latency(milliseconds{random.next() % 20});
  on.service.settings.streams_max = 1 + random.next() % 20;
  const Faults faults = choose(random);
  const double rate = 0.3 * random.unit();
  on.service.on_others([&](std::uint64_t) {
    if (faults.plans.empty() || random.unit() > rate) return answers(accepted());
    return faults.plans[random.next() % faults.plans.size()];
  });

  std::int64_t version = 1;
  std::vector<Sent*> campaigns;
  for (int i = 0; i < 12; ++i) {
    campaigns.push_back(&on.send(some_campaign(random, version)));
    on.run_for(milliseconds{random.next() % 3000});
    if (random.next() % 10 == 0) on.pause(*campaigns[random.next() % campaigns.size()]);
    if (random.next() % 12 == 0) on.run_for(minutes{6});
  }
  on.run_for(seconds{20});
  on.service.behave();
  on.run(minutes{4});  // I60, and a minute for what was too fast

  const SurfaceAccount& account = on.service.surfaces();
  EXPECT_LE(account.card_most(), kForms);
  EXPECT_LE(account.live_view_most(ledger::kShortWindow), kWindows.five_minutes);
  EXPECT_LE(account.live_view_most(ledger::kLongWindow), kWindows.hour);
  EXPECT_LE(account.tests_most(), ledger::kTestTokensPerDay);
  EXPECT_GT(account.creations_apart(), hours{12});
  on.check();
  on.check_recovered();
  if (faults.make_ambiguous) return;
  EXPECT_EQ(account.old_versions(), 0u);
  if (!midnight) on.check_exact();
  for (const Sent* each : campaigns) {
    EXPECT_EQ(on.report(*each).count(Outcome::ambiguous), 0u);
  }
}

TEST(RandomSurfaces, NoQuotaIsPassedNoVersionFallsAndTotalsAddUp) {
  const char* one = std::getenv("HERALD_SEED");
  const char* many = std::getenv("HERALD_SEEDS");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t seeds = one != nullptr    ? 1
                              : many != nullptr ? std::strtoull(many, nullptr, 10)
                                                : 150;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("HERALD_SEED=" + std::to_string(seed));
    run_one(seed);
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace herald::test
