// What Table P says is next for a batch, and what that means for its campaign.
#include <fmt/format.h>

#include <cassert>

#include "engine/base/mutant.h"
#include "engine/dispatch/dispatcher.h"

namespace herald::dispatch {
namespace {

constexpr std::uint32_t kRefusedStreamsMax = 5;  // in a row, and no answer to anything: our fault
constexpr std::uint32_t kRefusedBatchMax = 20;  // in a row for one batch, whatever else is answered
constexpr std::uint32_t kUnreadableMax = 3;     // answers in a row
constexpr std::uint32_t kRefusedTokensMax = 100;  // in a row
constexpr std::chrono::seconds kMuchLater{60};

std::string said(const Answer& answer) {
  std::string text = fmt::format("the service answered {}", answer.status);
  if (answer.code != Code::none)
    text += fmt::format(", {}", static_cast<std::uint32_t>(answer.code));
  // The lists of refused tokens are no text for people, and no log may have tokens (I80).
  const bool has_tokens = answer.code == Code::partial || answer.code == Code::all_invalid;
  if (!answer.message.empty() && !has_tokens) text += fmt::format(" \"{}\"", answer.message);
  for (const Listed& listed : answer.listed) {
    if (listed.reason < Reason::noPushTypeRight) continue;
    return text + fmt::format(" with the reason {}", to_string(listed.reason));
  }
  return text;
}

}  // namespace

void Dispatcher::count(CampaignRun& campaign, Batch& batch, const transport::Ended& ended,
                       const Ruling& ruling) {
  store::CampaignRecord& record = campaign.record;
  const base::BootTime now = on_.clock.boot();
  if (ended.may_have_left || ended.how == transport::End::answered) {
    ++record.requests.sent;
    if (batch.attempts++ > 0) ++record.requests.retried;
  }
  if (!ruling.positive) ++record.requests.failed;
  if (ruling.row == Row::slow_down) {
    ++record.rate_limited;
    pacer_.on_slow_down(now);
  }
  if (ruling.row != Row::refused_stream) batch.refused_streams = 0;
  if (ended.how == transport::End::answered) ++campaign.answered;
  if (ruling.row == Row::unreadable) {
    ++campaign.unreadable;
  } else if (ended.how == transport::End::answered) {
    campaign.unreadable = 0;
  }
  if (ruling.row == Row::all_refused) campaign.refused_tokens += batch.size();
  if (ruling.positive) {
    pacer_.on_accepted(now);
    campaign.proven = true;
    campaign.refused_tokens = 0;
    if (batch.generation == renewed_generation_) renewed_generation_ = 0;
  }
}

void Dispatcher::settle(CampaignRun& campaign, Batch& batch, const Ruling& ruling,
                        const Answer& answer) {
  const base::WallTime now = on_.clock.wall();
  settler_.settle(campaign, batch, ruling, answer, now, days_.day(now), group_);
  campaign.last_group = group_number_;
  if constexpr (base::mutant(base::Mutant::refusal_suppresses_all)) {
    for (const batch::Entry& entry : batch.entries()) {
      if (ruling.row != Row::all_refused) break;
      on_.accounts.devices.suppress(entry.fingerprint, ledger::Suppression::token_gone, 0);
    }
  }
  const bool in_doubt = ruling.outcome == Outcome::ambiguous && batch.resends == Reason::none;
  if (in_doubt && campaign.at_least_once && campaign.phase == CampaignRun::Phase::running) {
    return resend(campaign, batch, ruling, answer);
  }
  end_batch(campaign, batch);
}

// At-least-once: what is ambiguous goes back to the lane as a second attempt, to be charged anew.
void Dispatcher::resend(CampaignRun& campaign, Batch& batch, const Ruling& ruling,
                        const Answer& answer) {
  surfaces_.remove(batch);
  --campaign.granted;
  if (ruling.list_decides && !answer.listed.empty()) {
    fates_.assign(batch.size(), {true, Outcome::ambiguous, Reason::none});
    for (const Listed& listed : answer.listed) fates_[listed.index].kept = false;
    batch.compact(fates_);
    batch.clear_drops();
  }
  batch.id = 0;
  batch.sequence = 0;
  batch.days = {};  // not charged: prepare() charges it
  batch.resends = ruling.reason;
  batch.last = false;  // that was said with the first attempt
  campaign.lane.push_front(&batch);
  schedule();
}

void Dispatcher::send_again(CampaignRun& campaign, Batch& batch, const Ruling& ruling) {
  const base::BootTime now = on_.clock.boot();
  if (ruling.row == Row::refused_stream) {
    if (batch.refused_streams++ == 0) batch.refused_since = campaign.answered;
    // While others are answered it is the accident of a GOAWAY, and may befall a batch repeatedly.
    const bool nobody_answered = batch.refused_since == campaign.answered;
    if (batch.refused_streams >= (nobody_answered ? kRefusedStreamsMax : kRefusedBatchMax)) {
      const std::uint32_t times = batch.refused_streams;
      to_lane(campaign, batch, store::Settled::voided);
      return pause(campaign,
                   fmt::format("the peer refused the same request {} times in a row (HTTP/2 "
                               "REFUSED_STREAM or GOAWAY): try again later",
                               times));
    }
  }
  base::BootTime due = now;
  if (batch.refused_streams > 1) {
    // Not the accident of a stream that crossed a SETTINGS or a GOAWAY: another connection, and
    // some time for whatever it is to pass.
    connections_.retire();
    due += backoff(batch.refused_streams - 2, on_.random);
  }
  if (ruling.next == Next::later) due += backoff(batch.waits++, on_.random);
  if (ruling.next == Next::much_later) due += kMuchLater;
  retries_.add({due, &batch, ruling.row == Row::slow_down});
}

// One renewal for a refused token; if the new one is refused too, it is not the token.
void Dispatcher::renew_credentials(CampaignRun& campaign, Batch& batch) {
  const bool current = batch.generation == on_.credentials.generation();
  if (current && batch.generation == renewed_generation_) {
    to_lane(campaign, batch, store::Settled::voided);
    const auto campaigns = campaigns_;  // they share the key
    for (const auto& each : campaigns) {
      pause(*each, fmt::format("the service refuses the credentials, a new token too: {}",
                               row_ruling(Row::not_authorised).way_out));
    }
    return;
  }
  if (current) {
    if (const auto renewed = on_.credentials.renew(on_.clock.wall()); !renewed) {
      to_lane(campaign, batch, store::Settled::voided);
      return pause(campaign, renewed.error().what);
    }
    renewed_generation_ = on_.credentials.generation();
  }
  retries_.add({on_.clock.boot(), &batch, false});
}

void Dispatcher::pause_if_ruled(CampaignRun& campaign, const Ruling& ruling, const Answer& answer) {
  const bool unreadable = campaign.unreadable >= kUnreadableMax;
  const bool all_refused = campaign.refused_tokens >= kRefusedTokensMax;
  if (!ruling.pauses && !unreadable && !all_refused) return;
  std::string reason = said(answer);
  if (unreadable)
    reason = fmt::format("{} answers in a row that cannot be read", campaign.unreadable);
  if (all_refused) {
    reason = fmt::format(
        "the service refused {} tokens in a row as invalid: see that the audience "
        "belongs to app \"{}\"",
        campaign.refused_tokens, app_.name);
  } else {
    reason += fmt::format(": {}", ruling.way_out);
  }
  if (answer.code != Code::penalty) return pause(campaign, reason);
  const auto campaigns = campaigns_;  // a penalty is the app's
  for (const auto& each : campaigns) pause(*each, reason);
}

// The reservation is given back: what is sent of it later needs a new one.
void Dispatcher::to_lane(CampaignRun& campaign, Batch& batch, store::Settled how) {
  if (batch.resends != Reason::none) {
    campaign.count(Outcome::ambiguous, batch.size());
  } else {
    campaign.given_back += batch.size();
  }
  const base::WallTime now = on_.clock.wall();
  settler_.give_back(campaign, batch, how, now, days_.day(now), group_);
  campaign.last_group = group_number_;
  surfaces_.remove(batch);
  --campaign.granted;
  batch.id = 0;
  batch.sequence = 0;
  batch.again = true;
  batch.days = {};  // not charged: prepare() charges it again
  campaign.lane.push_front(&batch);
}

void Dispatcher::end_batch(CampaignRun& campaign, Batch& batch) {
  surfaces_.remove(batch);
  --campaign.granted;
  on_.batches.release(std::unique_ptr<Batch>{&batch});
}

void Dispatcher::pause(CampaignRun& campaign, std::string reason) {
  if (campaign.phase != CampaignRun::Phase::running) return;
  campaign.phase = CampaignRun::Phase::stopping;
  campaign.pause_reason = std::move(reason);
  campaign.end_ingest();
  for (Batch* batch : retries_.take_all_of(&campaign)) {
    to_lane(campaign, *batch, store::Settled::voided);
  }
  std::deque<Batch*> ready;
  ready.swap(ready_);
  ready_tokens_ = 0;
  for (Batch* batch : ready) {
    if (batch->campaign == &campaign) {
      to_lane(campaign, *batch, store::Settled::voided);
    } else {
      make_ready(*batch);
    }
  }
  schedule();
}

void Dispatcher::cancel(CampaignRun& campaign) {
  if (campaign.phase == CampaignRun::Phase::stopped) return;
  campaign.cancelled = true;
  pause(campaign, "cancelled by an operator");
}

// Takes in what was formed, and sees whether the campaign is over.
void Dispatcher::advance(CampaignRun& campaign, base::BootTime now) {
  // First this flag, then the queue: what was formed before the flag was set is then in the queue.
  const bool ingest_done = campaign.ingest_done.load(std::memory_order_acquire);
  for (Batch* batch = nullptr; campaign.formed.try_dequeue(batch);) campaign.lane.push_back(batch);

  if (campaign.phase == CampaignRun::Phase::stopping) {
    // Not reserved, so pending: resume reads them again.
    for (Batch* batch : campaign.lane) {
      if (batch->days != base::DaySet{}) settler_.release_charge(campaign, *batch);
      on_.batches.release(std::unique_ptr<Batch>{batch});
    }
    campaign.lane.clear();
  }
  const bool all_ended = ingest_done && campaign.lane.empty() && campaign.granted == 0;
  if (all_ended && campaign.last_group <= durable_number_) stop(campaign, now);
}

void Dispatcher::stop(CampaignRun& campaign, base::BootTime now) {
  store::CampaignRecord& record = campaign.record;
  record.elapsed_ms +=
      std::chrono::duration_cast<std::chrono::milliseconds>(now - campaign.started).count();
  // A campaign that is over stays so, whatever becomes of what is sent again.
  const bool was_over = campaign.resends_in == CampaignState::finished;
  if (campaign.cancelled && !was_over) {
    record.state = CampaignState::cancelled;
    record.pause_reason.clear();
    campaign.count(Outcome::cancelled, static_cast<std::int64_t>(campaign.given_back));
  } else if (campaign.resends_in) {
    record.state = *campaign.resends_in;
    record.pause_reason = campaign.pause_reason.value_or(
        campaign.input_error ? campaign.input_error->what : std::string{});
  } else if (campaign.pause_reason) {
    record.state = CampaignState::paused;
    record.pause_reason = *campaign.pause_reason;
  } else if (campaign.input_error) {
    record.state = CampaignState::input_error;
    record.pause_reason = campaign.input_error->what;
  } else {
    record.state = CampaignState::finished;
    record.pause_reason.clear();
  }
  if (!campaign.resends_in) record.audience_digest = campaign.content_digest;
  if (const auto stored = on_.store.put_campaign(record); !stored) {
    return on_store_failed(stored.error());
  }
  campaign.phase = CampaignRun::Phase::stopped;
  const auto self = std::find_if(campaigns_.begin(), campaigns_.end(),
                                 [&](const auto& each) { return each.get() == &campaign; });
  const std::shared_ptr<CampaignRun> kept = *self;
  campaigns_.erase(self);
  {
    const std::lock_guard lock{kept->mutex};
    kept->final_record = record;
    // What could not be written down was not sent: to those who wait it is a disk error.
    if (kept->input_error && kept->input_error->code == Errc::disk) {
      kept->failure = kept->input_error;
    }
    kept->stopped = true;
    kept->stopped_changed.notify_all();
  }
  if (kept->on_stopped) kept->on_stopped();
}

}  // namespace herald::dispatch
