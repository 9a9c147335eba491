// The world of a run, and those who watch it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/base/random.h"
#include "tests/simulation/devices.h"
#include "tests/simulation/recount.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/service_account.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/violations.h"
#include "tests/support/world.h"

namespace herald::simulation {

// What one run adds to the figures of many.
struct Figures {
  std::map<std::string, std::uint64_t> hits;  // of each kind of fault
  std::uint64_t crashes = 0;
  std::uint64_t crashes_in_recovery = 0;
  std::uint64_t crashes_with_requests = 0;  // reserved and unanswered
  std::uint64_t batches_in_doubt = 0;       // by deaths, in all
  std::uint64_t batches_in_doubt_most = 0;  // by one of them
  std::uint64_t records = 0;
  std::uint64_t requests = 0;
  std::uint64_t steps = 0;
  std::array<std::uint64_t, kOutcomes> outcomes{};

  void add(const Figures& more);
};

struct Stage : test::World {
  Stage(const Scenario& scenario, bool prints);

  // By the service's clock, which ours may be wrong about.
  base::WallTime service_now() const {
    return executor.wall() +
           std::chrono::duration_cast<std::chrono::milliseconds>(service.clock_ahead);
  }
  bool clock_is_right() const {
    return std::chrono::abs(service.clock_ahead) <= Duration{calendar.guard};
  }

  const Scenario& on;
  base::Random random;  // of what befalls the run, apart from the engine's own
  Violations violations;
  Devices devices;
  ServiceAccount account;
  Recount recount;
  Trace trace;
  Figures figures;
};

}  // namespace herald::simulation
