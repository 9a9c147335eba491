// All that is counted, as one: what a message costs its device, its card or live view, and the
// project. A token is charged on all of them or on none.
//
//   devices    marketing messages and all messages, by device and day; suppressions
//   surfaces   updates of a card and day, of a live view and window; versions; blocks
//   tests      test messages, by project and day
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/day.h"
#include "engine/base/surface.h"
#include "engine/ledger/charge.h"
#include "engine/ledger/fingerprint.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/seen.h"
#include "engine/ledger/surfaces.h"
#include "engine/ledger/test_quota.h"

namespace herald::ledger {

// What a campaign's messages are held against, beside the limits of their devices.
struct Scenario {
  bool test = false;    // counts for the project instead of the scenario quotas
  std::string project;  // of a test
  Surfaces::Limits limits;
};

// What was charged for every token of a batch.
struct Charged {
  base::DaySet days;
  bool marketing = false;
  bool test = false;
  base::Surface surface;
  std::string_view project;  // of a test
};

class Accounts {  // any thread
 public:
  explicit Accounts(std::uint64_t devices_expected = 0) : devices(devices_expected) {}

  Ledger devices;
  Surfaces surfaces;
  TestQuota tests;

  // `on` has a surface for each token, or one for all, or is empty: there is none.
  void charge(std::span<const Fingerprint> tokens, std::span<const base::Surface> on,
              const Charge& charge, const Scenario& scenario, base::WallTime now,
              std::span<Verdict> out);
  // The same without surfaces, for a campaign: a device it has had already is a duplicate.
  void charge(std::span<const Fingerprint> tokens, const Charge& charge, const Scenario& scenario,
              Seen& seen, std::span<Verdict> out);
  // Those of a charged batch that are too late: their card or live view has had a newer version.
  bool is_old(Fingerprint token, const Charged& charged) const {
    return charged.surface &&
           surfaces.is_old(Surfaces::key(token, charged.surface), charged.surface);
  }

  // Proven untaken.
  void release(std::span<const Fingerprint> tokens, const Charged& charged);
  // The service may have taken them, and not later than `by`.
  void settle(std::span<const Fingerprint> tokens, const Charged& charged, base::WallTime by);
  // Counts without limits, for the rebuild at start; settle or release follows. Of days before
  // `open` only what lives longer than a day is of interest: windows and versions.
  void restore(std::span<const Fingerprint> tokens, const Charged& charged, base::Day open);

  std::uint64_t bytes() const { return devices.bytes() + surfaces.bytes(); }

 private:
  void charge_surfaces(std::span<const Fingerprint> tokens, std::span<const base::Surface> on,
                       const Charge& charge, const Scenario& scenario, base::WallTime now,
                       std::span<Verdict> out);
  void charge_tests(std::span<const Fingerprint> tokens, std::span<const base::Surface> on,
                    const Charge& charge, const Scenario& scenario, std::span<Verdict> out);
};

}  // namespace herald::ledger
