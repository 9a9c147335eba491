#include "engine/campaign/fold.h"

#include <fmt/format.h>

#include <algorithm>

namespace herald::campaign {

void CampaignFold::count(Outcome outcome, Reason reason, std::int64_t more, std::string_view text) {
  if (more == 0) return;
  so_far_.outcomes[static_cast<std::size_t>(outcome)] += static_cast<std::uint64_t>(more);
  if (reason == Reason::none) return;
  const bool spelled = reason == Reason::other && !text.empty();
  const auto counted =
      so_far_.reasons
          .try_emplace(fmt::format("{}.{}", to_string(outcome), spelled ? text : to_string(reason)))
          .first;
  counted->second += static_cast<std::uint64_t>(more);
  if (counted->second == 0) so_far_.reasons.erase(counted);
}

void CampaignFold::on_reservation(const store::ReservationHead& head,
                                  std::span<const store::ReservedToken> tokens,
                                  std::span<const store::DroppedRecord> drops) {
  if (head.campaign != campaign_) return;
  if (head.resends != Reason::none) {
    count(Outcome::ambiguous, head.resends, -static_cast<std::int64_t>(tokens.size()));
  } else if (head.again) {
    returned_ -= tokens.size() + drops.size();
  } else {
    so_far_.records += tokens.size() + drops.size();
  }
  for (const store::DroppedRecord& drop : drops) count(drop.outcome, drop.reason, 1);
  if (head.batch == 0) return;
  open_[head.batch] = {static_cast<std::uint32_t>(tokens.size()), head.resends};
  open_tokens_ += tokens.size();
}

void CampaignFold::on_settle(const store::Settle& settle) {
  if (settle.campaign != campaign_) return;
  const auto found = open_.find(settle.batch);
  if (found == open_.end()) return;
  const auto [tokens, resends] = found->second;
  open_tokens_ -= tokens;
  open_.erase(found);
  if (settle.reason != Reason::process_died) {
    ++answered_;
    last_ms_ = std::max(last_ms_, settle.time_ms);
  }
  if (settle.how != store::Settled::answered) {
    if (resends != Reason::none) return count(Outcome::ambiguous, resends, tokens);
    returned_ += tokens;
    return;
  }
  for (const store::Exception& exception : settle.exceptions) {
    count(exception.outcome, exception.reason, 1, settle.reason_text);
  }
  count(settle.outcome, settle.reason,
        tokens - static_cast<std::int64_t>(settle.exceptions.size()));
}

void CampaignFold::on_audience_end(store::CampaignNumber campaign, std::uint32_t,
                                   std::uint64_t records) {
  if (campaign == campaign_) audience_records_ = audience_records_.value_or(0) + records;
}

void CampaignFold::on_resumed(store::CampaignNumber campaign) {
  if (campaign != campaign_) return;
  so_far_.records -= returned_;
  returned_ = 0;
  audience_records_.reset();
}

Report CampaignFold::report(const store::CampaignRecord& record, bool abandoned) const {
  CampaignFold last = *this;
  if (abandoned) {
    last.count(Outcome::ambiguous, Reason::process_died, static_cast<std::int64_t>(open_tokens_));
    last.open_tokens_ = 0;
  }
  Report report = last.so_far_;
  report.campaign = record.id;
  // Told apart from what was counted, so that a record without an outcome shows.
  report.records = last.audience_records_.value_or(report.records);
  report.state =
      abandoned && record.state == CampaignState::running ? CampaignState::paused : record.state;
  report.pause_reason = record.pause_reason;
  report.pending = last.open_tokens_ + returned_;
  report.requests = record.requests;
  report.body_bytes = record.body_bytes;
  report.rate_limited = record.rate_limited;
  report.synced = record.synced;
  std::int64_t elapsed_ms = record.elapsed_ms;
  // A process that died could not say: what the groups know of it.
  report.requests.sent = std::max(report.requests.sent, answered_);
  if (elapsed_ms == 0 && last_ms_ != 0) {
    elapsed_ms = std::max<std::int64_t>(last_ms_ - record.created_ms, 1);
  }
  report.seconds = static_cast<double>(elapsed_ms) / 1000;
  if (elapsed_ms > 0) {
    report.devices_per_second =
        report.count(Outcome::accepted) * 1000 / static_cast<std::uint64_t>(elapsed_ms);
  }
  return report;
}

Result<Report> fold_campaign(store::Store& store, const store::CampaignRecord& record,
                             bool abandoned) {
  CampaignFold fold{record.number};
  const auto replayed = store.replay(
      record.created_day,
      [&](std::uint64_t, std::string_view group) { return store::read_group(group, fold); });
  if (!replayed) return replayed.error();
  Report report = fold.report(record, abandoned);
  if (report.records == 0 && report.requests.sent > 0) {
    return Error{
        Errc::not_found,
        fmt::format("campaign {} is older than ledger.retention: what it came to is no longer "
                    "in the store",
                    record.id)};
  }
  if (auto checked = check_totals(report); !checked) return checked.error();
  return report;
}

}  // namespace herald::campaign
