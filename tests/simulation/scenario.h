// What one seed makes of a run: devices, campaigns, quotas, the service's moods, when it is killed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "tests/simulation/devices.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/service_account.h"
#include "tests/support/process.h"

namespace herald::simulation {

using test::Duration;

// For cards, live views and test messages.
inline constexpr std::uint32_t kFormsPerDay = 2;
inline constexpr ledger::Windows kWindows{3, 5};

struct CampaignPlan {
  test::CampaignOptions options;
  Duration at{};  // after the beginning; or after the one before has ended, where they are in turn
  std::optional<base::WallTime> expires{};
  // What each record of the audience is.
  enum class Kind : std::uint8_t { first, duplicate, malformed };
  struct Line {
    Kind kind = Kind::first;
    DeviceIndex device = kNoDevice;
  };
  std::vector<Line> lines{};
};

struct Scenario {
  // Everything from the seed; the same for the same.
  explicit Scenario(std::uint64_t seed);
  // A small one, for a crash at every step of it.
  static Scenario small(std::uint64_t seed);

  std::string describe() const;
  bool fault_free() const { return answer_faults.empty() && wire_faults.empty() && !crashes; }
  bool http1() const { return protocol == transport::Protocol::http1; }

  std::uint64_t seed;
  transport::Protocol protocol = transport::Protocol::http2;
  std::uint32_t devices = 200;
  Limits limits;
  std::vector<CampaignPlan> campaigns;
  bool in_turn = false;        // each begins when the one before has ended; away from midnight
  base::WallTime midnight{};   // of the service, in its own clock
  Duration before_midnight{};  // when the run begins
  Duration service_ahead{};    // its clock against ours
  Duration faults_last{};      // then the service behaves, and nothing dies any more
  test::Process::Settings process;
  Duration store_latency{};
  test::ServiceSettings service;

  std::vector<std::size_t> answer_faults;  // indexes of simulation::answer_faults()
  double answer_fault_rate = 0;
  std::vector<WireFault> wire_faults;
  Duration wire_fault_every{};
  bool crashes = false;
  std::uint32_t steps_between_crashes = 0;  // the mean
  bool store_fails = false;
  bool operator_pauses = false;
  bool wall_steps = false;   // within what is allowed
  bool clock_jumps = false;  // far beyond it, and right again after a while

 private:
  Scenario() = default;
  void choose_service(base::Random& random);
  void choose_faults(base::Random& random);
  void choose_campaigns(base::Random& random);
  void cut_audiences();
  void add_campaign(base::Random& random, std::uint32_t first, std::uint32_t tokens);
  void make_special(base::Random& random, CampaignPlan& plan);
};

}  // namespace herald::simulation
