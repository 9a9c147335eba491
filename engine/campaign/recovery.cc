#include "engine/campaign/recovery.h"

#include <algorithm>
#include <cassert>
#include <future>
#include <unordered_map>

#include "engine/base/executor.h"

namespace herald::campaign {
namespace {

class Rebuild final : public store::GroupVisitor {
 public:
  Rebuild(ledger::Ledger& ledger, base::Day from) : ledger_(ledger), from_(from) {}

  void on_reservation(const store::ReservationHead& head,
                      std::span<const store::ReservedToken> tokens,
                      std::span<const store::DroppedRecord>) override {
    if (head.batch == 0) return;
    Open& open = open_[head.batch];
    open = {
        head.campaign, head.days, head.marketing, static_cast<std::uint32_t>(tokens.size()), {}};
    if (head.days.last() < from_) return;  // that day is over
    for (const store::ReservedToken& token : tokens) open.fingerprints.push_back(token.fingerprint);
    ledger_.restore(open.fingerprints, head.days, head.marketing);
  }

  void on_settle(const store::Settle& settle) override {
    const auto found = open_.find(settle.batch);
    if (found == open_.end()) return;
    const Open& open = found->second;
    if (!open.fingerprints.empty()) release(open, settle);
    open_.erase(found);
  }

  void on_audience_end(store::CampaignNumber, std::uint32_t, std::uint64_t) override {}

  std::vector<Unanswered> unanswered() const {
    std::vector<Unanswered> all;
    for (const auto& [batch, open] : open_) {
      all.push_back({batch, open.campaign, open.tokens, open.days.last()});
    }
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.batch < b.batch; });
    return all;
  }

 private:
  struct Open {
    store::CampaignNumber campaign;
    base::DaySet days;
    bool marketing;
    std::uint32_t tokens;
    std::vector<ledger::Fingerprint> fingerprints;  // empty when its days are over
  };

  void release(const Open& open, const store::Settle& settle) {
    std::vector<ledger::Fingerprint> released;
    std::vector<bool> excepted(open.fingerprints.size(), false);
    for (const store::Exception& exception : settle.exceptions) {
      if (exception.index >= open.fingerprints.size()) continue;
      excepted[exception.index] = true;
      if (exception.released) released.push_back(open.fingerprints[exception.index]);
    }
    if (settle.released) {
      for (std::size_t i = 0; i < open.fingerprints.size(); ++i) {
        if (!excepted[i]) released.push_back(open.fingerprints[i]);
      }
    }
    ledger_.release(released, open.days, open.marketing);
  }

  ledger::Ledger& ledger_;
  const base::Day from_;
  // Reserved and not settled so far: what was in flight at some moment, so a few thousand at most.
  std::unordered_map<store::BatchId, Open> open_;
};

// The first day whose groups matter: charges still count, or a campaign is unfinished.
Result<base::Day> first_day(store::Store& store, base::Day today) {
  auto records = store.campaigns();
  if (!records) return records.error();
  base::Day first = today - 1;
  for (const store::CampaignRecord& record : *records) {
    const bool over =
        record.state == CampaignState::finished || record.state == CampaignState::cancelled;
    if (!over) first = std::min(first, record.created_day);
  }
  return first;
}

// Runs what the store posts on the store's own thread: nothing else runs yet.
class AtOnce final : public base::Executor {
 public:
  void post(Task task) override { task(); }
  TimerId run_at(base::BootTime, Task) override {
    assert(!"recovery sets no timer");
    return 0;
  }
  void cancel(TimerId) override {}
};

Result<void> commit_and_wait(store::Store& store, store::GroupWriter& group) {
  AtOnce executor;
  std::promise<Result<std::uint64_t>> durable;
  const base::Day day = group.day();
  store.commit(group.take(), day, executor,
               [&](Result<std::uint64_t> result) { durable.set_value(std::move(result)); });
  const Result<std::uint64_t> result = durable.get_future().get();
  if (!result) return result.error();
  return {};
}

}  // namespace

Result<std::vector<Unanswered>> rebuild_ledger(store::Store& store, ledger::Ledger& ledger,
                                               const base::Calendar& calendar, base::WallTime now) {
  // The service may still be in the day that is over for us.
  const base::Day open_day = calendar.day(now - calendar.guard);
  const auto from = first_day(store, open_day);
  if (!from) return from.error();
  Rebuild rebuild{ledger, open_day};
  const auto replayed = store.replay(*from, [&](std::uint64_t, std::string_view group) {
    return store::read_group(group, rebuild);
  });
  if (!replayed) return replayed.error();
  return rebuild.unanswered();
}

Result<void> settle_unanswered(store::Store& store, const std::vector<Unanswered>& unanswered,
                               const base::Calendar& calendar, base::WallTime now) {
  store::GroupWriter group;
  for (const Unanswered& batch : unanswered) {
    group.settle(
        store::Settle{
            .batch = batch.batch,
            .campaign = batch.campaign,
            .how = store::Settled::answered,
            .outcome = Outcome::ambiguous,
            .reason = Reason::process_died,
            .tokens = batch.tokens,
            .time_ms = now.time_since_epoch().count(),
        },
        std::max(batch.day, calendar.day(now)));
  }
  if (!group.empty()) {
    if (auto durable = commit_and_wait(store, group); !durable) return durable;
  }
  auto records = store.campaigns();
  if (!records) return records.error();
  for (store::CampaignRecord& record : *records) {
    if (record.state != CampaignState::running) continue;
    record.state = CampaignState::paused;
    record.pause_reason = "its process ended before the campaign did";
    if (auto stored = store.put_campaign(record); !stored) return stored;
  }
  return {};
}

}  // namespace herald::campaign
