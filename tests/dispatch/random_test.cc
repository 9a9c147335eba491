// Random faults from a seed over three campaigns that share their devices: whatever happens, no
// device has more than its quota at the service, and every record is accounted for.
//   HERALD_SEED=n repeats one run, HERALD_SEEDS=n runs that many.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct Faults {
  std::vector<Plan> plans;
  bool make_ambiguous = false;
};

// Each kind of fault is on or off for a whole run.
Faults choose(base::Random& random, transport::Protocol protocol) {
  using Wire = Plan::Wire;
  using Form = Plan::Form;
  struct Kind {
    Plan plan;
    bool makes_ambiguous;
  };
  const bool http1 = protocol == transport::Protocol::http1;  // where these are cuts
  const Kind kinds[] = {
      {on_wire(Wire::refuse_stream), http1},
      {on_wire(Wire::goaway_below), http1},
      {on_wire(Wire::goaway_at), false},
      {answers(bare(503)), false},
      {answers(bare(401)), false},
      {answers(partly({0, 3, 5})), false},
      {answers_late(seconds{3}), false},
      {answers(bare(500, true)), true},
      {answers(html()), true},
      {answers(partly_wrong_counts()), true},
      {resets(2), true},
      {on_wire(Wire::cut), true},
      {on_wire(Wire::cut_in_body), true},  // others on the connection have no answer
      {on_wire(Wire::silent), true},
      {answers_late(seconds{45}), true},
      {in_form(Form::chunked), false},
      {in_form(Form::until_close), false},
      {in_form(Form::cut_short), http1},
  };
  const bool gentle = random.next() % 2 == 0;
  Faults chosen;
  for (const Kind& kind : kinds) {
    if ((gentle && kind.makes_ambiguous) || random.next() % 3 != 0) continue;
    chosen.plans.push_back(kind.plan);
    chosen.make_ambiguous |= kind.makes_ambiguous;
  }
  return chosen;
}

void run_one(std::uint64_t seed, transport::Protocol protocol, std::uint32_t sender_threads) {
  base::Random random{seed};
  Pipeline::Options options{.seed = seed, .connections_max = 1 + std::uint32_t(random.next() % 4)};
  options.protocol = protocol;
  options.sender_threads = sender_threads;
  options.rate = random.next() % 2 == 0 ? 6000 : 100000;
  const bool midnight = random.next() % 3 == 0;
  if (midnight) options.wall += std::chrono::hours{14} - seconds{random.next() % 90};
  Pipeline on{options};
  on.store.set_latency(milliseconds{random.next() % 20});
  on.service.settings.streams_max = 1 + random.next() % 20;
  on.service.settings.wire.socket_bytes = 1000 << random.next() % 9;
  if (random.next() % 4 == 0) on.service.settings.initial_window = 200;
  const Faults faults = choose(random, protocol);
  const double rate = 0.3 * random.unit();
  on.service.on_others([&](std::uint64_t) {
    if (faults.plans.empty() || random.unit() > rate) return answers(accepted());
    return faults.plans[random.next() % faults.plans.size()];
  });

  Sent* campaigns[3] = {};
  for (auto& each : campaigns) {
    each = &on.send({.tokens = 2000, .batch = 50 + std::uint32_t(random.next() % 150)});
    on.run_for(milliseconds{random.next() % 400});
  }
  if (random.next() % 5 == 0) on.pause(*campaigns[random.next() % 3]);
  on.run_for(seconds{20});
  on.service.behave();
  on.run(minutes{3});  // I60

  EXPECT_LE(on.service.charges_per_device_max(), 2u);
  on.check();
  if (faults.make_ambiguous) return;
  if (!midnight) on.check_exact();  // I5
  for (const Sent* each : campaigns) {
    EXPECT_EQ(on.report(*each).count(Outcome::ambiguous), 0u);
  }
}

using Over = std::tuple<transport::Protocol, std::uint32_t>;  // and so many sender threads
class RandomFaults : public testing::TestWithParam<Over> {};

TEST_P(RandomFaults, NoDeviceGetsMoreThanItsQuotaAndTotalsAddUp) {
  const char* one = std::getenv("HERALD_SEED");
  const char* many = std::getenv("HERALD_SEEDS");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t seeds = one != nullptr    ? 1
                              : many != nullptr ? std::strtoull(many, nullptr, 10)
                                                : 200;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("HERALD_SEED=" + std::to_string(seed));
    run_one(seed, std::get<0>(GetParam()), std::get<1>(GetParam()));
    if (HasFailure()) break;
  }
}

INSTANTIATE_TEST_SUITE_P(Over, RandomFaults,
                         testing::Combine(testing::Values(transport::Protocol::http1,
                                                          transport::Protocol::http2),
                                          testing::Values(1u, 3u)),
                         [](const auto& over) {
                           return protocol_name(std::get<0>(over.param)) + "By" +
                                  std::to_string(std::get<1>(over.param));
                         });

}  // namespace
}  // namespace herald::test
