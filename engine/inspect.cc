#include "herald/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>

#include "engine/audience_opening.h"
#include "engine/base/clock.h"
#include "engine/campaign/fold.h"
#include "engine/campaign/outcome_map.h"
#include "engine/campaign/recovery.h"
#include "engine/campaign/surface_counts.h"
#include "engine/ledger/accounts.h"
#include "engine/ledger/fingerprint.h"
#include "engine/message/template.h"
#include "engine/reading.h"

namespace herald {
namespace {

struct Opened {
  std::unique_ptr<store::Store> store;
  store::CampaignRecord record;
};

Result<Opened> open_campaign(const Config& config, std::string_view campaign) {
  auto store = open_store_for_reading(config);
  if (!store) return store.error();
  auto record = store::find_campaign(**store, campaign);
  if (!record) return record.error();
  if (!*record) {
    return Error{Errc::not_found,
                 fmt::format("campaign {} is not in {}: see the campaign's id in its "
                             "job, and data_dir in {}",
                             campaign, config.data_dir.string(), config.file.string())};
  }
  return Opened{std::move(*store), std::move(**record)};
}

// What records of the campaign were sent; empty where the job is of a version that wrote others.
std::optional<message::Template> template_of(const store::CampaignRecord& record,
                                             const Config& config) {
  const auto job = Job::parse(record.job, record.id, config.rules);
  if (!job) return std::nullopt;
  auto body = message::Template::make(*job, config.rules);
  if (!body) return std::nullopt;
  return std::move(*body);
}

}  // namespace

Result<Report> read_report(const Config& config, std::string_view campaign) {
  auto opened = open_campaign(config, campaign);
  if (!opened) return opened.error();
  // The lock is ours, so no process is running it.
  return campaign::fold_campaign(*opened->store, opened->record, true);
}

Result<void> read_outcomes(const Config& config, std::string_view campaign, bool all,
                           OutcomeSink& sink) {
  auto opened = open_campaign(config, campaign);
  if (!opened) return opened.error();
  auto map = campaign::OutcomeMap::read(*opened->store, opened->record);
  if (!map) return map.error();
  auto opened_audience = reopen_audience(config, opened->record);
  if (!opened_audience) return opened_audience.error();
  audience::RecordReader& reader = **opened_audience;
  const auto body = template_of(opened->record, config);
  std::vector<OutcomeRecord> told;
  std::deque<std::string> details;  // of the block at hand
  for (std::uint64_t number = 0; number < map->records();) {
    auto block = reader.next();
    if (!block) return block.error();
    if (block->records.empty()) break;
    told.clear();
    details.clear();
    for (std::size_t i = 0; i < block->records.size(); ++i) {
      const audience::Record& record = block->records[i];
      if (number == map->records()) break;
      const auto found = map->at(number++);
      if (!found || (!all && found->outcome == Outcome::accepted)) continue;
      told.push_back({number, {record.data, record.size}, found->outcome, found->reason});
      if (found->outcome != Outcome::malformed || record.malformed != Reason::none) continue;
      if (!body || block->fields.empty()) continue;
      told.back().detail = details.emplace_back(body->why(block->fields[i]));
    }
    if (!told.empty()) sink.on_outcomes(told);
  }
  const std::uint64_t digest = opened->record.audience_digest;
  if (digest != 0 && opened->record.state == CampaignState::finished) {
    // To the end, so that the digest is of all of it.
    for (;;) {
      auto rest = reader.next();
      if (!rest) return rest.error();
      if (rest->records.empty()) break;
    }
    if (reader.digest().value() != digest) {
      return Error{Errc::audience,
                   fmt::format("{}: its content has changed since campaign {} read it: "
                               "the tokens listed are not those that were sent to",
                               opened->record.audience, campaign)};
    }
  }
  return {};
}

Result<void> read_ledger(const Config& config, const std::filesystem::path& tokens,
                         const std::function<void(const LedgerLine&)>& line) {
  auto store = open_store_for_reading(config);
  if (!store) return store.error();
  const base::Calendar calendar = base::calendar_of(config.ledger);
  const base::WallTime now = base::SystemClock{}.wall();
  ledger::Accounts accounts;
  const auto rebuilt = campaign::rebuild_ledger(**store, accounts, calendar, now);
  if (!rebuilt) return rebuilt.error();

  std::unordered_map<ledger::Fingerprint, std::string> names;
  if (!tokens.empty()) {
    auto opened = audience::open_reader({tokens});
    if (!opened) return opened.error();
    std::vector<ledger::Fingerprinter> fingerprinters;
    for (const AppConfig& app : config.apps) {
      fingerprinters.emplace_back((*store)->meta().fingerprint_seed, "", app.name);
    }
    for (;;) {
      auto block = opened->reader->next();
      if (!block) return block.error();
      if (block->records.empty()) break;
      for (const audience::Record& record : block->records) {
        if (record.malformed != Reason::none) continue;
        const std::string_view token{record.data, record.size};
        for (const auto& fingerprint : fingerprinters) {
          const auto known = fingerprint(token);
          if (accounts.devices.find(known) != ledger::DeviceState{}) names.emplace(known, token);
        }
      }
    }
  }
  const base::Day first = calendar.day(now - calendar.guard);
  const auto name_of = [&](ledger::Fingerprint fingerprint) {
    const auto name = names.find(fingerprint);
    return name == names.end() ? std::string_view{} : std::string_view{name->second};
  };
  accounts.devices.for_each([&](ledger::Fingerprint fingerprint,
                                const ledger::DeviceState& device) {
    const std::string_view token = name_of(fingerprint);
    for (base::Day i = 0; i < 2; ++i) {
      const base::Day day = device.base + i;
      if (day < first) continue;
      const auto at = static_cast<std::size_t>(i);
      if (device.marketing[at] > 0) {
        line({base::to_string(day), fingerprint, token, "marketing", "-", device.marketing[at]});
      }
      if (device.total[at] > 0) {
        line({base::to_string(day), fingerprint, token, "total", "-", device.total[at]});
      }
    }
  });
  const auto surfaces = campaign::SurfaceCounts::read(**store, first);
  if (!surfaces) return surfaces.error();
  for (const auto& [key, count] : surfaces->counts()) {
    line({base::to_string(key.day), key.token, name_of(key.token),
          key.kind == base::Surface::Kind::card ? "form" : "live_view", std::to_string(key.id),
          count});
  }
  accounts.tests.for_each([&](const std::string&, base::Day day, std::uint32_t count) {
    if (day >= first) line({base::to_string(day), 0, "-", "test", "-", count});
  });
  return {};
}

}  // namespace herald
