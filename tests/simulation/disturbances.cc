#include "tests/simulation/disturbances.h"

#include <utility>

#include "tests/support/service_connection.h"

namespace herald::simulation {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Connects = test::ServiceModel::Connects;

Disturbances::Disturbances(Stage& stage) : stage_(stage) {
  stage_.service.on_others([this](std::uint64_t request) { return plan_for(request); });
  stage_.service.at_taken(
      [this](const test::Arrival& arrival, const std::vector<bool>& taken, base::Day day) {
        stage_.trace.note(arrival.authorization);
        for (const std::string& token : arrival.tokens) stage_.trace.note(token);
        stage_.account.take(arrival, taken, day, proofs_.at(arrival.index - 1));
      });
  if (!stage_.on.wire_faults.empty()) disturb_later();
  if (stage_.on.wall_steps) step_wall_later();
  if (stage_.on.clock_jumps) jump_later();
}

test::Plan Disturbances::plan_for(std::uint64_t request) {
  const Scenario& on = stage_.on;
  if (proofs_.size() < request) proofs_.resize(request, Proof::as_taken);
  if (over_ || on.answer_faults.empty() || stage_.random.unit() > on.answer_fault_rate) {
    return test::answers(test::accepted());
  }
  const std::size_t chosen = on.answer_faults[stage_.random.next() % on.answer_faults.size()];
  const AnswerFault& kind = answer_faults()[chosen];
  proofs_[request - 1] = kind.proof;
  ++stage_.figures.hits[kind.name];
  stage_.trace.say("request {}: {}", request, kind.name);
  const bool cuts = kind.disturbs || (on.http1() && kind.disturbs_http1);
  if (kind.makes_ambiguous(on.http1())) {
    ambiguous_most_ += cuts && !on.http1() ? on.service.streams_max : 1;
  }
  return kind.plan;
}

void Disturbances::end() {
  over_ = true;
  if (!stage_.clock_is_right()) {
    set_ahead(std::chrono::duration_cast<milliseconds>(stage_.on.service_ahead));
  }
  stage_.service.connects = Connects::yes;
  stage_.service.settings = stage_.on.service;
  for (std::size_t i = 0; i < stage_.service.connections(); ++i) {
    const auto wire = stage_.service.wire(i);
    if (wire == nullptr || !wire->alive() || wire->peer() == nullptr) continue;
    wire->stall(false);
    if (stage_.on.http1()) continue;
    stage_.service.session(i)->set_streams_max(stage_.on.service.streams_max);
    stage_.service.session(i)->set_initial_window(stage_.on.service.initial_window);
  }
}

void Disturbances::until(Duration after, std::function<void()> restore) {
  stage_.executor.run_at(stage_.executor.boot() + after, [this, restore = std::move(restore)] {
    if (!over_) restore();
  });
}

void Disturbances::disturb_later() {
  const auto wait =
      std::chrono::duration_cast<Duration>(stage_.on.wire_fault_every * 2 * stage_.random.unit());
  stage_.executor.run_at(stage_.executor.boot() + wait, [this] {
    if (over_) return;
    const auto& kinds = stage_.on.wire_faults;
    disturb(kinds[stage_.random.next() % kinds.size()]);
    disturb_later();
  });
}

// The last ones made are those in use.
std::optional<std::size_t> Disturbances::some_connection() {
  const std::size_t made = stage_.service.connections();
  if (made == 0) return std::nullopt;
  const std::size_t among = std::min<std::size_t>(made, 4);
  const std::size_t index = made - 1 - stage_.random.next() % among;
  const auto wire = stage_.service.wire(index);
  if (wire == nullptr || !wire->alive() || wire->peer() == nullptr) return std::nullopt;
  return index;
}

void Disturbances::disturb(WireFault fault) {
  const auto hit = [&] {
    ++stage_.figures.hits[std::string{name_of(fault)}];
    stage_.trace.say("{}", name_of(fault));
    if (makes_ambiguous(fault))
      ambiguous_most_ += stage_.on.http1() ? 1 : stage_.on.service.streams_max;
  };
  if (fault >= WireFault::refused) {
    hit();
    stage_.service.connects = fault == WireFault::refused       ? Connects::refused
                              : fault == WireFault::not_trusted ? Connects::not_trusted
                                                                : Connects::never;
    until(milliseconds{100 + stage_.random.next() % 8000},
          [this] { stage_.service.connects = Connects::yes; });
    // They matter to those that connect only.
    if (const auto index = some_connection()) {
      stage_.service.wire(*index)->finish();
      ambiguous_most_ += stage_.on.http1() ? 1 : stage_.on.service.streams_max;
    }
    return;
  }
  const auto index = some_connection();
  if (!index) return;
  hit();
  const std::shared_ptr<test::Wire> wire = stage_.service.wire(*index);
  switch (fault) {
    case WireFault::cut:
      return wire->cut();
    case WireFault::closed:
      return wire->finish();
    case WireFault::dark:
      return wire->go_dark();
    case WireFault::stalled:
      wire->stall(true);
      return until(milliseconds{200 + stage_.random.next() % 10'000},
                   [wire] { wire->stall(false); });
    default:
      return disturb_http2(fault, *index);
  }
}

void Disturbances::disturb_http2(WireFault fault, std::size_t index) {
  test::ServiceConnection& session = *stage_.service.session(index);
  const auto while_open = [this, index](auto change) {
    return [this, index, change] {
      const auto wire = stage_.service.wire(index);
      if (wire != nullptr && wire->alive()) change(*stage_.service.session(index));
    };
  };
  const Duration a_while = milliseconds{100 + stage_.random.next() % 5000};
  switch (fault) {
    case WireFault::no_streams:
      session.set_streams_max(0);
      return until(a_while, while_open([this](test::ServiceConnection& on) {
                     on.set_streams_max(stage_.on.service.streams_max);
                   }));
    case WireFault::one_stream:
      return session.set_streams_max(1);
    case WireFault::no_window:
    case WireFault::tiny_window:
      session.set_initial_window(fault == WireFault::no_window ? 0 : 50);
      return until(a_while, while_open([this](test::ServiceConnection& on) {
                     on.set_initial_window(stage_.on.service.initial_window);
                   }));
    case WireFault::goaway:
      return session.goaway(INT32_MAX);
    case WireFault::pinged:
      return session.ping();
    default:
      return;
  }
}

// Our clock jumps; the service's does not, and they stay within G of each other.
void Disturbances::step_wall_later() {
  const Duration wait = milliseconds{500 + stage_.random.next() % 6000};
  stage_.executor.run_at(stage_.executor.boot() + wait, [this] {
    if (over_) return;
    set_ahead(milliseconds{static_cast<std::int64_t>(stage_.random.next() % 9801) - 4900});
    ++stage_.figures.hits["wall-step"];
    step_wall_later();
  });
}

// So far is the service ahead of us from now on; it is our clock that steps.
void Disturbances::set_ahead(milliseconds ahead) {
  const auto step = std::chrono::duration_cast<milliseconds>(stage_.service.clock_ahead) - ahead;
  stage_.executor.set_wall(stage_.executor.wall() + step);
  stage_.service.clock_ahead = ahead;
  stage_.trace.say("the wall clock steps by {} ms", step.count());
}

// Our clock is wrong by minutes, hours, or a day, and after a while somebody sets it right (I37).
void Disturbances::jump_later() {
  const Duration wait = milliseconds{1000 + stage_.random.next() % 30'000};
  stage_.executor.run_at(stage_.executor.boot() + wait, [this] {
    if (over_) return;
    const std::int64_t far = std::int64_t{8'000} << (stage_.random.next() % 14);  // to 18 hours
    set_ahead(milliseconds{stage_.random.next() % 2 == 0 ? far : -far});
    ++stage_.figures.hits["clock-jump"];
    const Duration a_while = milliseconds{100 + stage_.random.next() % 20'000};
    until(a_while, [this] {
      set_ahead(std::chrono::duration_cast<milliseconds>(stage_.on.service_ahead));
      jump_later();
    });
  });
}

}  // namespace herald::simulation
