#include "engine/campaign/outcome_map.h"

#include <algorithm>

namespace herald::campaign {

Result<OutcomeMap> OutcomeMap::read(store::Store& store, const store::CampaignRecord& record,
                                    bool abandoned) {
  OutcomeMap map{record.number};
  const auto replayed = store.replay(
      record.created_day,
      [&](std::uint64_t, std::string_view group) { return store::read_group(group, map); });
  if (!replayed) return replayed.error();
  for (const auto& [batch, records] : map.open_) {
    for (const std::uint64_t at : records) {
      if (abandoned) {
        map.set(at, Outcome::ambiguous, Reason::process_died);
      } else {
        map.found_[at] = kPending;  // whatever it was before a second attempt
      }
    }
  }
  map.open_.clear();
  if (record.state == CampaignState::cancelled) {
    for (std::uint64_t at = 0; at < map.records(); ++at) {
      if (map.found_[at] == kReturned) map.set(at, Outcome::cancelled, Reason::none);
    }
  }
  return map;
}

std::optional<OutcomeMap::Found> OutcomeMap::at(std::uint64_t index) const {
  const std::uint16_t packed = found_[index] & ~kResent;
  if (packed == kPending || packed == kReturned) return std::nullopt;
  return Found{static_cast<Outcome>(packed >> 8), static_cast<Reason>(packed & 0xff)};
}

void OutcomeMap::set(std::uint64_t record, Outcome outcome, Reason reason) {
  if (record >= found_.size()) found_.resize(record + 1, kPending);
  found_[record] =
      static_cast<std::uint16_t>((found_[record] & kResent) | static_cast<unsigned>(outcome) << 8 |
                                 static_cast<unsigned>(reason));
}

void OutcomeMap::on_reservation(const store::ReservationHead& head,
                                std::span<const store::ReservedToken> tokens,
                                std::span<const store::DroppedRecord> drops) {
  if (head.campaign != campaign_) return;
  const std::uint64_t end = head.first_record + head.records;
  if (end > found_.size()) found_.resize(end, kPending);
  for (const store::DroppedRecord& drop : drops) {
    set(head.first_record + drop.record, drop.outcome, drop.reason);
  }
  if (head.batch == 0) return;
  std::vector<std::uint64_t>& records = open_[head.batch];
  records.reserve(tokens.size());
  for (const store::ReservedToken& token : tokens) {
    records.push_back(head.first_record + token.record);
    if (head.resends != Reason::none) {
      found_[records.back()] |= kResent;  // until it is settled it stays what it was
    } else {
      found_[records.back()] = kPending;
    }
  }
}

void OutcomeMap::on_resumed(store::CampaignNumber campaign) {
  if (campaign != campaign_) return;
  std::replace(found_.begin(), found_.end(), kReturned, kPending);
}

void OutcomeMap::on_audience_mark(store::CampaignNumber campaign, std::uint32_t slice,
                                  const store::AudienceMark& mark) {
  if (campaign == campaign_ && slice == 0 && mark.records > mark_.records) mark_ = mark;
}

void OutcomeMap::on_settle(const store::Settle& settle) {
  const auto found = open_.find(settle.batch);
  if (settle.campaign != campaign_ || found == open_.end()) return;
  if (settle.how == store::Settled::answered) {
    for (const std::uint64_t record : found->second) set(record, settle.outcome, settle.reason);
    for (const store::Exception& exception : settle.exceptions) {
      if (exception.index >= found->second.size()) continue;
      set(found->second[exception.index], exception.outcome, exception.reason);
    }
  } else {
    for (const std::uint64_t record : found->second) {
      const bool first_attempt = found_[record] == kPending;
      found_[record] = first_attempt ? kReturned : found_[record] & ~kResent;
    }
  }
  open_.erase(found);
}

}  // namespace herald::campaign
