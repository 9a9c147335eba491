// What the service took and refused in a run, device by device and attempt by attempt: the judge of
// what herald says. It is kept in the service's clock, and shares nothing with the engine.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "tests/simulation/devices.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/violations.h"
#include "tests/support/service_model.h"

namespace herald::simulation {

// The last attempt for a token in a campaign, as the service saw it.
struct Attempt {
  std::uint16_t arrivals = 0;
  std::uint16_t accepts = 0;
  base::BootTime began{};       // the first byte of the last one
  bool proven_refused = false;  // herald may know that the last one was refused
};

struct Limits {
  std::uint32_t marketing = 2;
  std::uint32_t total = 3000;
};

class ServiceAccount {
 public:
  ServiceAccount(const Devices& devices, base::Day first, const Limits& limits,
                 Violations& violations)
      : devices_(devices),
        limits_(limits),
        violations_(violations),
        marketing_(devices.size(), first),
        total_(devices.size(), first) {}

  // A campaign whose requests may come. `may_repeat`: its ambiguous tokens may be sent again.
  void expect(std::uint64_t campaign, bool marketing, bool may_repeat);
  // I1, I8, I13. `proof`: what herald may learn of it.
  void take(const test::Arrival& arrival, const std::vector<bool>& taken, base::Day day,
            Proof proof);

  const Attempt& attempt(std::uint64_t campaign, DeviceIndex device) const;
  std::uint32_t marketing(DeviceIndex device, base::Day day) const {
    return marketing_.at(device, day);
  }
  std::uint32_t total(DeviceIndex device, base::Day day) const { return total_.at(device, day); }
  std::uint64_t processed() const { return processed_; }

 private:
  struct Campaign {
    bool marketing = false;
    bool may_repeat = false;
    std::vector<Attempt> attempts;
  };

  const Devices& devices_;
  const Limits limits_;
  Violations& violations_;
  DayCounts marketing_;
  DayCounts total_;
  std::unordered_map<std::uint64_t, Campaign> campaigns_;  // never iterated
  std::uint64_t processed_ = 0;
};

}  // namespace herald::simulation
