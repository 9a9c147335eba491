// What every card and live view has had: the updates of its days or windows, its version, and
// whether the service has blocked it (quotas.md 3 and 4). In memory, safe from any thread.
//
// A window is exact although nobody but the service knows when it processed a request: an update
// counts as happening now from its charge until its answer, and at its answer from then on. So
// whatever the service's own order was, no window of its clock holds more than the limit.
//
// Cost: 40 to 80 bytes a card, about 100 and 8 an update for a live view, as long as it can matter.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "engine/base/clock.h"
#include "engine/base/day.h"
#include "engine/base/surface.h"
#include "engine/ledger/charge.h"
#include "engine/ledger/fingerprint.h"

namespace herald::ledger {

// Updates of one live view, create and end included.
struct Windows {
  std::uint32_t five_minutes = 10;
  std::uint32_t hour = 60;
};
inline constexpr Windows kUsualWindows{};
inline constexpr Windows kLargeWindows{30, 180};  // of the events TAXI and SCORE

inline constexpr std::chrono::minutes kShortWindow{5};
inline constexpr std::chrono::hours kLongWindow{1};
inline constexpr std::chrono::hours kCreatedOnceIn{12};  // else receipt 269

using Block = base::SurfaceBlock;

// What one message does to a surface.
struct SurfaceCharge {
  base::Surface surface;
  base::DaySet days;
  bool counted = true;  // false: a test message, exempt from the scenario quotas
};

class Surfaces {  // any thread
 public:
  Surfaces();
  ~Surfaces();
  // Of one card or live view on one device. The version is no part of it.
  using Key = std::uint64_t;
  static Key key(Fingerprint device, const base::Surface& surface);

  struct Limits {
    std::uint32_t form = 2;  // updates of a card and day
    Windows windows;
  };

  // Counts it, or says why not. `look` only says. A version is held against those that may have
  // reached the service, so it is looked at again when the message goes out.
  Verdict charge(Key key, const SurfaceCharge& charge, const Limits& limits, base::WallTime now);
  Verdict look(Key key, const SurfaceCharge& charge, const Limits& limits,
               base::WallTime now) const;
  bool is_old(Key key, const base::Surface& surface) const;

  // Proven untaken: what charge counted is given back.
  void release(Key key, const SurfaceCharge& charge);
  // The service may have taken it, and not later than `by`.
  void settle(Key key, const SurfaceCharge& charge, base::WallTime by);
  // Counts without limits, for the rebuild at start; settle or release follows.
  void restore(Key key, const SurfaceCharge& charge);
  void block(Key key, base::Surface::Kind kind, Block block, base::WallTime until);

  std::uint64_t bytes() const;

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

}  // namespace herald::ledger
