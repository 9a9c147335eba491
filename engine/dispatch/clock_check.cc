#include "engine/dispatch/clock_check.h"

#include <fmt/format.h>

namespace herald::dispatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kAskAgain{1};
constexpr std::uint32_t kAskedMax = 3;       // then who does not answer is not asked any more
constexpr std::uint32_t kAskedOfNewDay = 1;  // both days are charged instead
constexpr seconds kDateCutsOff{1};           // a Date's fraction of a second

std::string text_of(base::WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss at{std::chrono::floor<seconds>(time - day)};
  return fmt::format("{}T{:02}:{:02}:{:02}Z",
                     base::to_string(static_cast<base::Day>(day.time_since_epoch().count())),
                     at.hours().count(), at.minutes().count(), at.seconds().count());
}

}  // namespace

ClockCheck::ClockCheck(const base::Clock& clock, ServiceDays& days, const base::Calendar& calendar)
    : clock_(clock), days_(days), calendar_(calendar) {}

ClockCheck::Verdict ClockCheck::look() {
  const base::BootTime now = clock_.boot();
  const base::WallTime wall = clock_.wall();
  const Offset step = wall.time_since_epoch() - now.time_since_epoch() - agreed_.value_or(Offset{});
  // Back or forward: whether it is right now or was before, only the service can say.
  if (agreed_ && !doubt_ && std::chrono::abs(step) > kClockStepMax) {
    doubt_ = Doubt{now, std::chrono::duration_cast<milliseconds>(step), {}, wall};
    ask(now);
  }
  if (doubt_) return Verdict::in_doubt;
  if (agreed_ && days_.shows(wall)) return Verdict::go;

  if (!asking_) ask(now);
  const bool new_day = agreed_ && days_.shows_eve(wall);
  if (unanswered_ < (new_day ? kAskedOfNewDay : kAskedMax)) return Verdict::wait;
  if (!new_day) {
    if (!std::exchange(noted_, true)) {
      note_ =
          "the service does not answer GET /, so its clock is not known: going by this "
          "machine's";
    }
    go_by_own_clock();
  }
  return Verdict::go;
}

void ClockCheck::ask(base::BootTime now) {
  asking_ = true;
  unanswered_ = 0;
  probe_at_ = now;
}

void ClockCheck::on_answer(const transport::Ended& ended) {
  if (!ended.date) return;
  if (ended.date == date_ && !doubt_ && !asking_) return;
  const base::BootTime now = clock_.boot();
  const base::WallTime wall = clock_.wall();
  // The answer was made between the request and now, by a clock that shows whole seconds. Only what
  // lies outside of all that disagrees.
  const base::WallTime begun = wall - std::chrono::ceil<milliseconds>(now - ended.begun);
  const bool is_ahead = *ended.date - wall > calendar_.guard;
  const bool is_behind = begun - (*ended.date + kDateCutsOff) >= calendar_.guard;
  if (!is_ahead && !is_behind) {
    return agree(*ended.date, wall.time_since_epoch() - now.time_since_epoch());
  }
  if (!doubt_) ask(now);
  const base::BootTime since = doubt_ ? doubt_->since : now;
  doubt_ = Doubt{since, {}, ended.date, wall};
}

void ClockCheck::agree(base::WallTime date, Offset offset) {
  agreed_ = offset;
  date_ = date;
  doubt_.reset();
  days_.show(calendar_.day(date));
  asking_ = false;
  probe_at_ = base::BootTime::max();
}

// There is nothing to hold it against.
void ClockCheck::go_by_own_clock() {
  const base::WallTime wall = clock_.wall();
  agreed_ = wall.time_since_epoch() - clock_.boot().time_since_epoch();
  days_.show(calendar_.days(wall).first);
  asking_ = false;
  probe_at_ = base::BootTime::max();
}

void ClockCheck::on_probe_sent() {
  probe_out_ = true;
  probe_at_ = clock_.boot() + kProbeInterval;
}

void ClockCheck::on_probe_ended(const transport::Ended& ended) {
  probe_out_ = false;
  if (ended.how != transport::End::answered) {
    if (++unanswered_ < kAskedMax) probe_at_ = clock_.boot() + kAskAgain;
    return;
  }
  if (ended.date) return on_answer(ended);
  if (doubt_) return;  // a step of the clock that nothing explains
  if (!std::exchange(noted_, true)) {
    note_ =
        "the service's answers carry no Date, so its clock is not known: going by this "
        "machine's";
  }
  go_by_own_clock();
}

std::optional<base::BootTime> ClockCheck::doubted_since() const {
  if (!doubt_) return std::nullopt;
  return doubt_->since;
}

std::string ClockCheck::doubt() const {
  if (!doubt_) return {};
  const std::string ours = text_of(doubt_->wall);
  constexpr std::string_view kWayOut = "set this machine's clock (NTP), then resume";
  if (doubt_->date) {
    return fmt::format(
        "the service's clock says {}, this machine's {}, which is more apart than "
        "ledger.midnight_guard, {} s: {}",
        text_of(*doubt_->date), ours, std::chrono::duration<double>(calendar_.guard).count(),
        kWayOut);
  }
  return fmt::format(
      "this machine's clock was set {} by {} s, to {}, and no Date of the service has confirmed "
      "that: {}",
      doubt_->step.count() < 0 ? "back" : "forward",
      std::chrono::duration<double>(std::chrono::abs(doubt_->step)).count(), ours, kWayOut);
}

}  // namespace herald::dispatch
