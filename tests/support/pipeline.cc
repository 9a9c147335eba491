#include "tests/support/pipeline.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/campaign/fold.h"
#include "engine/campaign/outcome_map.h"
#include "engine/campaign/recovery.h"

namespace herald::test {

std::string protocol_name(transport::Protocol protocol) {
  return protocol == transport::Protocol::http2 ? "Http2" : "Http1";
}

Pipeline::Pipeline(const Options& options)
    : World(options.wall, options.protocol),
      process(taken_over(options), {.seed = options.seed,
                                    .rate = options.rate,
                                    .connections_max = options.connections_max,
                                    .memory = options.memory,
                                    .sender_threads = options.sender_threads,
                                    .recovers = options.after != nullptr}) {
  EXPECT_TRUE(process.rebuilt.has_value());
  if (process.rebuilt) {
    EXPECT_TRUE(process.rebuilt->unanswered.empty());
  }
}

World& Pipeline::taken_over(const Options& options) {
  if (options.after != nullptr) store.take_over(options.after->store);
  return *this;
}

void Pipeline::step_our_clock(Duration by) {
  executor.set_wall(executor.wall() + std::chrono::floor<std::chrono::milliseconds>(by));
  service.clock_ahead -= by;
}

void Pipeline::run(Duration limit) {
  ASSERT_TRUE(executor.run_until([this] { return process.all_stopped(); }, limit))
      << "the campaigns do not end";
}

void Pipeline::run_until_requests(std::uint64_t requests) {
  ASSERT_TRUE(
      executor.run_until([&] { return service.requests() >= requests; }, std::chrono::minutes{30}))
      << service.requests() << " requests came";
}

Report Pipeline::report(const Sent& sent) {
  auto folded = campaign::fold_campaign(store, sent.run->final_record, false);
  if (folded) return *folded;
  ADD_FAILURE() << folded.error().what;
  return {};
}

std::uint32_t Pipeline::charged(const std::string& token, base::Day day) const {
  const ledger::DeviceState state = ledger.find(fingerprinter(token));
  const base::Day at = day - state.base;
  return at == 0 || at == 1 ? state.total[static_cast<std::size_t>(at)] : 0;
}

std::uint64_t Pipeline::charged_today() const {
  std::set<std::string> tokens;
  for (const auto& sent : process.campaigns())
    tokens.insert(sent->tokens.begin(), sent->tokens.end());
  std::uint64_t charged_all = 0;
  const base::Day today = calendar.day(executor.wall());
  for (const std::string& token : tokens) charged_all += charged(token, today);
  return charged_all;
}

namespace {

// The most that still fit, found by asking: with which limit is one more refused?
std::uint32_t probe(const ledger::Accounts& accounts, ledger::Fingerprint token,
                    const base::Surface& surface, base::Day day, std::optional<Duration> since,
                    base::WallTime now) {
  base::Surface plain = surface;  // without what has reasons of its own
  plain.version = -1;
  plain.creates = false;
  const ledger::SurfaceCharge charge{plain, {day, false}, true};
  const ledger::Surfaces::Key key = ledger::Surfaces::key(token, plain);
  constexpr std::uint32_t kMany = 1000;
  for (std::uint32_t limit = 0;; ++limit) {
    ledger::Surfaces::Limits limits{limit, {kMany, kMany}};
    if (since == ledger::kShortWindow) limits.windows.five_minutes = limit;
    if (since == ledger::kLongWindow) limits.windows.hour = limit;
    if (accounts.surfaces.look(key, charge, limits, now) != ledger::Verdict::charged) continue;
    return limit == 0 ? 0 : limit - 1;
  }
}

}  // namespace

std::uint32_t Pipeline::charged(const std::string& token, const base::Surface& card,
                                base::Day day) const {
  return probe(accounts, fingerprinter(token), card, day, {}, executor.wall());
}

std::uint32_t Pipeline::charged(const std::string& token, const base::Surface& live_view,
                                Duration since) const {
  return probe(accounts, fingerprinter(token), live_view, 0, since, executor.wall());
}

// What was taken is charged; `exactly`: and no more than that.
void Pipeline::check_surfaces(bool exactly) {
  const base::Day today = calendar.day(executor.wall());
  for (const auto& [key, updates] : service.surfaces().updates()) {
    const auto& [kind, id, token] = key;
    const base::Surface surface{.kind = kind, .id = id};
    if (kind == base::Surface::Kind::card) {
      const std::uint32_t taken = service.surfaces().on_day(key, today);
      const std::uint32_t had = charged(token, surface, today);
      ASSERT_GE(had, taken) << token << " card " << id;
      if (exactly) {
        ASSERT_EQ(had, taken) << token << " card " << id;
      }
      continue;
    }
    for (const Duration window : {Duration{ledger::kShortWindow}, Duration{ledger::kLongWindow}}) {
      const std::uint32_t taken = service.surfaces().in_window(key, executor.boot() - window);
      ASSERT_GE(charged(token, surface, window), taken) << token << " live view " << id;
    }
  }
}

void Pipeline::check_recovered() {
  run_for(std::chrono::seconds{1});  // what is being synced
  ledger::Accounts again;
  const auto rebuilt = campaign::rebuild_ledger(store, again, calendar, executor.wall());
  ASSERT_TRUE(rebuilt.has_value());
  EXPECT_TRUE(rebuilt->unanswered.empty());
  const base::Day today = calendar.day(executor.wall());
  for (const auto& [key, updates] : service.surfaces().updates()) {
    const auto& [kind, id, token] = key;
    const base::Surface surface{.kind = kind, .id = id};
    const ledger::Fingerprint device = fingerprinter(token);
    const auto had = [&](const ledger::Accounts& in, std::optional<Duration> since) {
      return probe(in, device, surface, today, since, executor.wall());
    };
    const auto is_old = [&](const ledger::Accounts& in, std::int64_t version) {
      base::Surface on = surface;
      on.version = version;
      return in.surfaces.is_old(ledger::Surfaces::key(device, on), on);
    };
    ASSERT_EQ(had(again, {}), had(accounts, {})) << token << " " << id;
    ASSERT_EQ(had(again, ledger::kShortWindow), had(accounts, ledger::kShortWindow));
    ASSERT_EQ(had(again, ledger::kLongWindow), had(accounts, ledger::kLongWindow));
    for (const auto& update : updates) {
      for (const std::int64_t version : {update.version, update.version + 1}) {
        ASSERT_EQ(is_old(again, version), is_old(accounts, version)) << token << " " << version;
      }
    }
  }
  const auto tests = [&](const ledger::Accounts& in) {
    std::map<std::string, std::uint32_t> all;
    in.tests.for_each([&](const std::string& project, base::Day day, std::uint32_t tokens) {
      if (day >= today) all[project + base::to_string(day)] = tokens;
    });
    return all;
  };
  EXPECT_EQ(tests(again), tests(accounts));
}

void Pipeline::check_campaign(const Sent& sent) {
  const Report totals = report(sent);
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    EXPECT_EQ(sent.run->counted(static_cast<Outcome>(i)), totals.outcomes[i])
        << kOutcomeNames[i] << ": counted live, and folded from the store";
  }
  const auto map = campaign::OutcomeMap::read(store, sent.run->final_record, true);
  ASSERT_TRUE(map.has_value());
  for (std::size_t i = 0; i < sent.tokens.size(); ++i) {
    const std::uint32_t taken = service.taken_of(sent.run->record.number, sent.tokens[i]);
    const auto found = i < map->records() ? map->at(i) : std::nullopt;
    const std::string_view said = found ? to_string(found->outcome) : "pending";
    if (found && found->outcome == Outcome::accepted) {
      EXPECT_EQ(taken, 1u) << sent.tokens[i] << " " << said;
    } else if (found && found->outcome == Outcome::ambiguous) {
      EXPECT_LE(taken, 1u) << sent.tokens[i] << " " << said;
    } else {
      EXPECT_EQ(taken, 0u) << sent.tokens[i] << " " << said;
    }
    if (testing::Test::HasFailure()) return;  // one is enough
  }
}

void Pipeline::check() {
  executor.run_for(std::chrono::seconds{1});  // what a dead connection still held arrives
  for (const auto& [token, on_days] : service.account()) {
    for (const auto& [day, count] : on_days) {
      const base::Day base = ledger.find(fingerprinter(token)).base;
      if (day < base) continue;  // that day is over, and forgotten
      ASSERT_GE(charged(token, day), count) << token << " on " << base::to_string(day);
    }
  }
  for (const auto& sent : process.campaigns()) check_campaign(*sent);
  check_surfaces(false);
}

void Pipeline::check_exact() {
  check();
  check_surfaces(true);
  const base::Day today = calendar.day(executor.wall());
  for (const auto& sent : process.campaigns()) {
    for (const std::string& token : sent->tokens) {
      ASSERT_EQ(charged(token, today), service.count(token, today)) << token;
    }
  }
}

}  // namespace herald::test
