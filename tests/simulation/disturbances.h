// What befalls a run from outside while its faults last: answers, connections, the wall clock.
#pragma once

#include <vector>

#include "tests/simulation/stage.h"

namespace herald::simulation {

class Disturbances {
 public:
  explicit Disturbances(Stage& stage);

  // From then on the service is as it should be, and so are the connections to it.
  void end();
  // I12: how many batches may be ambiguous by what the service did so far.
  std::uint64_t ambiguous_most() const { return ambiguous_most_; }

 private:
  test::Plan plan_for(std::uint64_t request);
  void disturb_later();
  void disturb(WireFault fault);
  void disturb_http2(WireFault fault, std::size_t connection);
  void step_wall_later();
  void jump_later();
  void set_ahead(std::chrono::milliseconds ahead);
  void until(Duration after, std::function<void()> restore);
  std::optional<std::size_t> some_connection();

  Stage& stage_;
  bool over_ = false;
  std::vector<Proof> proofs_;  // of requests, by their index
  std::uint64_t ambiguous_most_ = 0;
};

}  // namespace herald::simulation
