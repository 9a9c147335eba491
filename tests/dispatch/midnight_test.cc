// Over the service's midnight: a request that may be counted on either day is charged to both (I6),
// and a new day is charged alone once the service has shown it (I37).
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "engine/base/random.h"
#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// The service's midnight between the 14th and the 15th.
constexpr base::WallTime kMidnight{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} +
                                   hours{16}};

TEST(Midnight, RequestNearMidnightIsChargedOnBothDays) {
  Pipeline on{{.wall = kMidnight - seconds{30}}};
  Sent& sent = on.send({.tokens = 300});
  on.run_for(seconds{5});
  ASSERT_TRUE(sent.stopped());
  const base::Day today = on.calendar.day(on.executor.wall());
  for (const std::string& token : sent.tokens) {
    EXPECT_EQ(on.charged(token, today), 1u);
    EXPECT_EQ(on.charged(token, today + 1), 1u);
  }
  on.check();
}

TEST(Midnight, ServiceAheadOfUsWithinTheGuardCountsWhatWeCharged) {
  for (const int ahead : {-4900, 4900}) {
    Pipeline on{{.wall = kMidnight - seconds{6}}};
    on.service.clock_ahead = milliseconds{ahead};
    for (int i = 0; i < 4; ++i) on.send({.tokens = 4000});
    on.run_for(seconds{20});
    on.run();
    EXPECT_LE(on.service.charges_per_device_max(), 2u);
    on.check();
  }
}

TEST(Midnight, BatchFormedBeforeAndGrantedAfterIsChargedToTheNewDay) {
  Pipeline on{{.rate = 1000, .wall = kMidnight - minutes{2}}};
  Sent& sent = on.send({.tokens = 5000, .starts_in = minutes{4}});
  on.run_for(minutes{1});
  const base::Day before = on.calendar.day(on.executor.wall());
  EXPECT_EQ(on.charged(sent.tokens[0], before), 1u) << "charged when it was formed";
  on.run();
  EXPECT_EQ(on.charged(sent.tokens[0], before), 0u);
  EXPECT_EQ(on.report(sent).count(Outcome::accepted), 5000u);
  on.check_exact();
}

TEST(Midnight, BatchThatFindsTheNewDaysQuotaSpentIsCompacted) {
  Pipeline on{{.wall = kMidnight - minutes{2}}};
  Sent& waits = on.send({.tokens = 300, .marketing_limit = 1, .starts_in = minutes{5}});
  on.run_for(minutes{4});
  Sent& takes = on.send({.tokens = 200, .first = 50, .marketing_limit = 1});
  on.run_for(seconds{10});
  ASSERT_TRUE(takes.stopped());
  on.run();
  EXPECT_EQ(on.report(waits).count(Outcome::accepted), 100u);
  EXPECT_EQ(on.report(waits).count(Outcome::over_quota), 200u);
  EXPECT_EQ(on.service.charges_per_device_max(), 1u);
  on.check_exact();
}

TEST(Midnight, ReservedBatchResentAfterMidnightIsReservedAnew) {
  Pipeline on{{.wall = kMidnight - minutes{2}}};
  on.service.on_every(answers(bare(503)));
  Sent& sent = on.send({.tokens = 100});
  on.run_for(minutes{4});
  on.service.behave();
  on.run();
  const base::Day today = on.calendar.day(on.executor.wall());
  EXPECT_LE(on.charged(sent.tokens[0], today - 1), 1u) << "it was tried near midnight";
  EXPECT_EQ(on.report(sent).count(Outcome::accepted), 100u);
  EXPECT_EQ(on.report(sent).records, 100u) << "reserved twice, read once";
  on.check_exact();
}

// Reserved before midnight and refused for its rate, it waits for a stream until after it.
// Meanwhile another campaign has had some of its devices' new day.
TEST(Midnight, RetryAfterMidnightIsChargedAnewAndCompacted) {
  Pipeline on{{.connections_max = 1, .wall = kMidnight - seconds{68}}};
  on.service.on_request(1, answers(bare(503)));
  Sent& again = on.send({.tokens = 300, .batch = 1000, .marketing_limit = 1});
  on.run_until_requests(1);
  on.service.settings.streams_max = 0;
  on.service.session(0)->set_streams_max(0);
  on.run_for(seconds{4});  // from now on both days are charged
  Sent& takes = on.send({.tokens = 200, .first = 50, .marketing_limit = 2});
  on.run_for(seconds{70});
  EXPECT_EQ(on.service.requests(), 1u);
  EXPECT_EQ(on.charged(again.tokens[0], on.calendar.day(kMidnight) - 1), 1u) << "reserved";
  on.service.settings.streams_max = 100;
  for (std::size_t i = 0; i < on.service.connections(); ++i) {
    if (on.service.wire(i) != nullptr) on.service.session(i)->set_streams_max(100);
  }
  on.run();
  EXPECT_EQ(on.report(takes).count(Outcome::accepted), 200u);
  EXPECT_EQ(on.report(again).count(Outcome::accepted), 100u);
  EXPECT_EQ(on.report(again).count(Outcome::over_quota), 200u);
  EXPECT_EQ(on.report(again).records, 300u) << "reserved twice, read once";
  EXPECT_EQ(on.charged(again.tokens[0], on.calendar.day(kMidnight) - 1), 0u);
  EXPECT_EQ(on.service.charges_per_device_max(), 1u);
  on.check_exact();
  on.check_recovered();
}

// The same for one that waited, reserved, for a stream.
TEST(Midnight, RefusedStreamOverMidnightIsChargedAnew) {
  Pipeline on{{.wall = kMidnight - minutes{1} - seconds{10}}};
  on.service.on_others([&](std::uint64_t) {
    return on.executor.wall() < kMidnight + seconds{6} ? on_wire(Plan::Wire::refuse_stream)
                                                       : answers(accepted());
  });
  Sent& sent = on.send({.tokens = 100, .marketing_limit = 1});
  on.run_for(seconds{1});
  on.executor.set_wall(kMidnight + seconds{4});  // within the guard of what the service says
  on.service.clock_ahead = milliseconds{0};
  on.run();
  ASSERT_NE(sent.state(), CampaignState::running);
  EXPECT_LE(on.service.charges_per_device_max(), 1u);
  on.check();
}

class MidnightWithClocksApart
    : public testing::TestWithParam<std::tuple<int, transport::Protocol>> {};

// A service whose clock is up to the guard from ours, that takes requests up to a minute after they
// were granted, whatever became of their connections; devices of which each campaign wants more
// than a day has.
TEST_P(MidnightWithClocksApart, NoDeviceHasMoreThanItsQuotaOnAServicesDay) {
  const auto [ahead, protocol] = GetParam();
  std::set<base::Day> days;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    base::Random random{seed};
    Pipeline on{{.seed = seed,
                 .rate = 300,
                 .connections_max = 16,
                 .protocol = protocol,
                 .wall = kMidnight - seconds{80} - milliseconds{random.next() % 1000}}};
    on.service.clock_ahead = milliseconds{ahead};
    on.service.on_others([&](std::uint64_t) {
      switch (random.next() % 4) {
        case 0:
          return processes_late(milliseconds{random.next() % 59'000});
        case 1:
          return answers_late(milliseconds{random.next() % 29'000});
        case 2:
          return answers(bare(503));
        default:
          return answers(accepted());
      }
    });
    for (std::uint32_t i = 0; i < 12; ++i) {
      const auto batch = 20 + static_cast<std::uint32_t>(random.next() % 200);
      on.send({.tokens = 1500, .first = i / 3 * 1500, .batch = batch});
      on.run_for(seconds{random.next() % 16});
    }
    on.run_for(seconds{60});
    on.service.behave();
    on.run();
    on.run_for(seconds{60});  // what was queued
    EXPECT_LE(on.service.charges_per_device_max(), 2u);
    for (const auto& [token, counts] : on.service.account()) {
      for (const auto& [day, count] : counts) days.insert(day);
    }
    on.check();
  }
  EXPECT_EQ(days.size(), 2u) << "it was over midnight";
}

INSTANTIATE_TEST_SUITE_P(Skew, MidnightWithClocksApart,
                         testing::Combine(testing::Values(-4000, 0, 4000),
                                          testing::Values(transport::Protocol::http1,
                                                          transport::Protocol::http2)),
                         [](const auto& of) {
                           const int ahead = std::get<0>(of.param);
                           return std::string{ahead < 0   ? "Behind"
                                              : ahead > 0 ? "Ahead"
                                                          : "Same"} +
                                  protocol_name(std::get<1>(of.param));
                         });

// Nothing was asked of the service for hours: whether it is in the new day is asked first.
TEST(Midnight, FirstGrantOfADayWaitsForTheServicesDay) {
  Pipeline on{{.wall = kMidnight - minutes{10}}};
  Sent& sent = on.send({.tokens = 300, .starts_in = minutes{20}});
  on.run_for(minutes{19});
  EXPECT_EQ(on.service.probes(), 2u);
  EXPECT_EQ(on.service.requests(), 0u);
  on.run();
  EXPECT_EQ(on.service.probes(), 2u);
  const base::Day today = on.calendar.day(on.executor.wall());
  for (const std::string& token : sent.tokens) {
    EXPECT_EQ(on.charged(token, today), 1u);
    EXPECT_EQ(on.charged(token, today - 1), 0u);
  }
  on.check_exact();
}

TEST(Midnight, ADayThatTheServiceDoesNotShowIsChargedWithTheOneBefore) {
  Pipeline on{{.wall = kMidnight - minutes{10}}};
  Sent& sent = on.send({.tokens = 300, .starts_in = minutes{20}});
  on.run_for(minutes{1});
  on.service.on_probe = on_wire(Plan::Wire::silent);
  on.run();
  const base::Day today = on.calendar.day(on.executor.wall());
  // The first request's answer shows it.
  EXPECT_EQ(on.charged(sent.tokens[0], today), 1u);
  EXPECT_EQ(on.charged(sent.tokens[0], today - 1), 1u);
  EXPECT_EQ(on.charged(sent.tokens[299], today), 1u);
  EXPECT_EQ(on.report(sent).count(Outcome::accepted), 300u);
  on.check();
}

}  // namespace
}  // namespace herald::test
