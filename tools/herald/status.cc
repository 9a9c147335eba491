// Which campaigns there are, or how one gets on.
#include <algorithm>
#include <optional>

#include "herald/config.h"
#include "tools/herald/control_progress.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/output.h"
#include "tools/herald/remote_store.h"
#include "tools/herald/status_text.h"
#include "tools/herald/store_access.h"
#include "tools/herald/verbs.h"

namespace herald::cli {
namespace {

Result<void> add_stored(const Reading& reading, std::vector<CampaignStatus>& all) {
  std::vector<std::string> known;
  for (const CampaignStatus& status : all) known.push_back(status.campaign.id);
  const auto stored = reading.campaigns(known);
  if (!stored) return stored.error();
  for (const CampaignSummary& campaign : *stored) all.push_back(status_of(campaign));
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.campaign.created < b.campaign.created;
  });
  return {};
}

// Those that run are asked for themselves: what is in the store of them costs more to count.
Result<std::vector<CampaignStatus>> running(const ControlClient& owner) {
  const auto text = owner.get("/v1/campaigns");
  if (!text) return text.error();
  const auto progress = read_progress(*text);
  if (!progress) {
    return Error{Errc::unreachable,
                 "the control socket speaks another version: use the herald that runs"};
  }
  std::vector<CampaignStatus> all;
  for (const CampaignProgress& campaign : *progress) all.push_back(status_of(campaign));
  return all;
}

Result<void> add_one(const Reading& reading, const std::string& id,
                     std::vector<CampaignStatus>& all) {
  const auto record = reading.record(id);
  if (!record) return record.error();
  const auto report = reading.report(id);
  if (!report) return report.error();
  all.push_back(status_of(summary_of(*record, *report), *report));
  return {};
}

Result<std::vector<CampaignStatus>> collect(const Config& config, const std::string& id) {
  std::vector<CampaignStatus> all;
  const auto stored = [&](const Reading& reading) {
    return id.empty() ? add_stored(reading, all) : add_one(reading, id, all);
  };
  const auto done = alone_or_through_owner(
      config,
      [&]() -> Result<void> {
        all.clear();
        const auto store = open_store_for_reading(config);
        if (!store) return store.error();
        return stored(Reading{**store, config, true});
      },
      [&](ControlClient& owner) -> Result<void> {
        auto live = running(owner);
        if (!live) return live.error();
        all = std::move(*live);
        if (!id.empty()) {
          std::erase_if(all, [&](const auto& status) { return status.campaign.id != id; });
          if (!all.empty()) return {};
        }
        const auto store = RemoteStore::open(owner);
        if (!store) return store.error();
        return stored(Reading{**store, config, false});
      });
  if (!done) return done.error();
  return all;
}

}  // namespace

Result<int> status(const CommandLine& line) {
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  const auto all = collect(*config, line.subject);
  if (!all) return all.error();
  Output out = Output::standard();
  if (line.subject.empty()) {
    out.write(line.json ? status_json(*all) + '\n' : status_table(*all, config->ledger.utc_offset));
  } else {
    out.write(line.json ? status_json(all->front()) + '\n'
                        : status_text(all->front(), config->ledger.utc_offset));
  }
  if (const auto written = out.close(); !written) return written.error();
  return kFinished;
}

}  // namespace herald::cli
