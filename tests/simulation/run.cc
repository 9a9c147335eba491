#include "tests/simulation/run.h"

#include <gtest/gtest-spi.h>

#include <algorithm>
#include <cmath>

#include "engine/campaign/recovery.h"

namespace herald::simulation {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Run::Run(const Scenario& scenario, const RunOptions& options)
    : on_(scenario), options_(options), stage_(scenario, options.prints), disturbances_(stage_) {
  for (const CampaignPlan& plan : scenario.campaigns) slots_.push_back({&plan});
  stage_.store.at_writes([this] { on_write(); });
  stage_.service.at_body([this](const test::Arrival& arrival) {
    stage_.reservations.on_request(arrival);
    check_memory();
  });
}

RunResult Run::go() {
  // What the doubles of tests/support find wrong.
  testing::TestPartResultArray found;
  {
    const testing::ScopedFakeTestPartResultReporter reporter{
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &found};
    plan_ahead();
    start_process();
    while (step()) {
    }
    check_all();
    if (process_ != nullptr) process_->kill();
    process_.reset();
  }
  for (int i = 0; i < found.size(); ++i) {
    if (found.GetTestPartResult(i).failed()) {
      stage_.violations.add("I3", found.GetTestPartResult(i).message());
    }
  }
  stage_.figures.steps = stage_.executor.steps();
  stage_.figures.requests = stage_.service.requests();
  return {stage_.violations.all(), stage_.trace.hash(), stage_.figures};
}

void Run::plan_ahead() {
  base::BootTime at = stage_.executor.boot();
  if (on_.in_turn) {
    stage_.executor.run_at(at, [this] { want(slots_[0]); });
  } else {
    for (Slot& slot : slots_)
      stage_.executor.run_at(at + slot.plan->at, [this, &slot] { want(slot); });
  }
  if (on_.operator_pauses) pause_later();
  if (on_.store_fails) {
    stage_.executor.run_at(at + up_to(on_.faults_last), [this] {
      if (!faults_ || process_ == nullptr) return;
      stage_.store.fail_from_commit(stage_.store.commits() + 1 + stage_.random.next() % 5);
      ++stage_.figures.hits["store-fails"];
    });
  }
  stage_.executor.run_at(at + on_.faults_last, [this] { end_faults(); });
}

// --- campaigns ---

void Run::want(Slot& slot) {
  slot.wanted = true;
  if (process_ != nullptr) begin(slot);
}

void Run::begin(Slot& slot) {
  stage_.trace.say("{} begins", slot.plan->options.id);
  // It counts once it is stored, which it may be although whoever asked was never told.
  const auto record = process_->create(slot.plan->options);
  if (!record) {
    attention_ = true;  // as a store that fails shows
    return fail();
  }
  slot.day = stage_.calendar.day(stage_.executor.wall());
  slot.number = record->number;
  stage_.account.expect(record->number, slot.plan->options.marketing,
                        slot.plan->options.at_least_once);
  stage_.recount.expect(record->number, test::first_records(slot.plan->options));
  test::CampaignOptions options = slot.plan->options;
  if (slot.plan->expires) options.expires_in = *slot.plan->expires - stage_.executor.wall();
  launched(slot, process_->start(*record, options));
}

void Run::launched(Slot& slot, test::Sent& sent) {
  slot.sent = &sent;
  sent.run->on_stopped = [this] { attention_ = true; };
  if (sent.stopped()) attention_ = true;
}

void Run::go_on(Slot& slot) {
  if (process_ == nullptr || slot.sent != nullptr || slot.finished) return;
  const auto records = stage_.store.campaigns();
  const auto record = std::find_if(records->begin(), records->end(),
                                   [&](const auto& each) { return each.number == *slot.number; });
  stage_.trace.say("{} goes on", slot.plan->options.id);
  test::CampaignOptions options = slot.plan->options;
  if (slot.plan->expires) options.expires_in = *slot.plan->expires - stage_.executor.wall();
  const auto resumed = process_->resume(*record, options);
  if (!resumed) {
    if (resumed.error().code != Errc::disk) stage_.violations.add("resume", resumed.error().what);
    return fail();
  }
  launched(slot, **resumed);
}

void Run::look_at_campaigns() {
  attention_ = false;
  for (Slot& slot : slots_) {
    if (slot.sent == nullptr || !slot.sent->stopped()) continue;
    if (slot.sent->run->failure) return fail();
    const test::Sent& sent = *std::exchange(slot.sent, nullptr);
    stage_.trace.say("{} is {} {}", slot.plan->options.id, to_string(sent.state()), sent.reason());
    if (sent.state() == CampaignState::finished) {
      slot.finished = true;
      if (!on_.in_turn || &slot == &slots_.back()) continue;
      Slot& next = *(&slot + 1);
      stage_.executor.run_at(stage_.executor.boot() + seconds{1} + next.plan->at,
                             [this, &next] { want(next); });
      continue;
    }
    if (sent.state() != CampaignState::paused) {
      stage_.violations.add("state", std::string{to_string(sent.state())} + " " + sent.reason());
    }
    // The process began with a clock that was a day ahead: only another one knows what was sent.
    if (process_->days.charges_are_missing()) return crash();
    ++stage_.figures.hits["resumed"];
    const Duration wait = faults_ ? up_to(seconds{10}) : Duration{};
    stage_.executor.run_at(stage_.executor.boot() + wait, [this, &slot] { go_on(slot); });
  }
}

void Run::pause_later() {
  stage_.executor.run_at(stage_.executor.boot() + seconds{1} + up_to(seconds{20}), [this] {
    if (!faults_) return;
    Slot& slot = slots_[stage_.random.next() % slots_.size()];
    if (process_ != nullptr && slot.sent != nullptr && !slot.sent->stopped()) {
      ++stage_.figures.hits["operator-pauses"];
      process_->pause(*slot.sent, "by the operator");
    }
    pause_later();
  });
}

// --- the loop ---

bool Run::step() {
  bool happened = false;
  try {
    happened = stage_.executor.run_until(
        [this] {
          return attention_ || (kill_at_step_ && stage_.executor.steps() >= *kill_at_step_) ||
                 finished() || !stage_.violations.empty();
        },
        hours{2});
  } catch (const Killed&) {
    crash();
    return true;
  }
  if (!stage_.violations.empty()) return false;
  if (!happened) {
    stage_.violations.add("I60", "after the faults the campaigns do not end");
    return false;
  }
  if (kill_at_step_ && stage_.executor.steps() >= *kill_at_step_) {
    kill_at_step_.reset();
    if (process_ != nullptr) crash();
    return true;
  }
  if (attention_) {
    look_at_campaigns();
    return true;
  }
  return false;
}

bool Run::finished() const {
  return std::all_of(slots_.begin(), slots_.end(),
                     [](const Slot& slot) { return slot.finished; }) &&
         stage_.service_now() > on_.midnight + seconds{10};
}

void Run::end_faults() {
  if (!faults_) return;
  faults_ = false;
  stage_.trace.say("the faults end");
  disturbances_.end();
  kill_at_write_.reset();
  if (!options_.kill_at_step) kill_at_step_.reset();
  stage_.store.set_latency(milliseconds{1});
  if (process_ == nullptr) restart_later();
  for (Slot& slot : slots_) {
    if (slot.number && slot.sent == nullptr) {
      stage_.executor.post([this, &slot] { go_on(slot); });
    }
  }
  if (on_.in_turn) return;
  stage_.executor.run_at(stage_.executor.boot() + work_left(), [this] {
    if (!finished()) stage_.violations.add("I60", "after the faults the campaigns do not end");
  });
}

// I60: remaining work over rate (by a slow wire, its), and a minute; one more for what waits for a
// minute by Table P.
Duration Run::work_left() const {
  double left = 0;
  Duration begins{};
  for (const CampaignPlan& plan : on_.campaigns) {
    const double rate =
        plan.options.rate == 0 ? on_.process.rate : std::min(plan.options.rate, on_.process.rate);
    left += static_cast<double>(plan.lines.size()) / rate;
    // One request after the other is as slow as the way there and back.
    const double requests = 3.0 * plan.lines.size() / plan.options.batch + plan.options.slices;
    const double trips = 2 + 40.0 * plan.options.batch / on_.service.wire.socket_bytes;
    left += requests * trips * std::chrono::duration<double>(on_.service.wire.latency * 2).count() /
            on_.process.connections_max;
    begins = std::max(begins, plan.at - on_.faults_last);
  }
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(left)) + begins +
         (on_.clock_jumps ? minutes{4} : minutes{2});  // a doubtful clock is looked at each minute
}

// --- life and death ---

void Run::start_process() {
  stage_.trace.say("a process starts");
  process_ = std::make_unique<test::Process>(stage_, on_.process);
  stage_.store.repair();
  arm();
  bool lives = false;
  try {
    lives = recover();
  } catch (const Killed&) {
    ++stage_.figures.crashes_in_recovery;
    stage_.store.commit_at_once(false);
    return crash();
  }
  stage_.store.commit_at_once(false);
  if (!lives) return fail();
  recovered_ = true;
  check_recovered();
  find_campaigns();
}

bool Run::recover() {
  if (!process_->rebuilt) {
    stage_.violations.add("I20", process_->rebuilt.error().what);
    return false;
  }
  stage_.store.commit_at_once(true);
  return campaign::settle_unanswered(stage_.store, process_->rebuilt->unanswered,
                                     stage_.executor.wall())
      .has_value();
}

// What the store knows is what there is.
void Run::find_campaigns() {
  const auto records = stage_.store.campaigns();
  for (Slot& slot : slots_) {
    const auto found = std::find_if(records->begin(), records->end(), [&](const auto& record) {
      return record.id == slot.plan->options.id;
    });
    if (found == records->end()) {
      if (slot.wanted)
        stage_.executor.post([this, &slot] {
          if (process_ != nullptr && !slot.number) begin(slot);
        });
      continue;
    }
    if (!slot.number) {
      slot.number = found->number;
      stage_.account.expect(found->number, slot.plan->options.marketing,
                            slot.plan->options.at_least_once);
      stage_.recount.expect(found->number, test::first_records(slot.plan->options));
    }
    if (slot.finished && found->state != CampaignState::finished) {
      stage_.violations.add("I10", slot.plan->options.id + " was finished and is no more");
    }
    slot.finished = found->state == CampaignState::finished;
    if (!slot.finished) {
      ++stage_.figures.hits["resumed-after-death"];
      stage_.executor.post([this, &slot] { go_on(slot); });
    }
  }
}

void Run::end_process(std::size_t groups_kept) {
  process_->kill();
  process_.reset();
  kill_at_write_.reset();
  kill_at_step_.reset();
  attention_ = false;
  for (Slot& slot : slots_) slot.sent = nullptr;
  stage_.store.crash(groups_kept);
  if (std::exchange(recovered_, false)) {  // else they are those of the process before
    const Recount::Open open = stage_.recount.open();
    stage_.figures.batches_in_doubt += open.batches;
    stage_.figures.batches_in_doubt_most =
        std::max(stage_.figures.batches_in_doubt_most, open.batches);
    if (open.batches > 0) ++stage_.figures.crashes_with_requests;
  }
  restart_later();
}

void Run::crash() {
  ++stage_.figures.crashes;
  const std::size_t unsynced = stage_.store.groups_unsynced();
  const std::size_t kept = unsynced == 0 ? 0 : stage_.random.next() % (unsynced + 1);
  stage_.trace.say("the process dies; {} of {} unsynced groups are on the disk", kept, unsynced);
  end_process(kept);
}

// The store failed: the process lets go of everything and ends (I27).
void Run::fail() {
  if (process_ == nullptr) return;
  const std::size_t unsynced = stage_.store.groups_unsynced();
  const std::size_t kept = unsynced == 0 ? 0 : stage_.random.next() % (unsynced + 1);
  stage_.trace.say("the disk fails; {} of {} unsynced groups are on it", kept, unsynced);
  ++stage_.figures.hits["store-failure-ends-the-process"];
  end_process(kept);
}

void Run::restart_later() {
  const std::uint64_t plan = ++restarts_planned_;
  const Duration wait = faults_ ? up_to(stage_.random.next() % 4 == 0 ? seconds{60} : seconds{3})
                                : Duration{seconds{1}};
  stage_.executor.run_at(stage_.executor.boot() + wait, [this, plan] {
    if (plan == restarts_planned_ && process_ == nullptr) start_process();
  });
}

// When this process is to die: after some steps, in the middle of a write, or while it recovers.
void Run::arm() {
  kill_at_write_.reset();
  kill_at_step_.reset();
  if (options_.kill_at_step && stage_.executor.steps() < *options_.kill_at_step) {
    kill_at_step_ = *options_.kill_at_step;
  }
  if (!on_.crashes || !faults_) return;
  const double steps = -std::log(1 - stage_.random.unit()) * on_.steps_between_crashes;
  const std::uint32_t way = stage_.random.next() % 8;
  if (way == 0) {
    kill_at_write_ = 1 + stage_.random.next() % 4;  // likely in the recovery
  } else if (way < 3) {
    kill_at_write_ = 1 + static_cast<std::uint32_t>(steps / 10);
  } else {
    kill_at_step_ = stage_.executor.steps() + 1 + static_cast<std::uint64_t>(steps);
  }
}

void Run::on_write() {
  if (!kill_at_write_ || process_ == nullptr) return;
  if (--*kill_at_write_ == 0) {
    ++stage_.figures.hits["killed-in-a-write"];
    throw Killed{};
  }
}

// --- what is checked ---

std::vector<Known> Run::known() const {
  std::vector<Known> all;
  for (const Slot& slot : slots_) {
    if (slot.number) all.push_back({slot.plan, *slot.number});
  }
  return all;
}

// I55: a batch takes a page at least.
void Run::check_memory() {
  if (process_ == nullptr) return;
  const std::size_t most = std::max<std::size_t>(2, on_.process.memory / 4096);
  if (process_->batches.in_use() > most) {
    stage_.violations.add("I55", fmt::format("{} batches are in use", process_->batches.in_use()));
  }
}

void Run::check_recovered() {
  if (stage_.recount.open().batches != 0) {
    stage_.violations.add("I22", "after the recovery batches are still unanswered");
  }
  check_ledger(stage_, process_->accounts, true);
  check_reports(stage_, known());
}

void Run::check_all() {
  for (const Slot& slot : slots_) stage_.figures.records += slot.plan->lines.size();
  if (!stage_.violations.empty()) return;
  stage_.executor.run_for(seconds{90});  // what the service still has to process
  // I36: what was charged on a later day than it was due, as our clock had been set back, is not
  // given back by the process that did it.
  if (!on_.clock_jumps) check_ledger(stage_, process_->accounts, !on_.wall_steps);
  check_reports(stage_, known());
  check_surfaces(stage_);
  for (const Known& campaign : known()) check_outcomes(stage_, campaign);
  const std::uint64_t by_death = stage_.recount.ambiguous_by_death();
  if (by_death != stage_.figures.batches_in_doubt) {
    stage_.violations.add("I12",
                          fmt::format("{} batches were unanswered when a process died, {} are "
                                      "ambiguous by that",
                                      stage_.figures.batches_in_doubt, by_death));
  }
  if (stage_.recount.ambiguous_batches() > disturbances_.ambiguous_most()) {
    stage_.violations.add(
        "I12", fmt::format("{} batches are ambiguous by {} faults that make so",
                           stage_.recount.ambiguous_batches(), disturbances_.ambiguous_most()));
  }
  // A process that starts now knows what this one knew.
  ledger::Accounts again;
  const auto rebuilt =
      campaign::rebuild_ledger(stage_.store, again, stage_.calendar, stage_.executor.wall());
  if (!rebuilt || !rebuilt->unanswered.empty())
    stage_.violations.add("I20", "the store has open batches");
  check_ledger(stage_, again, true);
  if (!on_.fault_free() || on_.operator_pauses || on_.store_fails) return;
  // What expired had been charged, and others were refused for it.
  const bool expires = std::any_of(on_.campaigns.begin(), on_.campaigns.end(),
                                   [](const CampaignPlan& plan) { return plan.expires; });
  if (!expires) check_refusals(stage_, known());
  if (!on_.in_turn) return;
  std::vector<base::Day> days;
  for (const Slot& slot : slots_) days.push_back(slot.day);
  check_quotas_exactly(stage_, known(), days);
}

}  // namespace herald::simulation
