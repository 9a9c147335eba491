// A card and a live view of one device, and what they may still have.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/ledger/surfaces.h"

namespace herald::ledger {

using base::Surface;
using base::WallTime;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

inline constexpr base::Day kDay = 20781;
inline constexpr Fingerprint kDevice = 7;
inline const WallTime kNoon{std::chrono::days{kDay} + hours{4}};
inline constexpr milliseconds kTick{1};

inline Surface card(std::int64_t version = -1) {
  return {.kind = Surface::Kind::card, .id = 5, .version = version};
}
inline Surface activity(std::int64_t version = -1) {
  return {.kind = Surface::Kind::activity, .id = 5, .version = version};
}
inline Surface creation(std::int64_t version = -1) {
  Surface surface = activity(version);
  surface.creates = true;
  return surface;
}

class SurfacesTest : public testing::Test {
 protected:
  static Surfaces::Key key(const Surface& surface) { return Surfaces::key(kDevice, surface); }

  Verdict charge(const Surface& surface, bool counted = true) {
    return surfaces_.charge(key(surface), {surface, days_, counted}, limits_, now_);
  }
  void settle(const Surface& surface, WallTime by, bool counted = true) {
    surfaces_.settle(key(surface), {surface, days_, counted}, by);
  }
  void release(const Surface& surface, bool counted = true) {
    surfaces_.release(key(surface), {surface, days_, counted});
  }
  // Charged and answered at once.
  Verdict update(const Surface& surface, bool counted = true) {
    const Verdict verdict = charge(surface, counted);
    if (verdict == Verdict::charged) settle(surface, now_, counted);
    return verdict;
  }
  // How many updates are still to be had now.
  std::uint32_t left(const Surface& surface) const {
    for (std::uint32_t less = 0;; ++less) {
      const Surfaces::Limits limits{
          limits_.form - std::min(limits_.form, less),
          {limits_.windows.five_minutes - std::min(limits_.windows.five_minutes, less),
           limits_.windows.hour - std::min(limits_.windows.hour, less)}};
      if (surfaces_.look(key(surface), {surface, days_, true}, limits, now_) != Verdict::charged) {
        return less;
      }
    }
  }
  // Other live views, so many that those that matter to nobody are looked for.
  void sweep() {
    for (std::int64_t id = 0; id < 5000; ++id) {
      const Surface other{.kind = Surface::Kind::activity, .id = 1000 + id};
      const SurfaceCharge charged{other, days_, true};
      surfaces_.charge(key(other), charged, limits_, now_);
      surfaces_.release(key(other), charged);
    }
  }

  Surfaces surfaces_;
  Surfaces::Limits limits_;
  base::DaySet days_{kDay, false};
  WallTime now_ = kNoon;
};

}  // namespace herald::ledger
