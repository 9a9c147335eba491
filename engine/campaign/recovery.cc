#include "engine/campaign/recovery.h"

#include <algorithm>
#include <cassert>
#include <future>
#include <string>
#include <unordered_map>

#include "engine/base/executor.h"
#include "engine/base/mutant.h"

namespace herald::campaign {
namespace {

// The projects that campaigns sent for: test messages are counted by them.
using Projects = std::unordered_map<store::CampaignNumber, std::string>;

class Rebuild final : public store::GroupVisitor {
 public:
  Rebuild(ledger::Accounts& accounts, const base::Calendar& calendar, base::Day open_day,
          const Projects& projects)
      : accounts_(accounts), calendar_(calendar), open_day_(open_day), projects_(projects) {}

  void on_reservation(const store::ReservationHead& head,
                      std::span<const store::ReservedToken> tokens,
                      std::span<const store::DroppedRecord>) override {
    reached_ = std::max(reached_, head.days.first);
    if (head.batch == 0) return;
    Open& open = open_[head.batch];
    open = {head.campaign,
            {head.days, head.marketing, head.test, head.surface, project_of(head.campaign)},
            static_cast<std::uint32_t>(tokens.size()),
            {}};
    if (is_over(head)) return;
    for (const store::ReservedToken& token : tokens) open.fingerprints.push_back(token.fingerprint);
    accounts_.restore(open.fingerprints, open.charged, open_day_);
  }

  void on_settle(const store::Settle& settle) override {
    const auto found = open_.find(settle.batch);
    if (found == open_.end()) return;
    if (!found->second.fingerprints.empty()) apply(found->second, settle);
    open_.erase(found);
  }

  void on_audience_end(store::CampaignNumber, std::uint32_t, std::uint64_t) override {}
  void on_resumed(store::CampaignNumber) override {}

  // Not the last day of those: near midnight both are charged, and the first goes on.
  base::Day reached() const { return reached_; }

  // What never was settled; nobody knows whether and when the service took it.
  std::vector<Unanswered> unanswered(base::WallTime now) {
    std::vector<Unanswered> all;
    for (const auto& [batch, open] : open_) {
      all.push_back({batch, open.campaign, open.tokens, open.charged.days.last()});
      accounts_.settle(open.fingerprints, open.charged, latest(now));
    }
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.batch < b.batch; });
    return all;
  }

 private:
  struct Open {
    store::CampaignNumber campaign;
    ledger::Charged charged;
    std::uint32_t tokens;
    std::vector<ledger::Fingerprint> fingerprints;  // empty when its days are over
  };

  // Whether nothing of it matters any more. A live view does not to anybody after 12 hours
  // (surfaces.cc), a card's version always does.
  bool is_over(const store::ReservationHead& head) const {
    using Kind = base::Surface::Kind;
    if (head.surface.kind == Kind::card) return false;
    return head.days.last() < open_day_ - (head.surface.kind == Kind::activity ? 1 : 0);
  }
  std::string_view project_of(store::CampaignNumber campaign) const {
    const auto found = projects_.find(campaign);
    return found == projects_.end() ? std::string_view{} : found->second;
  }
  base::WallTime latest(base::WallTime ended) const {
    return ended + calendar_.lateness + calendar_.guard;
  }

  void apply(const Open& open, const store::Settle& settle) {
    std::vector<ledger::Fingerprint> released;
    std::vector<ledger::Fingerprint> kept;
    std::vector<bool> excepted(open.fingerprints.size(), false);
    for (const store::Exception& exception : settle.exceptions) {
      if (exception.index >= open.fingerprints.size()) continue;
      excepted[exception.index] = true;
      (exception.released ? released : kept).push_back(open.fingerprints[exception.index]);
    }
    for (std::size_t i = 0; i < open.fingerprints.size(); ++i) {
      if (!excepted[i]) (settle.released ? released : kept).push_back(open.fingerprints[i]);
    }
    if constexpr (base::mutant(base::Mutant::restart_refunds_ambiguous)) {
      if (settle.outcome == Outcome::ambiguous) released.swap(kept);
    }
    accounts_.release(released, open.charged);
    const base::WallTime ended{std::chrono::milliseconds{settle.time_ms}};
    const bool in_doubt = settle.outcome == Outcome::ambiguous;
    accounts_.settle(kept, open.charged, in_doubt ? latest(ended) : ended);
  }

  ledger::Accounts& accounts_;
  const base::Calendar& calendar_;
  const base::Day open_day_;
  const Projects& projects_;
  base::Day reached_ = 0;
  // Reserved and not settled so far: what was in flight at some moment, so a few thousand at most.
  std::unordered_map<store::BatchId, Open> open_;
};

// The first day whose groups matter: charges or windows still count, a campaign is unfinished, or
// cards have versions, which never fall.
base::Day first_day(const std::vector<store::CampaignRecord>& records, base::Day today) {
  constexpr int kFormUpdate = 1;
  base::Day first = today - 1;
  for (const store::CampaignRecord& record : records) {
    const bool over =
        record.state == CampaignState::finished || record.state == CampaignState::cancelled;
    if (!over || record.push_type == kFormUpdate) first = std::min(first, record.created_day);
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

Result<Rebuilt> rebuild_ledger(store::Store& store, ledger::Accounts& accounts,
                               const base::Calendar& calendar, base::WallTime now) {
  const auto records = store.campaigns();
  if (!records) return records.error();
  Projects projects;
  for (const store::CampaignRecord& record : *records) projects[record.number] = record.project;
  const auto blocks = store.blocks(now.time_since_epoch().count());
  if (!blocks) return blocks.error();
  for (const store::Block& block : *blocks) {
    accounts.surfaces.block(block.surface, block.kind, block.reason,
                            base::WallTime{std::chrono::milliseconds{block.until_ms}});
  }
  // The service may still be in the day that is over for us.
  const base::Day open_day = calendar.day(now - calendar.guard);
  Rebuild rebuild{accounts, calendar, open_day, projects};
  const auto replayed = store.replay(
      first_day(*records, open_day),
      [&](std::uint64_t, std::string_view group) { return store::read_group(group, rebuild); });
  if (!replayed) return replayed.error();
  return Rebuilt{rebuild.unanswered(now), {rebuild.reached(), open_day}};
}

Result<void> settle_unanswered(store::Store& store, const std::vector<Unanswered>& unanswered,
                               base::WallTime now) {
  store::GroupWriter group;
  for (const Unanswered& batch : unanswered) {
    group.settle(
        store::Settle{
            .batch = batch.batch,
            .campaign = batch.campaign,
            .how = base::mutant(base::Mutant::death_means_unsent) ? store::Settled::voided
                                                                  : store::Settled::answered,
            .outcome = base::mutant(base::Mutant::death_means_taken) ? Outcome::accepted
                                                                     : Outcome::ambiguous,
            .reason = Reason::process_died,
            .released = base::mutant(base::Mutant::death_means_unsent),
            .tokens = batch.tokens,
            .time_ms = now.time_since_epoch().count(),
        },
        batch.day);  // not today: nobody has confirmed our clock yet
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
