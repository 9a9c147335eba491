// Whether our clock may be believed (I37): the service's Date is held against it, and its steps
// against the time since boot. While it may not, nothing goes out; a probe, which is `GET /`
// without authorization, asks for a Date when nothing else brings one.
//
//   nothing known, a new day ──▶ probe ──▶ Date agrees ──▶ go
//   a step of the clock, a Date that disagrees ──▶ in doubt: a probe at once and each minute
//
// Cost: a comparison an answer, two readings of the clock for each new second of the service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/day.h"
#include "engine/dispatch/service_days.h"
#include "engine/transport/connection.h"

namespace herald::dispatch {

inline constexpr std::chrono::seconds kClockStepMax{2};  // a leap second, or one smeared, is less
inline constexpr std::chrono::minutes kProbeInterval{1};
inline constexpr std::chrono::minutes kDoubtMax{10};  // then campaigns pause

class ClockCheck {  // one thread
 public:
  enum class Verdict : std::uint8_t {
    go,
    wait,      // for the answer to a probe: whether the service is in the same day
    in_doubt,  // until clocks agree again
  };

  ClockCheck(const base::Clock& clock, ServiceDays& days, const base::Calendar& calendar);

  // Whether anything may go out now. Asked only when something would.
  Verdict look();
  // Any request was answered.
  void on_answer(const transport::Ended& ended);

  // Whether a probe is due, and when the next one will be.
  bool wants_probe(base::BootTime now) const { return !probe_out_ && now >= probe_at_; }
  base::BootTime probe_at() const { return probe_out_ ? base::BootTime::max() : probe_at_; }
  void on_probe_sent();
  void on_probe_ended(const transport::Ended& ended);

  // Since when the clock is in doubt, if it is, and a line that says why and the way out.
  std::optional<base::BootTime> doubted_since() const;
  std::string doubt() const;
  // Once: the clock cannot be held against the service's, and why; else empty.
  std::string take_note() { return std::exchange(note_, {}); }

 private:
  using Offset = std::chrono::nanoseconds;  // of the wall clock from the time since boot
  struct Doubt {
    base::BootTime since;
    std::chrono::milliseconds step;      // of the clock
    std::optional<base::WallTime> date;  // the service's, if that is why
    base::WallTime wall;                 // ours, then
  };

  void ask(base::BootTime now);
  void go_by_own_clock();
  void agree(base::WallTime date, Offset offset);

  const base::Clock& clock_;
  ServiceDays& days_;
  const base::Calendar calendar_;
  std::optional<Offset> agreed_;        // when clocks agreed last
  std::optional<base::WallTime> date_;  // that agreed last
  std::optional<Doubt> doubt_;

  bool asking_ = false;           // for the day, or what to make of a doubt
  std::uint32_t unanswered_ = 0;  // probes, since it asks
  bool probe_out_ = false;
  base::BootTime probe_at_ = base::BootTime::max();
  bool noted_ = false;
  std::string note_;
};

}  // namespace herald::dispatch
