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

// What records of the campaign were sent; empty where the job is of a version that wrote others.
std::optional<message::Template> template_of(const store::CampaignRecord& record,
                                             const Config& config) {
  const auto job = Job::parse(record.job, record.id, config.rules);
  if (!job) return std::nullopt;
  auto body = message::Template::make(*job, config.rules);
  if (!body) return std::nullopt;
  return std::move(*body);
}

// How the records of a campaign ended, slice by slice, with the numbers they have in the audience.
class Listing {
 public:
  Listing(const campaign::OutcomeMap& map, bool all, const message::Template* body,
          OutcomeSink& sink)
      : map_(map), all_(all), body_(body), sink_(sink) {}

  // `to_end`: further than anything is known. Errors: audience.
  Result<void> tell(audience::RecordReader& reader, std::uint32_t slice, bool to_end) {
    while (to_end || reader.records() < map_.records(slice)) {
      const std::uint64_t number = reader.records();
      const auto block = reader.next();
      if (!block) return block.error();
      if (block->records.empty()) break;
      tell_block(*block, slice, number);
    }
    before_ += reader.records();
    return {};
  }

 private:
  void tell_block(const audience::Block& block, std::uint32_t slice, std::uint64_t number) {
    told_.clear();
    details_.clear();
    for (std::size_t i = 0; i < block.records.size(); ++i, ++number) {
      if (number >= map_.records(slice)) break;
      const auto ended = map_.at(number, slice);
      if (!ended || (!all_ && ended->outcome == Outcome::accepted)) continue;
      const audience::Record& record = block.records[i];
      told_.push_back(
          {before_ + number + 1, {record.data, record.size}, ended->outcome, ended->reason});
      if (ended->outcome != Outcome::malformed || record.malformed != Reason::none) continue;
      if (body_ == nullptr || block.fields.empty()) continue;
      told_.back().detail = details_.emplace_back(body_->why(block.fields[i]));
    }
    if (!told_.empty()) sink_.on_outcomes(told_);
  }

  const campaign::OutcomeMap& map_;
  const bool all_;
  const message::Template* const body_;  // null: what was sent cannot be rendered any more
  OutcomeSink& sink_;
  std::uint64_t before_ = 0;  // records of the slices that were told
  std::vector<OutcomeRecord> told_;
  std::deque<std::string> details_;  // of the block at hand
};

}  // namespace

Result<store::CampaignRecord> Reading::record(std::string_view campaign) const {
  auto record = store::find_campaign(store_, campaign);
  if (!record) return record.error();
  if (*record) return std::move(**record);
  return Error{Errc::not_found,
               fmt::format("campaign {} is not in {}: see the campaign's id in its "
                           "job, and data_dir in {}",
                           campaign, config_.data_dir.string(), config_.file.string())};
}

CampaignSummary summary_of(const store::CampaignRecord& record, const Report& report) {
  CampaignSummary summary;
  summary.id = record.id;
  summary.app = record.app;
  summary.created =
      std::chrono::system_clock::time_point{std::chrono::milliseconds{record.created_ms}};
  summary.state = report.state;
  summary.records = report.records;
  summary.accepted = report.count(Outcome::accepted);
  summary.pending = report.pending;
  summary.pause_reason = report.pause_reason;
  return summary;
}

Result<std::vector<CampaignSummary>> Reading::campaigns(std::span<const std::string> but) const {
  auto records = store_.campaigns();
  if (!records) return records.error();
  std::erase_if(*records, [&](const store::CampaignRecord& record) {
    return std::find(but.begin(), but.end(), record.id) != but.end();
  });
  const auto reports = campaign::fold_campaigns(store_, *records, abandoned_);
  if (!reports) return reports.error();
  std::vector<CampaignSummary> summaries;
  for (std::size_t i = 0; i < records->size(); ++i) {
    summaries.push_back(summary_of((*records)[i], (*reports)[i].report));
    summaries.back().forgotten = (*reports)[i].forgotten;
  }
  return summaries;
}

Result<Report> Reading::report(std::string_view campaign) const {
  // First the record: one that says it has stopped has all its groups in the store.
  const auto found = record(campaign);
  if (!found) return found.error();
  return campaign::fold_campaign(store_, *found, abandoned_);
}

Result<void> Reading::outcomes(std::string_view campaign, bool all, OutcomeSink& sink) const {
  const auto found = record(campaign);
  if (!found) return found.error();
  if (found->totals) {
    return Error{Errc::not_found,
                 fmt::format("campaign {} is older than ledger.retention: its totals are kept, see "
                             "`herald report {}`, but no longer how each record ended",
                             campaign, campaign)};
  }
  auto map = campaign::OutcomeMap::read(store_, *found, abandoned_);
  if (!map) return map.error();
  const auto audience = reopen_audience(config_, *found);
  if (!audience) return audience.error();
  // Only of a finished campaign is known what all of it contained.
  const std::uint64_t digest = found->state == CampaignState::finished ? found->audience_digest : 0;
  const auto body = template_of(*found, config_);
  Listing listing{*map, all, body ? &*body : nullptr, sink};
  std::vector<std::uint64_t> digests;
  for (std::uint32_t slice = 0; slice < audience->slices(); ++slice) {
    const bool needed = slice < map->slices() || digest != 0;
    if (!needed) break;
    const auto reader = audience->reader(slice);
    if (!reader) return reader.error();
    // To the end: for the digest, and as the numbers of the next slice follow this one's.
    const bool to_end = digest != 0 || slice + 1 < map->slices();
    if (const auto told = listing.tell(**reader, slice, to_end); !told) return told;
    digests.push_back((*reader)->digest().value());
  }
  if (digest == 0 || audience::digest_of_slices(digests) == digest) return {};
  return Error{Errc::audience, fmt::format("{}: its content has changed since campaign {} read it: "
                                           "the tokens listed are not those that were sent to",
                                           found->audience, campaign)};
}

Result<void> Reading::ledger(const std::filesystem::path& tokens,
                             const std::function<void(const LedgerLine&)>& line) const {
  const base::Calendar calendar = base::calendar_of(config_.ledger);
  const base::WallTime now = base::SystemClock{}.wall();
  ledger::Accounts accounts;
  const auto rebuilt = campaign::rebuild_ledger(store_, accounts, calendar, now);
  if (!rebuilt) return rebuilt.error();

  const base::Day first = calendar.day(now - calendar.guard);
  const auto surfaces = campaign::SurfaceCounts::read(store_, first);
  if (!surfaces) return surfaces.error();

  std::unordered_map<ledger::Fingerprint, std::string> names;
  if (!tokens.empty()) {
    auto opened = audience::open_reader({tokens});
    if (!opened) return opened.error();
    std::vector<ledger::Fingerprinter> fingerprinters;
    for (const AppConfig& app : config_.apps) {
      fingerprinters.emplace_back(store_.meta().fingerprint_seed, "", app.name);
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

// --- of a directory that no process owns ---

Result<std::vector<CampaignSummary>> read_campaigns(const Config& config) {
  const auto store = open_store_for_reading(config);
  if (!store) return store.error();
  return Reading{**store, config, true}.campaigns();
}

Result<Report> read_report(const Config& config, std::string_view campaign) {
  const auto store = open_store_for_reading(config);
  if (!store) return store.error();
  return Reading{**store, config, true}.report(campaign);
}

Result<void> read_outcomes(const Config& config, std::string_view campaign, bool all,
                           OutcomeSink& sink) {
  const auto store = open_store_for_reading(config);
  if (!store) return store.error();
  return Reading{**store, config, true}.outcomes(campaign, all, sink);
}

Result<void> read_ledger(const Config& config, const std::filesystem::path& tokens,
                         const std::function<void(const LedgerLine&)>& line) {
  const auto store = open_store_for_reading(config);
  if (!store) return store.error();
  return Reading{**store, config, true}.ledger(tokens, line);
}

}  // namespace herald
