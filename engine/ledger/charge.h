// Whether a device may have one more message, and what that does to its counts.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/day.h"
#include "engine/ledger/slot_state.h"

namespace herald::ledger {

struct Charge {
  base::DaySet days;
  bool marketing = false;            // counts against marketing_limit too
  bool notification = false;         // shows one: Suppression::notifications_off applies
  std::uint8_t marketing_limit = 0;  // messages a device and day; above kMarketingMax is that
  std::uint16_t total_limit = 0;     // the same for all messages; above kTotalMax is that
};

// In the order in which it is checked.
enum class Verdict : std::uint8_t {
  charged,
  duplicate,  // seen before in the campaign
  token_gone,
  notifications_off,
  inactive,
  over_marketing,
  // Of a card or a live view (surfaces.h).
  card_gone,
  card_limit,
  activity_gone,
  old_version,
  over_form,
  over_live_view,
  created,  // within the last 12 hours
  over_total,
  over_test,  // of the project
};

// One charge, applied to device after device.
class ChargeRule {
 public:
  explicit ChargeRule(const Charge& charge)
      : days_{std::clamp(charge.days.first, kFirstDay, kLastDay), charge.days.both},
        marketing_(charge.marketing),
        notification_(charge.notification),
        marketing_limit_(charge.marketing
                             ? std::min<std::uint32_t>(charge.marketing_limit, kMarketingMax)
                             : kMarketingMax + 1),
        total_limit_(std::min<std::uint32_t>(charge.total_limit, kTotalMax)),
        usual_(DeviceState{.base = days_.first}) {}

  // Counts on all the days of the charge or on none: `state` is only good when the verdict is
  // `charged`. A day before the device's base day is charged as the base day: a clock that was set
  // back must not open a second allowance (I36).
  [[gnu::always_inline]] Verdict apply(SlotState& state) const {
    if (days_.both || !state.like(usual_)) [[unlikely]]
      return apply_unusual(state);
    if (state.marketing(0) >= marketing_limit_) return Verdict::over_marketing;
    if (state.total(0) >= total_limit_) return Verdict::over_total;
    state.count(0, marketing_);
    return Verdict::charged;
  }

 private:
  // Suppressed, or two days, or a base day that is not the charge's.
  [[gnu::noinline]] Verdict apply_unusual(SlotState& state) const {
    if (state.suppression() != Suppression::none) {
      if (const Verdict verdict = suppressed(state); verdict != Verdict::charged) return verdict;
    }
    state.advance(days_.first);
    const bool both = days_.both && state.base() == days_.first;
    if (state.marketing(0) >= marketing_limit_ ||
        (both && state.marketing(1) >= marketing_limit_)) {
      return Verdict::over_marketing;
    }
    if (state.total(0) >= total_limit_ || (both && state.total(1) >= total_limit_)) {
      return Verdict::over_total;
    }
    state.count(0, marketing_);
    if (both) state.count(1, marketing_);
    return Verdict::charged;
  }

  Verdict suppressed(const SlotState& state) const {
    if (state.suppression() == Suppression::token_gone) return Verdict::token_gone;
    if (days_.first >= state.until()) return Verdict::charged;
    if (state.suppression() == Suppression::inactive) return Verdict::inactive;
    return notification_ ? Verdict::notifications_off : Verdict::charged;
  }

  base::DaySet days_;
  bool marketing_;
  bool notification_;
  std::uint32_t marketing_limit_;  // out of reach when the message is not marketing
  std::uint32_t total_limit_;
  SlotState usual_;  // on the first day, not suppressed
};

// Gives a charge back. Days that the device no longer holds are over: there is nothing to give.
inline void apply_release(SlotState& state, base::DaySet days, bool marketing) {
  for (base::Day day = days.first; day <= days.last(); ++day) {
    const base::Day at = day - state.base();
    if (at == 0 || at == 1) state.uncount(static_cast<unsigned>(at), marketing);
  }
}

// Counts what the store says was charged. The base day moves only as far as the last day needs, and
// days before it are over, so the result does not depend on the order of the records.
inline void apply_restore(SlotState& state, base::DaySet days, bool marketing) {
  state.advance(days.last() - 1);
  for (base::Day day = days.first; day <= days.last(); ++day) {
    const base::Day at = day - state.base();
    if (at == 0 || at == 1) state.count_saturating(static_cast<unsigned>(at), marketing);
  }
}

}  // namespace herald::ledger
