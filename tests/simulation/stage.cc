#include "tests/simulation/stage.h"

#include <algorithm>

namespace herald::simulation {

void Figures::add(const Figures& more) {
  for (const auto& [kind, count] : more.hits) hits[kind] += count;
  crashes += more.crashes;
  crashes_in_recovery += more.crashes_in_recovery;
  crashes_with_requests += more.crashes_with_requests;
  batches_in_doubt += more.batches_in_doubt;
  batches_in_doubt_most = std::max(batches_in_doubt_most, more.batches_in_doubt_most);
  records += more.records;
  requests += more.requests;
  steps += more.steps;
  for (std::size_t i = 0; i < kOutcomes; ++i) outcomes[i] += more.outcomes[i];
}

namespace {

base::WallTime beginning(const Scenario& scenario) {
  return scenario.midnight - std::chrono::duration_cast<std::chrono::milliseconds>(
                                 scenario.before_midnight + scenario.service_ahead);
}

}  // namespace

Stage::Stage(const Scenario& scenario, bool prints)
    : World(beginning(scenario), scenario.protocol),
      on(scenario),
      random(scenario.seed ^ 0x5eed),
      devices(scenario.devices, fingerprinter),
      account(devices, calendar.day(beginning(scenario)) - 2, scenario.limits, violations),
      recount(devices, calendar.day(beginning(scenario)) - 2, executor, account, violations),
      trace(executor, prints) {
  service.settings = scenario.service;
  service.settings.protocol = scenario.protocol;
  service.clock_ahead = scenario.service_ahead;
  store.set_latency(scenario.store_latency);
  store.on_durable([this](std::uint64_t sequence, std::string_view bytes) {
    trace.note(bytes);
    reservations.on_group(sequence, bytes);
    recount.on_group(sequence, bytes);
  });
}

}  // namespace herald::simulation
