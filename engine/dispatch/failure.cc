// What follows a write or a sync that failed: no byte more, no second try, and everybody is told.
// What is reserved and unanswered stays so, and the next start lists it as ambiguous (I27).
#include "engine/dispatch/dispatcher.h"

namespace herald::dispatch {

void Dispatcher::on_store_failed(const Error& error) {
  if (failure_) return;
  failure_ = error;
  timer_.cancel();
  connections_.abort({error.code, "the store failed: nothing more may be sent"});
  std::vector<Batch*> held;
  held.insert(held.end(), granting_.begin(), granting_.end());
  held.insert(held.end(), next_granting_.begin(), next_granting_.end());
  held.insert(held.end(), ready_.begin(), ready_.end());
  granting_.clear();
  next_granting_.clear();
  ready_.clear();
  while (!retries_.empty()) held.push_back(retries_.take().batch);
  for (Batch* batch : held) on_.batches.release(std::unique_ptr<Batch>{batch});
  for (const auto& campaign : campaigns_) fail(*campaign);
  discard_formed();
}

void Dispatcher::abandon() { on_store_failed({Errc::disk, "the process was killed"}); }

void Dispatcher::fail(CampaignRun& campaign) {
  campaign.end_ingest();
  {
    const std::lock_guard lock{campaign.mutex};
    campaign.failure = failure_;
    campaign.stopped = true;
    campaign.final_record = campaign.record;
    campaign.stopped_changed.notify_all();
  }
  if (campaign.on_stopped) campaign.on_stopped();
}

// Batches that were formed and not reserved; ingest may hand over some more until it has noticed.
void Dispatcher::discard_formed() {
  for (const auto& campaign : campaigns_) {
    for (Batch* batch = nullptr; campaign->formed.try_dequeue(batch);) {
      campaign->lane.push_back(batch);
    }
    for (Batch* batch : campaign->lane) on_.batches.release(std::unique_ptr<Batch>{batch});
    campaign->lane.clear();
  }
}

}  // namespace herald::dispatch
