#include "herald/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/audience/source.h"
#include "engine/audience_opening.h"
#include "engine/base/clock.h"
#include "engine/campaign/device_history.h"
#include "engine/campaign/recovery.h"
#include "engine/campaign/surface_counts.h"
#include "engine/ledger/accounts.h"
#include "engine/reading.h"

namespace herald {
namespace {

// Where the token is in a campaign's audience, and how many records there are in its slices; what
// was found before an error stands.
Result<void> find_records(const Config& config, const store::CampaignRecord& campaign,
                          std::string_view token, std::set<campaign::RecordKey>& found,
                          campaign::SliceRecords& slice_records) {
  const auto audience = reopen_audience(config, campaign);
  if (!audience) return audience.error();
  for (std::uint32_t slice = 0; slice < audience->slices(); ++slice) {
    const auto reader = audience->reader(slice);
    if (!reader) return reader.error();
    for (;;) {
      const std::uint64_t first = (*reader)->records();
      const auto block = (*reader)->next();
      if (!block) return block.error();
      if (block->records.empty()) break;
      for (std::size_t i = 0; i < block->records.size(); ++i) {
        const audience::Record& record = block->records[i];
        if (std::string_view{record.data, record.size} != token) continue;
        found.insert({campaign.number, first + i, slice});
      }
    }
    slice_records[{campaign.number, slice}] = (*reader)->records();
  }
  return {};
}

std::string surface_text(const base::Surface& surface) {
  return surface ? std::to_string(surface.id) : std::string{"-"};
}

void add_charges(DeviceAccount& account, const AppConfig& app, const LedgerConfig& ledger,
                 const ledger::DeviceState& device, const campaign::SurfaceCounts& surfaces,
                 base::Day from) {
  for (base::Day at = 0; at < 2; ++at) {
    const base::Day day = device.base + at;
    const auto i = static_cast<std::size_t>(at);
    if (day < from) continue;
    if (device.marketing[i] > 0) {
      account.charges.push_back(
          {base::to_string(day), "marketing", "-", device.marketing[i], app.marketing_per_day});
    }
    if (device.total[i] > 0) {
      account.charges.push_back(
          {base::to_string(day), "total", "-", device.total[i], ledger.device_daily_cap});
    }
  }
  for (const auto& [key, count] : surfaces.counts()) {
    if (key.token != account.fingerprint) continue;
    const bool card = key.kind == base::Surface::Kind::card;
    account.charges.push_back(
        {base::to_string(key.day), card ? "form" : "live_view", std::to_string(key.id), count,
         card ? std::optional<std::uint64_t>{app.form_per_day} : std::nullopt});
  }
}

void add_suppression(DeviceAccount& account, const ledger::DeviceState& device, base::Day today) {
  using ledger::Suppression;
  const bool for_ever = device.suppression == Suppression::token_gone;
  if (device.suppression == Suppression::none || (!for_ever && today >= device.until)) return;
  account.suppressed = for_ever                                      ? "token_gone"
                       : device.suppression == Suppression::inactive ? "inactive"
                                                                     : "notifications_off";
  if (!for_ever) account.suppressed_until = base::to_string(device.until);
}

std::string reason_of(const campaign::DeviceHistory::Event& event) {
  if (event.reason == Reason::none) return {};
  if (event.reason == Reason::other && !event.reason_text.empty()) return event.reason_text;
  return std::string{to_string(event.reason)};
}

}  // namespace

Result<std::vector<DeviceAccount>> Reading::explain(std::string_view token) const {
  const auto campaigns = store_.campaigns();
  if (!campaigns) return campaigns.error();
  const base::Calendar calendar = base::calendar_of(config_.ledger);
  const base::WallTime now = base::SystemClock{}.wall();
  const base::Day today = calendar.day(now - calendar.guard);
  ledger::Accounts accounts;
  if (const auto rebuilt = campaign::rebuild_ledger(store_, accounts, calendar, now); !rebuilt) {
    return rebuilt.error();
  }

  std::vector<DeviceAccount> found;
  std::vector<ledger::Fingerprint> fingerprints;
  for (const AppConfig& app : config_.apps) {
    const ledger::Fingerprinter fingerprinter{store_.meta().fingerprint_seed, "", app.name};
    DeviceAccount& account = found.emplace_back();
    account.app = app.name;
    account.fingerprint = fingerprinter(token);
    fingerprints.push_back(account.fingerprint);
  }
  const auto account_of = [&](const store::CampaignRecord& campaign) {
    return std::find_if(found.begin(), found.end(),
                        [&](const DeviceAccount& account) { return account.app == campaign.app; });
  };

  std::set<campaign::RecordKey> records;
  campaign::SliceRecords slice_records;
  for (const store::CampaignRecord& campaign : *campaigns) {
    const auto account = account_of(campaign);
    if (account == found.end()) continue;
    const auto read = find_records(config_, campaign, token, records, slice_records);
    if (!read) account->unread.push_back(fmt::format("{}: {}", campaign.id, read.error().what));
  }
  const auto history = campaign::DeviceHistory::read(
      store_, *campaigns, fingerprints, std::move(records), abandoned_, std::move(slice_records));
  if (!history) return history.error();
  const auto surfaces = campaign::SurfaceCounts::read(store_, today, fingerprints);
  if (!surfaces) return surfaces.error();

  for (std::size_t i = 0; i < found.size(); ++i) {
    const ledger::DeviceState device = accounts.devices.find(found[i].fingerprint);
    add_charges(found[i], config_.apps[i], config_.ledger, device, *surfaces, today);
    add_suppression(found[i], device, today);
  }
  for (const store::CampaignRecord& campaign : *campaigns) {
    const auto account = account_of(campaign);
    if (account == found.end()) continue;
    const auto& events = history->events();
    for (auto event = events.lower_bound({campaign.number});
         event != events.end() && event->first.campaign == campaign.number; ++event) {
      const auto number = history->number_of(event->first);
      account->outcomes.push_back(
          {campaign.id, number ? *number + 1 : 0, event->second.outcome, reason_of(event->second),
           surface_text(event->second.surface),
           std::chrono::system_clock::time_point{std::chrono::milliseconds{event->second.time_ms}},
           event->second.request_id});
    }
  }
  return found;
}

Result<std::vector<DeviceAccount>> explain(const Config& config, std::string_view token) {
  const auto store = open_store_for_reading(config);
  if (!store) return store.error();
  return Reading{**store, config, true}.explain(token);
}

}  // namespace herald
