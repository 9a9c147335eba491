#include "tests/simulation/checks.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "engine/campaign/fold.h"
#include "engine/campaign/outcome_map.h"

namespace herald::simulation {
namespace {

using Kind = CampaignPlan::Kind;
using Stage_ = Recount::Stage;

std::optional<store::CampaignRecord> stored(Stage& stage, store::CampaignNumber number) {
  const auto records = stage.store.campaigns();
  if (!records) return std::nullopt;
  for (const store::CampaignRecord& record : *records) {
    if (record.number == number) return record;
  }
  return std::nullopt;
}

void check_report(Stage& stage, const Known& known) {
  const auto record = stored(stage, known.number);
  if (!record) return stage.violations.add("I20", fmt::format("campaign {} is gone", known.number));
  const auto report = campaign::fold_campaign(stage.store, *record, false);
  const auto again = campaign::fold_campaign(stage.store, *record, false);
  if (!report || !again) {
    return stage.violations.add("I10", (!report ? report : again).error().what);
  }
  if (to_json(*report) != to_json(*again)) stage.violations.add("I14", "two reports differ");
  const Recount::Campaign& counted = stage.recount.campaign(known.number);
  const auto expect = [&](std::string_view what, std::uint64_t said, std::uint64_t is) {
    if (said == is) return;
    stage.violations.add("I14", fmt::format("campaign {}: the report says {} {}, the recount {}",
                                            known.number, said, what, is));
  };
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    expect(kOutcomeNames[i], report->outcomes[i], counted.count(static_cast<Outcome>(i)));
  }
  const std::uint64_t pending = counted.count(Stage_::reserved) + counted.count(Stage_::returned);
  expect("pending", report->pending, pending);
  const std::uint64_t met = counted.records.size() - counted.count(Stage_::unread);
  expect("records", report->records, counted.ended() ? counted.audience_records() : met);
}

bool sent_as(const Recount::Record& record, Outcome outcome) {
  return record.stage == Stage_::over && record.outcome == outcome;
}

std::optional<campaign::OutcomeMap::Found> listed_as(const campaign::OutcomeMap& map,
                                                     const std::vector<std::uint64_t>& firsts,
                                                     std::uint64_t number) {
  const auto next = std::upper_bound(firsts.begin(), firsts.end(), number);
  const auto slice = static_cast<std::uint32_t>(next - firsts.begin() - 1);
  const std::uint64_t local = number - firsts[slice];
  return local < map.records(slice) ? map.at(local, slice) : std::nullopt;
}

// For each line the record that was not a duplicate of those with its token: the first, or, of
// records in different slices, whichever was judged first.
std::vector<const Recount::Record*> winners_of(const CampaignPlan& plan,
                                               const Recount::Campaign& counted) {
  std::map<DeviceIndex, const Recount::Record*> winner;
  for (std::size_t i = 0; i < plan.lines.size(); ++i) {
    const Recount::Record& record = counted.records[i];
    if (sent_as(record, Outcome::duplicate)) continue;
    winner.try_emplace(plan.lines[i].device, &record);
  }
  std::vector<const Recount::Record*> all;
  for (std::size_t i = 0; i < plan.lines.size(); ++i) {
    const auto found = winner.find(plan.lines[i].device);
    const bool none = plan.lines[i].kind == Kind::malformed || found == winner.end();
    all.push_back(none ? &counted.records[i] : found->second);
  }
  return all;
}

}  // namespace

void check_ledger(Stage& stage, const ledger::Accounts& accounts, bool exactly) {
  if (!stage.clock_is_right()) return;  // nothing goes out by what it holds (I37)
  const base::Day today = stage.calendar.day(stage.service_now() - 2 * stage.calendar.guard);
  for (DeviceIndex device = 0; device < stage.devices.size(); ++device) {
    const ledger::DeviceState state = accounts.devices.find(stage.devices.fingerprint(device));
    for (base::Day day = std::max(today, state.base); day <= today + 1; ++day) {
      const base::Day at = day - state.base;
      const auto index = static_cast<std::size_t>(at);
      const std::uint32_t total = at > 1 ? 0 : state.total[index];
      const std::uint32_t marketing = at > 1 ? 0 : state.marketing[index];
      const auto say = [&](std::string_view invariant, std::string_view what) {
        stage.violations.add(
            invariant,
            fmt::format("{} on {}: ledger {}, marketing {}; log {} and {}; service {} and {}: {}",
                        stage.devices.token(device), base::to_string(day), total, marketing,
                        stage.recount.total(device, day), stage.recount.marketing(device, day),
                        stage.account.total(device, day), stage.account.marketing(device, day),
                        what));
      };
      if (total < stage.account.total(device, day) ||
          marketing < stage.account.marketing(device, day)) {
        say("I4", "more was sent than is charged");
      }
      if (total < stage.recount.total(device, day) ||
          marketing < stage.recount.marketing(device, day)) {
        say("I20", "the log has charges that the ledger has not");
      }
      if (exactly && (total != stage.recount.total(device, day) ||
                      marketing != stage.recount.marketing(device, day))) {
        say("I20", "the ledger has charges that the log has not");
      }
      const std::uint32_t most = stage.account.total(device, day) +
                                 stage.recount.in_doubt(device, day) +
                                 stage.recount.doubled(device, day);
      if (exactly && stage.recount.open().batches == 0 && total > most) {
        say("I5", "charged without a reason");
      }
    }
  }
}

void check_reports(Stage& stage, const std::vector<Known>& campaigns) {
  for (const Known& known : campaigns) check_report(stage, known);
}

void check_outcomes(Stage& stage, const Known& known) {
  const Recount::Campaign& counted = stage.recount.campaign(known.number);
  const auto& lines = known.plan->lines;
  if (counted.records.size() != lines.size() || counted.audience_records() != lines.size()) {
    return stage.violations.add("I10",
                                fmt::format("campaign {} has {} records, not {}", known.number,
                                            counted.records.size(), lines.size()));
  }
  const auto record = stored(stage, known.number);
  const auto map = campaign::OutcomeMap::read(stage.store, *record, true);
  const bool first_wins = counted.firsts.size() == 1;
  const auto winners = winners_of(*known.plan, counted);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Recount::Record& is = counted.records[i];
    const auto say = [&](std::string_view invariant, std::string_view what) {
      stage.violations.add(
          invariant,
          fmt::format("record {} of campaign {} ({}): {}{}", i, known.number,
                      is.stage == Stage_::over ? to_string(is.outcome) : "no outcome", what,
                      lines[i].device == kNoDevice ? std::string{}
                                                   : " " + stage.devices.token(lines[i].device)));
    };
    if (is.stage != Stage_::over) {
      say("I10", "is not over");
      continue;
    }
    const auto listed = map ? listed_as(*map, counted.firsts, i) : std::nullopt;
    if (!listed || listed->outcome != is.outcome) say("I14", "the listing says something else");
    ++stage.figures.outcomes[static_cast<std::size_t>(is.outcome)];
    if ((lines[i].kind == Kind::malformed) != (is.outcome == Outcome::malformed)) {
      say("I66", "malformed is what reads as none");
    }
    if (first_wins && (lines[i].kind == Kind::duplicate) != (is.outcome == Outcome::duplicate)) {
      say("I10", "a duplicate is what came before");
    }
    if (!first_wins && (is.outcome == Outcome::duplicate) != (winners[i] != &is)) {
      say("I10", "one of those that are equal is no duplicate");
    }
    if (is.outcome == Outcome::suppressed) say("I72", "nobody suppressed it");
    if (winners[i] != &is || lines[i].kind == Kind::malformed) continue;
    const Attempt& attempt = stage.account.attempt(known.number, lines[i].device);
    const std::uint32_t most = known.plan->options.at_least_once ? 2 : 1;
    if (is.outcome == Outcome::accepted && (attempt.accepts == 0 || attempt.accepts > most)) {
      say("I11", fmt::format("the service took it {} times", attempt.accepts));
    }
    if (is.outcome == Outcome::ambiguous && attempt.accepts > most) {
      say("I12", fmt::format("the service took it {} times", attempt.accepts));
    }
    if (is.outcome != Outcome::accepted && is.outcome != Outcome::ambiguous &&
        attempt.accepts > 0) {
      say("I11", "the service took it");
    }
    if (is.resends > 0 && !known.plan->options.at_least_once) say("I13", "it was sent again");
  }
}

void check_quotas_exactly(Stage& stage, const std::vector<Known>& campaigns,
                          const std::vector<base::Day>& days) {
  std::map<std::pair<DeviceIndex, base::Day>, std::pair<std::uint32_t, std::uint32_t>> had;
  const Limits& limits = stage.on.limits;
  for (std::size_t c = 0; c < campaigns.size(); ++c) {
    const auto& [plan, number] = campaigns[c];
    const Recount::Campaign& counted = stage.recount.campaign(number);
    if (counted.records.size() != plan->lines.size()) continue;  // said already
    const auto winners = winners_of(*plan, counted);
    for (std::size_t i = 0; i < plan->lines.size(); ++i) {
      if (plan->lines[i].kind != Kind::first) continue;
      auto& [marketing, total] = had[{plan->lines[i].device, days[c]}];
      const bool over_marketing = plan->options.marketing && marketing >= limits.marketing;
      const bool over = over_marketing || total >= limits.total;
      const Recount::Record& record = *winners[i];
      const bool right =
          over ? sent_as(record, Outcome::over_quota) &&
                     record.reason == (over_marketing ? Reason::marketing : Reason::total)
               : sent_as(record, Outcome::accepted);
      if (!right) {
        stage.violations.add(
            "I17",
            fmt::format("{} in campaign {}: {}, though it had had {} marketing and {} in all",
                        stage.devices.token(plan->lines[i].device), number,
                        to_string(record.outcome), marketing, total));
      }
      if (over) continue;
      ++total;
      if (plan->options.marketing) ++marketing;
    }
  }
  for (const auto& [key, counts] : had) {
    const auto& [device, day] = key;
    if (stage.recount.total(device, day) == counts.second &&
        stage.account.total(device, day) == counts.second &&
        stage.recount.marketing(device, day) == counts.first) {
      continue;
    }
    stage.violations.add(
        "I5", fmt::format("{}: {} were due, {} are charged, the service took {}",
                          stage.devices.token(device), counts.second,
                          stage.recount.total(device, day), stage.account.total(device, day)));
  }
}

// I2, and the quotas of cards and live views.
void check_surfaces(Stage& stage) {
  const test::SurfaceAccount& account = stage.service.surfaces();
  const auto look = [&](std::string_view what, std::uint32_t had, std::uint32_t limit) {
    if (had > limit) stage.violations.add("I2", fmt::format("{} had {} of {}", what, had, limit));
  };
  look("a card", account.card_most(), kFormsPerDay);
  look("a live view in 5 minutes", account.live_view_most(ledger::kShortWindow),
       kWindows.five_minutes);
  look("a live view in an hour", account.live_view_most(ledger::kLongWindow), kWindows.hour);
  look("a project's test messages", account.tests_most(), ledger::kTestTokensPerDay);
}

void check_refusals(Stage& stage, const std::vector<Known>& campaigns) {
  const Limits& limits = stage.on.limits;
  for (const auto& [plan, number] : campaigns) {
    const Recount::Campaign& counted = stage.recount.campaign(number);
    if (counted.records.size() != plan->lines.size()) continue;
    for (std::size_t i = 0; i < plan->lines.size(); ++i) {
      if (!sent_as(counted.records[i], Outcome::over_quota)) continue;
      const DeviceIndex device = plan->lines[i].device;
      const bool of_device = counted.records[i].reason == Reason::marketing ||
                             counted.records[i].reason == Reason::total;
      if (!of_device) continue;  // of a card, a live view, or the project
      bool spent = false;
      for (base::Day day = stage.calendar.day(stage.executor.wall()) - 2;
           day <= stage.calendar.day(stage.executor.wall()) + 1; ++day) {
        spent |= counted.records[i].reason == Reason::marketing
                     ? stage.recount.marketing(device, day) >= limits.marketing
                     : stage.recount.total(device, day) >= limits.total;
      }
      if (!spent) {
        stage.violations.add("I17", fmt::format("{} was refused in campaign {} with quota left",
                                                stage.devices.token(device), number));
      }
    }
  }
}

}  // namespace herald::simulation
