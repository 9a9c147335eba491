#include "engine/campaign/fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/mutant.h"

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
  found_ = true;
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
  const bool twice = base::mutant(base::Mutant::counted_twice);
  const auto excepted = twice ? 0 : static_cast<std::int64_t>(settle.exceptions.size());
  count(settle.outcome, settle.reason, tokens - excepted);
}

void CampaignFold::on_audience_end(store::CampaignNumber campaign, std::uint32_t slice,
                                   std::uint64_t records) {
  if (campaign == campaign_) slice_records_[slice] += records;
}

void CampaignFold::on_resumed(store::CampaignNumber campaign) {
  if (campaign != campaign_) return;
  so_far_.records -= returned_;
  returned_ = 0;
  slice_records_.clear();
}

Report CampaignFold::report(const store::CampaignRecord& record, bool abandoned) const {
  CampaignFold last = *this;
  if (record.totals) {
    last = CampaignFold{campaign_};  // what groups are left of it is not all there was
    last.so_far_.records = record.totals->records;
    last.so_far_.outcomes = record.totals->outcomes;
    last.so_far_.reasons = record.totals->reasons;
    last.returned_ = record.totals->pending;
  }
  if (abandoned) {
    last.count(Outcome::ambiguous, Reason::process_died, static_cast<std::int64_t>(open_tokens_));
    last.open_tokens_ = 0;
  }
  if (record.state == CampaignState::cancelled) {
    last.count(Outcome::cancelled, Reason::none, static_cast<std::int64_t>(last.returned_));
    last.returned_ = 0;
  }
  Report report = last.so_far_;
  report.campaign = record.id;
  // Told apart from what was counted, so that a record without an outcome shows.
  if (last.slice_records_.size() == record.slices()) {
    report.records = 0;
    for (const auto& [slice, records] : last.slice_records_) report.records += records;
  }
  report.state =
      abandoned && record.state == CampaignState::running ? CampaignState::paused : record.state;
  report.pause_reason = record.pause_reason;
  report.pending = last.open_tokens_ + last.returned_;
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

CampaignFolds::CampaignFolds(std::span<const store::CampaignRecord> campaigns) {
  for (const store::CampaignRecord& record : campaigns) add(record.number);
}

const CampaignFold* CampaignFolds::find(store::CampaignNumber campaign) const {
  const auto found = folds_.find(campaign);
  return found == folds_.end() ? nullptr : &found->second;
}

void CampaignFolds::on_reservation(const store::ReservationHead& head,
                                   std::span<const store::ReservedToken> tokens,
                                   std::span<const store::DroppedRecord> drops) {
  if (const auto fold = folds_.find(head.campaign); fold != folds_.end()) {
    fold->second.on_reservation(head, tokens, drops);
  }
}

void CampaignFolds::on_settle(const store::Settle& settle) {
  if (const auto fold = folds_.find(settle.campaign); fold != folds_.end()) {
    fold->second.on_settle(settle);
  }
}

void CampaignFolds::on_audience_end(store::CampaignNumber campaign, std::uint32_t slice,
                                    std::uint64_t records) {
  if (const auto fold = folds_.find(campaign); fold != folds_.end()) {
    fold->second.on_audience_end(campaign, slice, records);
  }
}

void CampaignFolds::on_resumed(store::CampaignNumber campaign) {
  if (const auto fold = folds_.find(campaign); fold != folds_.end()) {
    fold->second.on_resumed(campaign);
  }
}

Result<void> sum_up(store::Store& store, std::vector<store::CampaignRecord>& campaigns) {
  if (campaigns.empty()) return {};
  base::Day first = campaigns.front().created_day;
  for (const auto& record : campaigns) first = std::min(first, record.created_day);
  CampaignFolds folds{campaigns};
  const auto replayed = store.replay(first, [&](std::uint64_t, std::string_view group) {
    return store::read_group(group, folds);
  });
  if (!replayed) return replayed;
  for (store::CampaignRecord& record : campaigns) {
    Report report = folds.find(record.number)->report(record, true);
    // What groups know of requests and time goes with them, too.
    record.requests = report.requests;
    if (record.elapsed_ms == 0) record.elapsed_ms = std::llround(report.seconds * 1000);
    record.totals =
        store::Totals{report.records, report.pending, report.outcomes, std::move(report.reasons)};
  }
  return {};
}

Result<std::vector<Folded>> fold_campaigns(store::Store& store,
                                           std::span<const store::CampaignRecord> records,
                                           bool abandoned) {
  if (records.empty()) return std::vector<Folded>{};
  base::Day from = std::numeric_limits<base::Day>::max();
  for (const store::CampaignRecord& record : records) {
    if (!record.totals) from = std::min(from, record.created_day);
  }
  CampaignFolds folds{records};
  const auto replayed = store.replay(
      from, [&](std::uint64_t, std::string_view group) { return store::read_group(group, folds); });
  if (!replayed) return replayed.error();
  std::vector<Folded> all;
  for (const store::CampaignRecord& record : records) {
    const CampaignFold& fold = *folds.find(record.number);
    Report report = fold.report(record, abandoned);
    if (auto checked = check_totals(report); !checked) return checked.error();
    const bool forgotten = !record.totals && !fold.found() && report.requests.sent > 0;
    all.push_back({std::move(report), forgotten});
  }
  return all;
}

Result<Report> fold_campaign(store::Store& store, const store::CampaignRecord& record,
                             bool abandoned) {
  auto reports = fold_campaigns(store, {&record, 1}, abandoned);
  if (!reports) return reports.error();
  if (reports->front().forgotten) {
    return Error{
        Errc::not_found,
        fmt::format("campaign {} is older than ledger.retention, and an earlier version dropped "
                    "its days: what it came to is no longer in the store",
                    record.id)};
  }
  return std::move(reports->front().report);
}

}  // namespace herald::campaign
