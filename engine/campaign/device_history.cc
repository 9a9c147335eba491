#include "engine/campaign/device_history.h"

#include <algorithm>

namespace herald::campaign {

Result<DeviceHistory> DeviceHistory::read(store::Store& store,
                                          std::span<const store::CampaignRecord> campaigns,
                                          std::vector<ledger::Fingerprint> device,
                                          std::set<RecordKey> records, bool abandoned,
                                          SliceRecords slice_records) {
  DeviceHistory history{std::move(device), std::move(records), std::move(slice_records)};
  if (campaigns.empty()) return history;
  base::Day from = campaigns.front().created_day;
  for (const store::CampaignRecord& campaign : campaigns) {
    from = std::min(from, campaign.created_day);
  }
  const auto replayed = store.replay(from, [&](std::uint64_t, std::string_view group) {
    return store::read_group(group, history);
  });
  if (!replayed) return replayed.error();
  if (abandoned) history.give_up_open();
  for (const store::CampaignRecord& campaign : campaigns) {
    if (campaign.state == CampaignState::cancelled) history.cancel(campaign.number);
  }
  return history;
}

void DeviceHistory::give_up_open() {
  for (const auto& [batch, tokens] : open_) {
    for (const Open& open : tokens) {
      events_[open.key].outcome = Outcome::ambiguous;
      events_[open.key].reason = Reason::process_died;
    }
  }
}

void DeviceHistory::cancel(store::CampaignNumber campaign) {
  for (auto event = events_.lower_bound({campaign});
       event != events_.end() && event->first.campaign == campaign; ++event) {
    if (event->second.returned) event->second.outcome = Outcome::cancelled;
  }
}

std::optional<std::uint64_t> DeviceHistory::number_of(const RecordKey& key) const {
  std::uint64_t number = key.record;
  for (std::uint32_t slice = 0; slice < key.slice; ++slice) {
    const auto before = slice_records_.find({key.campaign, slice});
    if (before == slice_records_.end()) return std::nullopt;
    number += before->second;
  }
  return number;
}

void DeviceHistory::on_reservation(const store::ReservationHead& head,
                                   std::span<const store::ReservedToken> tokens,
                                   std::span<const store::DroppedRecord> drops) {
  for (const store::DroppedRecord& drop : drops) {
    const RecordKey key{head.campaign, head.first_record + drop.record, head.slice};
    if (records_.count(key) == 0) continue;
    events_[key] = {drop.outcome, drop.reason, {}, head.time_ms, {}, head.surface, false};
  }
  for (std::uint32_t i = 0; i < tokens.size(); ++i) {
    if (std::find(device_.begin(), device_.end(), tokens[i].fingerprint) == device_.end()) continue;
    const RecordKey key{head.campaign, head.first_record + tokens[i].record, head.slice};
    Open& open = open_[head.batch].emplace_back(Open{i, key, {}});
    if (head.resends != Reason::none) open.before = events_[key];
    events_[key] = {std::nullopt, Reason::none, {}, head.time_ms, {}, head.surface, false};
  }
}

void DeviceHistory::on_settle(const store::Settle& settle) {
  const auto found = open_.find(settle.batch);
  if (found == open_.end()) return;
  for (const Open& open : found->second) {
    Event& event = events_[open.key];
    event.time_ms = settle.time_ms;
    event.returned = settle.how != store::Settled::answered;
    if (event.returned && open.before) event = *open.before;
    if (settle.how != store::Settled::answered) continue;  // pending again
    event.outcome = settle.outcome;
    event.reason = settle.reason;
    event.request_id = settle.request_id;
    for (const store::Exception& exception : settle.exceptions) {
      if (exception.index != open.index) continue;
      event.outcome = exception.outcome;
      event.reason = exception.reason;
    }
    if (event.reason == Reason::other) event.reason_text = settle.reason_text;
  }
  open_.erase(found);
}

// Records that were given back count as not read until they are met again.
void DeviceHistory::on_resumed(store::CampaignNumber campaign) {
  std::erase_if(events_, [&](const auto& event) {
    return event.first.campaign == campaign && event.second.returned;
  });
}

}  // namespace herald::campaign
