#include "engine/campaign/outcome_map.h"

namespace herald::campaign {

Result<OutcomeMap> OutcomeMap::read(store::Store& store, const store::CampaignRecord& record) {
  OutcomeMap map{record.number};
  const auto replayed = store.replay(
      record.created_day,
      [&](std::uint64_t, std::string_view group) { return store::read_group(group, map); });
  if (!replayed) return replayed.error();
  for (const auto& [batch, records] : map.open_) {
    for (const std::uint64_t at : records) map.set(at, Outcome::ambiguous, Reason::process_died);
  }
  map.open_.clear();
  return map;
}

std::optional<OutcomeMap::Found> OutcomeMap::at(std::uint64_t index) const {
  const std::uint16_t packed = found_[index] & ~kResent;
  if (packed == kPending) return std::nullopt;
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
    if (head.resends != Reason::none) found_[records.back()] |= kResent;
  }
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
  }
  open_.erase(found);
}

}  // namespace herald::campaign
