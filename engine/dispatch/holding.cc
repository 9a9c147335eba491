// What the clocks let go out: a probe of the service's, and what happens while they disagree (I37).
#include <fmt/format.h>

#include <algorithm>

#include "engine/dispatch/dispatcher.h"

namespace herald::dispatch {
namespace {

// Long enough for a progress line of every ten seconds.
constexpr std::chrono::seconds kNoteShown{11};

}  // namespace

ClockCheck::Verdict Dispatcher::check_clock(base::BootTime now) {
  const base::WallTime wall = on_.clock.wall();
  const auto is_waiting = [&](const auto& campaign) {
    if (campaign->phase != CampaignRun::Phase::running) return false;
    const bool starts = !campaign->start_at || wall >= *campaign->start_at;
    return starts || !on_.days.shows(wall);  // ingest waits for that
  };
  if (std::none_of(campaigns_.begin(), campaigns_.end(), is_waiting)) {
    return ClockCheck::Verdict::go;  // there is nothing that could
  }
  const ClockCheck::Verdict verdict = clock_check_.look();
  if (on_.days.charges_are_missing()) {
    const auto campaigns = campaigns_;
    for (const auto& campaign : campaigns) {
      pause_for_clock(*campaign,
                      "this machine's clock was ahead by a day or more when this process started, "
                      "so it does not know what devices have had today: start it again");
    }
    return ClockCheck::Verdict::in_doubt;
  }
  if (clock_check_.wants_probe(now)) probe();
  if (clock_check_.probe_at() > now) wake_at(clock_check_.probe_at());
  if (verdict == ClockCheck::Verdict::in_doubt) pause_doubtful(now);
  if (std::string note = clock_check_.take_note(); !note.empty()) {
    note_ = std::move(note);
    note_until_ = now + kNoteShown;
  }
  return verdict;
}

void Dispatcher::probe() {
  transport::Connection* connection = connections_.ready_here();
  if (connection == nullptr) return connections_.want();
  connection->submit({.method = transport::Method::get, .path = "/", .authority = app_.authority},
                     &clock_check_);
  connection->flush();
  clock_check_.on_probe_sent();
}

void Dispatcher::on_probe_ended(const transport::Ended& ended) {
  clock_check_.on_probe_ended(ended);
}

// Every campaign has its own ten minutes.
void Dispatcher::pause_doubtful(base::BootTime now) {
  const auto campaigns = campaigns_;
  for (const auto& campaign : campaigns) {
    const base::BootTime until =
        std::max(*clock_check_.doubted_since(), campaign->started) + kDoubtMax;
    if (now < until) {
      wake_at(until);
    } else {
      pause_for_clock(*campaign, fmt::format("clock in doubt for {} minutes: {}", kDoubtMax.count(),
                                             clock_check_.doubt()));
    }
  }
}

void Dispatcher::pause_for_clock(CampaignRun& campaign, const std::string& reason) {
  if (campaign.phase != CampaignRun::Phase::running) return;
  {
    const std::lock_guard lock{campaign.mutex};
    campaign.clock_in_doubt = true;
  }
  pause(campaign, reason);
}

}  // namespace herald::dispatch
