// Which batches go next: credit, streams, days and quotas are looked at, then they are reserved.
#include <algorithm>
#include <span>
#include <vector>

#include "engine/dispatch/dispatcher.h"
#include "engine/dispatch/fate.h"

namespace herald::dispatch {

// Who is next to have a batch granted: campaigns in turn. The turn stays with it until it was.
CampaignRun* Dispatcher::next_campaign(base::WallTime now) {
  for (std::size_t i = 0; i < campaigns_.size(); ++i) {
    CampaignRun& campaign = *campaigns_[(campaign_turn_ + i) % campaigns_.size()];
    if (campaign.phase != CampaignRun::Phase::running || campaign.lane.empty()) continue;
    if (campaign.start_at && now < *campaign.start_at) {
      wake_at(on_.clock.boot() + (*campaign.start_at - now));
      continue;
    }
    // Until something was accepted, one batch shows whether anything will be.
    if (!campaign.proven && campaign.granted > 0) continue;
    if (surfaces_.has_any_of(*campaign.lane.front())) continue;  // its end turns the wheel
    const std::uint32_t devices = campaign.lane.front()->size();
    const bool expired = campaign.expires && now >= *campaign.expires;
    if (!expired && campaign.pacer && !campaign.pacer->has(devices, on_.clock.boot())) {
      wake_at(campaign.pacer->when(devices));
      continue;
    }
    campaign_turn_ = (campaign_turn_ + i) % campaigns_.size();
    return &campaign;
  }
  return nullptr;
}

// Grants what there is credit and a stream for; the reservations are in group_ afterwards.
void Dispatcher::grant(base::BootTime now, ClockCheck::Verdict clock) {
  if (clock == ClockCheck::Verdict::in_doubt) return;
  // A group is synced whole, so few large ones cost less than many small: while there is enough to
  // send, wait for more to grant.
  if (committing_ || ready_tokens_ > kReadyLow) return;
  std::uint32_t streams = connections_.free_streams();
  streams -= std::min(streams, static_cast<std::uint32_t>(ready_.size()));
  for (std::uint32_t granted = 0; granted < kGrantTokensMax;) {
    CampaignRun* campaign = next_campaign(on_.clock.wall());
    if (campaign == nullptr) return;
    const bool expired = campaign->expires && on_.clock.wall() >= *campaign->expires;
    if (clock != ClockCheck::Verdict::go && !expired) return;
    Batch& batch = *campaign->lane.front();
    prepare(*campaign, batch);
    if (batch.size() > 0) {
      if (streams == 0) return connections_.want();
      if (!has_credit(batch.size(), now)) return;
      if (campaign->pacer) campaign->pacer->take(batch.size());
      pacer_.take(batch.size());
      --streams;
    }
    granted += counts_as(batch);
    ++campaign_turn_;
    campaign->lane.pop_front();
    reserve(*campaign, batch);
  }
}

bool Dispatcher::has_credit(std::uint32_t devices, base::BootTime now) {
  if (pacer_.has(devices, now)) return true;
  wake_at(pacer_.when(devices));
  return false;
}

// Sees that a batch is charged for the days it would be processed on, and still wanted. It may have
// no entries afterwards.
void Dispatcher::prepare(CampaignRun& campaign, Batch& batch) {
  const base::WallTime now = on_.clock.wall();
  const bool expired = campaign.expires && now >= *campaign.expires;
  const base::DaySet days = days_.days(now);
  if (batch.size() == 0) return;
  if (!expired && batch.days == days) return drop_old(campaign, batch);

  if (batch.days != base::DaySet{}) settler_.release_charge(campaign, batch);
  if (expired) {
    fates_.assign(batch.size(), {false, Outcome::expired, Reason::none});
    batch.compact(fates_);
    batch.days = days;
  } else {
    charge_again(campaign, batch, days);
  }
  // What is not sent a second time stays what it was after the first.
  if (batch.resends != Reason::none) batch.clear_drops();
}

void Dispatcher::charge_again(CampaignRun& campaign, Batch& batch, base::DaySet days) {
  std::vector<ledger::Fingerprint> fingerprints;
  for (const batch::Entry& entry : batch.entries()) fingerprints.push_back(entry.fingerprint);
  std::vector<ledger::Verdict> verdicts(fingerprints.size());
  ledger::Charge charge = campaign.charge;
  charge.days = days;
  const std::span<const base::Surface> surface{&batch.surface, batch.surface ? 1u : 0u};
  on_.accounts.charge(fingerprints, surface, charge, campaign.scenario, on_.clock.wall(), verdicts);
  fates_.resize(verdicts.size());
  std::transform(verdicts.begin(), verdicts.end(), fates_.begin(), fate_of);
  batch.compact(fates_);
  batch.days = days;
}

// While it waited, its card or live view may have had a newer version.
void Dispatcher::drop_old(CampaignRun& campaign, Batch& batch) {
  if (batch.surface.version < 0) return;
  const ledger::Charged charged = charged_of(campaign, batch);
  std::vector<ledger::Fingerprint> old;
  fates_.assign(batch.size(), fate_of(ledger::Verdict::charged));
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    const ledger::Fingerprint token = batch.entries()[i].fingerprint;
    if (!on_.accounts.is_old(token, charged)) continue;
    fates_[i] = fate_of(ledger::Verdict::old_version);
    old.push_back(token);
  }
  if (old.empty()) return;
  on_.accounts.release(old, charged);
  batch.compact(fates_);
  if (batch.resends != Reason::none) batch.clear_drops();
}

void Dispatcher::reserve(CampaignRun& campaign, Batch& batch) {
  batch.id = batch.size() > 0 ? on_.store.new_batch_id() : 0;
  const base::WallTime now = on_.clock.wall();
  group_.reservation(
      store::ReservationHead{
          .campaign = campaign.record.number,
          .batch = batch.id,
          .slice = batch.slice,
          .marketing = batch.marketing,
          .test = batch.test,
          .surface = batch.surface,
          .days = batch.size() > 0 ? batch.days : days_.days(now),
          .time_ms = now.time_since_epoch().count(),
          .first_record = batch.first_record,
          .records = batch.records,
          .again = batch.again,
          .resends = batch.resends,
      },
      batch.entries(), batch.drops());
  if (batch.resends != Reason::none) {
    campaign.count(Outcome::ambiguous, -std::int64_t{batch.size()});
  } else if (batch.again) {
    campaign.given_back -= batch.size() + batch.drops().size();
  }
  if (std::uint64_t& marked = campaign.slices[batch.slice].marked; batch.mark_records > marked) {
    marked = batch.mark_records;
    group_.audience_mark(campaign.record.number, batch.slice,
                         {batch.mark_records, batch.mark_digest}, days_.day(now));
  }
  if (batch.last && !batch.again) {
    group_.audience_end(campaign.record.number, batch.slice, batch.first_record + batch.records,
                        days_.day(now));
  }
  surfaces_.add(batch);
  ++campaign.granted;
  campaign.last_group = group_number_;
  next_granting_.push_back(&batch);
}

}  // namespace herald::dispatch
