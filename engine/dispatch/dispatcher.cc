#include "engine/dispatch/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "engine/base/mutant.h"
#include "engine/dispatch/fate.h"

namespace herald::dispatch {
namespace {

constexpr std::chrono::seconds kUnreachableMax{
    60};  // before the first success; then until it expires

constexpr std::chrono::seconds kLookAround{1};  // idle connections, expiry

}  // namespace

Dispatcher::Dispatcher(const Seams& seams, AppSettings app)
    : on_(seams),
      app_(std::move(app)),
      pacer_(app_.rate, on_.clock.boot()),
      retry_budget_(on_.clock.boot()),
      days_(on_.days),
      clock_check_(on_.clock, on_.days, app_.calendar),
      settler_(on_.accounts, app_.calendar.lateness + app_.calendar.guard),
      connections_(*this, {on_.executor, on_.streams, on_.random}, on_.others, on_.clock,
                   app_.timing, app_.connections_max),
      timer_(on_.executor) {}

Dispatcher::~Dispatcher() {
  assert(failure_ || campaigns_.empty());
  if (!failure_) return;
  connections_.close(*failure_);
  discard_formed();
}

void Dispatcher::start(std::shared_ptr<CampaignRun> campaign) {
  if (failure_) {
    campaigns_.push_back(std::move(campaign));
    return fail(*campaigns_.back());
  }
  campaign->started = on_.clock.boot();
  if (campaign->rate != 0 && campaign->rate < app_.rate) {
    campaign->pacer.emplace(campaign->rate, campaign->started);
  }
  if (campaign->resumed) {
    group_.resumed(campaign->record.number, days_.day(on_.clock.wall()));
    campaign->last_group = group_number_;
  }
  campaigns_.push_back(std::move(campaign));
  schedule();
}

void Dispatcher::wake() { schedule(); }

void Dispatcher::schedule() {
  // Acquire and release: the turn that clears the flag sees what was formed before this call.
  if (scheduled_.exchange(true, std::memory_order_acq_rel)) return;
  on_.executor.post([this, alive = std::weak_ptr{alive_}] {
    if (!alive.expired()) turn();
  });
}

void Dispatcher::turn() {
  scheduled_.exchange(false, std::memory_order_acq_rel);
  connections_.collect();
  if (failure_) return discard_formed();
  const base::BootTime now = on_.clock.boot();
  wake_at_ = base::BootTime::max();
  // In this order: what ended makes room, what is reserved goes first, then more is reserved.
  const auto campaigns = campaigns_;
  for (const auto& campaign : campaigns) {
    advance(*campaign, now);
    if (failure_) return;
  }
  const ClockCheck::Verdict clock = check_clock(now);
  if (clock == ClockCheck::Verdict::go) take_due_retries(now);
  // What has expired by a clock that is in doubt may not have.
  if (clock != ClockCheck::Verdict::in_doubt) expire_ready(on_.clock.wall());
  if (clock == ClockCheck::Verdict::go) send_ready();
  grant(now, clock);
  commit();
  check_endpoint(now);
  connections_.close_idle();
  sleep(now);
}

void Dispatcher::sleep(base::BootTime now) {
  if (failure_ || campaigns_.empty()) return timer_.cancel();
  wake_at(now + kLookAround);
  // Setting a timer is a system call: one that goes off too early costs less than one each turn.
  if (timer_.armed() && timer_at_ <= wake_at_) return;
  timer_at_ = wake_at_;
  timer_.arm(timer_at_, [this] { schedule(); });
}

void Dispatcher::take_due_retries(base::BootTime now) {
  while (const Retries::Waiting* next = retries_.next()) {
    if (next->due > now) return wake_at(next->due);
    if (ready_tokens_ > kReadyLow) return;  // sending one turns the wheel again
    const std::uint32_t devices = next->batch->size();
    if (!has_credit(devices, now)) return;
    // What only this one waits for must not hold up those behind it.
    Retries::Waiting due = retries_.take();
    CampaignRun& campaign = of(*due.batch);
    if (campaign.pacer && !campaign.pacer->has(devices, now)) {
      due.due = campaign.pacer->when(devices);
      retries_.add(due);
      continue;
    }
    if (due.budgeted && !retry_budget_.take(now)) {
      due.due = now + std::chrono::seconds{1};
      retries_.add(due);
      continue;
    }
    if (campaign.pacer) campaign.pacer->take(devices);
    pacer_.take(devices);
    make_ready(*due.batch);
  }
}

void Dispatcher::make_ready(Batch& batch) {
  ready_.push_back(&batch);
  ready_tokens_ += counts_as(batch);
}

void Dispatcher::send_ready() {
  while (!ready_.empty()) {
    if (!connections_.can_take(ready_tokens_ > batch::kTokensMax)) {
      connections_.want();
      break;
    }
    Batch& batch = *ready_.front();
    ready_.pop_front();
    ready_tokens_ -= counts_as(batch);
    CampaignRun& campaign = of(batch);
    if (still_fits(campaign, batch, on_.clock.wall())) submit(campaign, batch);
  }
  connections_.flush();
}

// What waits for a connection may expire before there is one.
void Dispatcher::expire_ready(base::WallTime now) {
  const auto expired = [now](const Batch* batch) {
    return of(*batch).expires && now >= *of(*batch).expires;
  };
  if (std::none_of(ready_.begin(), ready_.end(), expired)) return;
  std::deque<Batch*> ready;
  ready.swap(ready_);
  ready_tokens_ = 0;
  for (Batch* batch : ready) {
    if (!expired(batch)) {
      make_ready(*batch);
      continue;
    }
    Ruling unsent = row_ruling(Row::not_sent);
    unsent.charge = Charge::release;
    unsent.next = Next::settle;
    unsent.outcome = Outcome::expired;
    settle(of(*batch), *batch, unsent, Answer{});
  }
}

// A reserved batch may go only on the days it was charged for (I6).
bool Dispatcher::still_fits(CampaignRun& campaign, Batch& batch, base::WallTime now) {
  if (batch.days.covers(days_.days(now))) return true;
  to_lane(campaign, batch, store::Settled::voided);
  return false;
}

void Dispatcher::submit(CampaignRun& campaign, Batch& batch) {
  // I3: no byte before its reservation is durable.
  assert(batch.sequence != 0 && batch.sequence <= on_.store.durable_sequence());
  const base::WallTime now = on_.clock.wall();
  const std::string_view authorization = on_.credentials.authorization(now);
  batch.generation = on_.credentials.generation();
  if (batch.attempts == 0) retry_budget_.on_first_attempt(on_.clock.boot());
  connections_.submit(
      transport::Request{
          .path = app_.path,
          .authority = app_.authority,
          .authorization = authorization,
          .push_type = campaign.push_type,
          .body = {batch.prefix.empty() ? campaign.prefix : batch.prefix, batch.wire(),
                   campaign.suffix},
      },
      &batch);
}

void Dispatcher::commit() {
  if (committing_ || group_.empty()) return;
  committing_ = true;
  granting_.swap(next_granting_);
  ++group_number_;
  if constexpr (base::mutant(base::Mutant::send_before_durable)) {
    for (Batch* batch : std::exchange(granting_, {})) {
      batch->sequence = 1;
      make_ready(*batch);
    }
  }
  const base::Day day = group_.day();
  on_.store.commit(group_.take(), day, on_.executor,
                   [this, alive = std::weak_ptr{alive_}](const Result<std::uint64_t>& sequence) {
                     if (alive.expired()) return;
                     if (sequence) {
                       on_durable(*sequence);
                     } else if (base::mutant(base::Mutant::ignore_sync_error)) {
                       on_durable(on_.store.durable_sequence());
                     } else {
                       on_store_failed(sequence.error());
                     }
                   });
}

void Dispatcher::on_durable(std::uint64_t sequence) {
  committing_ = false;
  ++durable_number_;
  for (Batch* batch : granting_) {
    CampaignRun& campaign = of(*batch);
    batch->sequence = sequence;
    settler_.count_drops(campaign, *batch);
    batch->clear_drops();
    if (batch->size() == 0) {
      end_batch(campaign, *batch);
    } else if (campaign.phase == CampaignRun::Phase::running) {
      make_ready(*batch);
    } else {
      to_lane(campaign, *batch, store::Settled::voided);
    }
  }
  granting_.clear();
  turn();
}

void Dispatcher::on_ended(void* tag, const transport::Ended& ended) {
  if (tag == &clock_check_) return on_probe_ended(ended);
  Batch& batch = *static_cast<Batch*>(tag);
  CampaignRun& campaign = of(batch);
  if (failure_) return end_batch(campaign, batch);  // in doubt for good: recovery lists it

  if (ended.how == transport::End::answered) clock_check_.on_answer(ended);
  static const Answer kNoAnswer;
  const Answer& answer = ended.how == transport::End::answered
                             ? answers_.read(ended.status, ended.body, ended.oversize, batch)
                             : kNoAnswer;
  const Ruling ruling = rule(ended.how, ended.may_have_left, answer);
  count(campaign, batch, ended, ruling);
  const bool may_go_on = campaign.phase == CampaignRun::Phase::running;
  switch (ruling.next) {
    case Next::settle:
      settle(campaign, batch, ruling, answer);
      break;
    case Next::to_lane:
      to_lane(campaign, batch, store::Settled::returned);
      break;
    case Next::renew:
      if (may_go_on) {
        renew_credentials(campaign, batch);
      } else {
        to_lane(campaign, batch, store::Settled::voided);
      }
      break;
    case Next::at_once:
    case Next::later:
    case Next::much_later:
      if (may_go_on) {
        send_again(campaign, batch, ruling);
      } else {
        to_lane(campaign, batch, store::Settled::voided);
      }
      break;
  }
  pause_if_ruled(campaign, ruling, answer);
}

// Another thread had no connection for it: it waits for one here, as before.
void Dispatcher::on_unsent(void* tag) {
  Batch& batch = *static_cast<Batch*>(tag);
  CampaignRun& campaign = of(batch);
  if (failure_) return end_batch(campaign, batch);
  if (campaign.phase != CampaignRun::Phase::running) {
    return to_lane(campaign, batch, store::Settled::voided);
  }
  ready_.push_front(&batch);
  ready_tokens_ += counts_as(batch);
}

void Dispatcher::check_endpoint(base::BootTime now) {
  const auto& trouble = connections_.trouble();
  std::string text = trouble ? trouble->error.what : clock_check_.doubt();
  if (text.empty() && now < note_until_) text = note_;
  if (!text.empty() || trouble_told_) tell_trouble(text);
  if (!trouble) return;
  const bool hopeless = trouble->error.code == Errc::tls;
  const auto campaigns = campaigns_;
  for (const auto& campaign : campaigns) {
    // Every campaign has its own attempt and its own minute.
    if (campaign->proven || trouble->last < campaign->started) continue;
    if (campaign->start_at && on_.clock.wall() < *campaign->start_at) continue;
    const base::BootTime until = std::max(trouble->since, campaign->started) + kUnreachableMax;
    if (hopeless) {
      pause(*campaign, fmt::format("{}; nothing was sent", trouble->error.what));
    } else if (now >= until) {
      pause(*campaign, fmt::format("{}, for {} s: see that endpoint.url is right and reachable",
                                   trouble->error.what, kUnreachableMax.count()));
    } else {
      wake_at(until);
    }
  }
}

void Dispatcher::tell_trouble(const std::string& trouble) {
  trouble_told_ = !trouble.empty();
  for (const auto& campaign : campaigns_) {
    const std::lock_guard lock{campaign->mutex};
    campaign->trouble = trouble;
  }
}

}  // namespace herald::dispatch
