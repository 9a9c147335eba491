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
  for (const auto& [batch, open] : map.open_) {
    for (const std::uint64_t at : open.records) {
      if (abandoned) {
        open.slice->set(at, Outcome::ambiguous, Reason::process_died);
      } else {
        open.slice->found[at] = kPending;  // whatever it was before a second attempt
      }
    }
  }
  map.open_.clear();
  if (record.state != CampaignState::cancelled) return map;
  for (auto& [number, slice] : map.slices_) {
    for (std::uint64_t at = 0; at < slice.found.size(); ++at) {
      if (slice.found[at] == kReturned) slice.set(at, Outcome::cancelled, Reason::none);
    }
  }
  return map;
}

const OutcomeMap::Slice& OutcomeMap::of(std::uint32_t slice) const {
  static const Slice kNothing;
  const auto found = slices_.find(slice);
  return found == slices_.end() ? kNothing : found->second;
}

std::optional<OutcomeMap::Found> OutcomeMap::at(std::uint64_t index, std::uint32_t slice) const {
  const std::uint16_t packed = of(slice).found[index] & ~kResent;
  if (packed == kPending || packed == kReturned) return std::nullopt;
  return Found{static_cast<Outcome>(packed >> 8), static_cast<Reason>(packed & 0xff)};
}

void OutcomeMap::Slice::set(std::uint64_t record, Outcome outcome, Reason reason) {
  if (record >= found.size()) found.resize(record + 1, kPending);
  found[record] =
      static_cast<std::uint16_t>((found[record] & kResent) | static_cast<unsigned>(outcome) << 8 |
                                 static_cast<unsigned>(reason));
}

void OutcomeMap::on_reservation(const store::ReservationHead& head,
                                std::span<const store::ReservedToken> tokens,
                                std::span<const store::DroppedRecord> drops) {
  if (head.campaign != campaign_) return;
  Slice& slice = slices_[head.slice];
  const std::uint64_t end = head.first_record + head.records;
  if (end > slice.found.size()) slice.found.resize(end, kPending);
  for (const store::DroppedRecord& drop : drops) {
    slice.set(head.first_record + drop.record, drop.outcome, drop.reason);
  }
  if (head.batch == 0) return;
  Open& open = open_[head.batch];
  open.slice = &slice;
  std::vector<std::uint64_t>& records = open.records;
  records.reserve(tokens.size());
  for (const store::ReservedToken& token : tokens) {
    records.push_back(head.first_record + token.record);
    if (head.resends != Reason::none) {
      slice.found[records.back()] |= kResent;  // until it is settled it stays what it was
    } else {
      slice.found[records.back()] = kPending;
    }
  }
}

void OutcomeMap::on_resumed(store::CampaignNumber campaign) {
  if (campaign != campaign_) return;
  for (auto& [number, slice] : slices_) {
    std::replace(slice.found.begin(), slice.found.end(), kReturned, kPending);
  }
}

void OutcomeMap::on_audience_mark(store::CampaignNumber campaign, std::uint32_t slice,
                                  const store::AudienceMark& mark) {
  if (campaign != campaign_) return;
  store::AudienceMark& furthest = slices_[slice].mark;
  if (mark.records > furthest.records) furthest = mark;
}

void OutcomeMap::on_settle(const store::Settle& settle) {
  const auto found = open_.find(settle.batch);
  if (settle.campaign != campaign_ || found == open_.end()) return;
  Slice& slice = *found->second.slice;
  const std::vector<std::uint64_t>& records = found->second.records;
  if (settle.how == store::Settled::answered) {
    for (const std::uint64_t at : records) slice.set(at, settle.outcome, settle.reason);
    for (const store::Exception& exception : settle.exceptions) {
      if (exception.index >= records.size()) continue;
      slice.set(records[exception.index], exception.outcome, exception.reason);
    }
  } else {
    for (const std::uint64_t at : records) {
      const bool first_attempt = slice.found[at] == kPending;
      slice.found[at] = first_attempt ? kReturned : slice.found[at] & ~kResent;
    }
  }
  open_.erase(found);
}

}  // namespace herald::campaign
