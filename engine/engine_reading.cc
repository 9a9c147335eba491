// What a live engine says of its campaigns, and how those that run are found.
#include <fmt/format.h>

#include "engine/cancelling.h"
#include "engine/engine_impl.h"
#include "engine/engine_store.h"
#include "engine/reading.h"

namespace herald {
namespace {

bool has_stopped(dispatch::CampaignRun& run) {
  const std::lock_guard lock{run.mutex};
  return run.stopped;
}

}  // namespace

store::Store& EngineStore::of(const Engine& engine) { return *engine.impl_->store; }

// What is unanswered in the store is in flight: recovery has settled what others left.
Reading Engine::Impl::reading() const { return {*store, config, false}; }

Result<std::vector<CampaignSummary>> Engine::campaigns() const {
  return impl_->reading().campaigns();
}

Result<Report> Engine::report(std::string_view campaign) const {
  return impl_->reading().report(campaign);
}

Result<void> Engine::outcomes(std::string_view campaign, bool all, OutcomeSink& sink) const {
  return impl_->reading().outcomes(campaign, all, sink);
}

Result<void> Engine::ledger(const std::filesystem::path& tokens,
                            const std::function<void(const LedgerLine&)>& line) const {
  return impl_->reading().ledger(tokens, line);
}

Result<std::vector<DeviceAccount>> Engine::explain(std::string_view token) const {
  return impl_->reading().explain(token);
}

std::vector<CampaignProgress> Engine::running() const {
  std::vector<CampaignProgress> all;
  const std::lock_guard lock{impl_->mutex};
  for (const auto& each : impl_->campaigns) {
    if (has_stopped(*each->run)) continue;
    // The record's other members are the sender thread's.
    all.push_back({each->id, each->app, each->created, Campaign{each}.progress()});
  }
  return all;
}

std::shared_ptr<Campaign::Impl> Engine::Impl::find_running(std::string_view campaign) {
  for (const auto& each : campaigns) {
    if (each->id == campaign && !has_stopped(*each->run)) return each;
  }
  return nullptr;
}

Result<Campaign> Engine::running(std::string_view campaign) const {
  const std::lock_guard lock{impl_->mutex};
  if (auto found = impl_->find_running(campaign)) return Campaign{std::move(found)};
  const auto record = impl_->reading().record(campaign);
  if (!record) return record.error();
  return Error{Errc::usage, fmt::format("campaign {} is {}, not running: see `herald status {}`",
                                        campaign, to_string(record->state), campaign)};
}

Result<Report> Engine::cancel(std::string_view campaign) {
  {
    // It must not be resumed meanwhile.
    const std::lock_guard lock{impl_->mutex};
    auto record = impl_->stopped_campaign(campaign);
    if (!record) return record.error();
    if (const auto done = cancel_stopped(*impl_->store, std::move(*record)); !done) {
      return done.error();
    }
  }
  return report(campaign);
}

}  // namespace herald
