// One seed: a world, one process after another in it, and what is checked of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/checks.h"
#include "tests/simulation/disturbances.h"
#include "tests/simulation/stage.h"
#include "tests/support/process.h"

namespace herald::simulation {

struct RunOptions {
  bool prints = false;
  // Where the process is killed, beside what the scenario says: in the step of that number.
  std::optional<std::uint64_t> kill_at_step{};
};

struct RunResult {
  std::vector<std::string> violations;
  std::uint64_t hash = 0;
  Figures figures;
};

class Run {
 public:
  Run(const Scenario& scenario, const RunOptions& options);
  RunResult go();

 private:
  // Thrown where the store is written to: the process is dead.
  struct Killed {};
  struct Slot {
    const CampaignPlan* plan;
    std::optional<store::CampaignNumber> number;
    test::Sent* sent = nullptr;  // while it runs
    bool wanted = false;         // somebody asked for it
    bool finished = false;
    base::Day day = 0;  // on which it began
  };

  void plan_ahead();
  void want(Slot& slot);
  void begin(Slot& slot);
  void launched(Slot& slot, test::Sent& sent);
  void go_on(Slot& slot);
  void look_at_campaigns();
  bool step();

  void start_process();
  bool recover();
  void find_campaigns();
  void end_process(std::size_t groups_kept);
  void crash();
  void fail();
  void restart_later();
  void arm();
  void on_write();

  void end_faults();
  Duration work_left() const;
  bool finished() const;
  void check_recovered();
  void check_memory();
  void check_all();
  void pause_later();
  std::vector<Known> known() const;
  Duration up_to(Duration most) {
    return std::chrono::duration_cast<Duration>(most * stage_.random.unit());
  }

  const Scenario& on_;
  const RunOptions options_;
  Stage stage_;
  Disturbances disturbances_;
  std::vector<Slot> slots_;
  std::unique_ptr<test::Process> process_;
  bool recovered_ = false;  // it is past that
  bool attention_ = false;  // a campaign has stopped
  bool faults_ = true;
  std::uint64_t restarts_planned_ = 0;
  std::optional<std::uint64_t> kill_at_step_;
  std::optional<std::uint32_t> kill_at_write_;  // so many more
};

}  // namespace herald::simulation
