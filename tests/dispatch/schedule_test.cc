// When batches go: start and expiry, rates, midnight.
#include <gtest/gtest.h>

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

TEST(Schedule, NothingIsSentBeforeStartAt) {
  Pipeline on;
  on.send({.tokens = 300, .starts_in = minutes{10}});
  on.run_for(minutes{10} - seconds{1});
  EXPECT_EQ(on.service.requests(), 0u);
  on.run_for(seconds{2});
  EXPECT_EQ(on.service.taken(), 300u);
  on.run();
  on.check_exact();
}

// A campaign that was asked and had no credit yet lost its turn to those with smaller batches, and
// so every time.
TEST(Schedule, LargeBatchesAreNotStarvedBySmallOnes) {
  Pipeline on{{.rate = 6000}};
  Sent& small = on.send({.tokens = 30000, .batch = 1});
  Sent& large = on.send({.tokens = 30000, .first = 50000, .batch = 1000});
  on.run_for(seconds{3});
  EXPECT_GE(large.run->counted(Outcome::accepted), 8000u);
  EXPECT_GE(small.run->counted(Outcome::accepted), 8u);
  on.pause(small);
  on.pause(large);
  on.run();
  on.check_exact();
}

TEST(Schedule, WhatIsUnsentWhenItExpiresIsExpiredAndReleased) {
  Pipeline on{{.rate = 1000}};
  Sent& sent = on.send({.tokens = 10000, .expires_in = seconds{5}});
  on.run();
  const Report report = on.report(sent);
  EXPECT_EQ(sent.state(), CampaignState::finished);
  EXPECT_EQ(report.records, 10000u);
  EXPECT_NEAR(static_cast<double>(report.count(Outcome::accepted)), 6000, 200);
  EXPECT_EQ(report.count(Outcome::expired), 10000 - report.count(Outcome::accepted));
  on.check_exact();
}

TEST(Schedule, SlowCampaignExpiresOnTime) {
  Pipeline on;
  Sent& sent = on.send({.tokens = 5000, .rate = 10, .expires_in = seconds{20}});
  on.run(seconds{22});
  EXPECT_EQ(on.report(sent).count(Outcome::accepted), 1100u);
  on.check_exact();
}

TEST(Schedule, WhatWaitsToBeResentExpiresToo) {
  Pipeline on;
  on.service.on_every(answers(bare(503)));
  Sent& sent = on.send({.tokens = 1000, .expires_in = seconds{30}});
  on.run(minutes{3});
  EXPECT_EQ(on.report(sent).count(Outcome::expired), 1000u);
  EXPECT_EQ(on.charged_today(), 0u);
  on.check_exact();
}

// What had been reserved waited for a connection and never looked at the clock.
TEST(Schedule, WhatIsReservedExpiresAlthoughTheEndpointIsGone) {
  Pipeline on{{.connections_max = 1}};
  on.service.settings.streams_max = 1;
  on.service.on_request(5, on_wire(Plan::Wire::goaway_below));
  Sent& sent = on.send({.tokens = 1000, .expires_in = seconds{90}});
  on.run_until_requests(4);
  on.service.connects = ServiceModel::Connects::refused;
  on.run(minutes{3});
  EXPECT_EQ(sent.state(), CampaignState::finished);
  EXPECT_EQ(on.report(sent).count(Outcome::accepted), 400u);
  EXPECT_EQ(on.report(sent).count(Outcome::expired), 600u);
  on.check_exact();
}

TEST(Schedule, AppsRateHoldsOverAnySecond) {
  Pipeline on{{.rate = 2000}};
  on.send({.tokens = 20000});
  on.send({.tokens = 20000, .first = 50000});
  on.run();
  const auto& arrivals = on.service.arrivals();
  for (std::size_t first = 0, last = 0; last < arrivals.size(); ++last) {
    while (arrivals[last].began - arrivals[first].began > seconds{1}) ++first;
    ASSERT_LE((last - first + 1) * 100, 2000u + 1000 + 100) << "the rate and a burst of one batch";
  }
  on.check_exact();
}

TEST(Schedule, CampaignsOwnRateHoldsAndDoesNotHoldUpOthers) {
  Pipeline on;
  Sent& slow = on.send({.tokens = 5000, .rate = 100});
  Sent& fast = on.send({.tokens = 20000, .first = 50000});
  on.run_for(seconds{5});
  EXPECT_TRUE(fast.stopped());
  EXPECT_LE(slow.run->counted(Outcome::accepted), 1000u + 500 + 100);
  on.run();
  on.check_exact();
}

TEST(Schedule, SlowCampaignsRetryDoesNotHoldUpOthers) {
  Pipeline on;
  on.service.on_request(10, answers(bare(503)));
  Sent& slow = on.send({.tokens = 5000, .rate = 10});
  on.run_for(seconds{3});
  Sent& fast = on.send({.tokens = 5000, .first = 50000});
  on.service.on_request(13, answers(bare(503)));
  on.service.on_request(15, on_wire(Plan::Wire::refuse_stream));
  on.run_for(seconds{5});
  EXPECT_TRUE(fast.stopped());
  on.pause(slow);
  on.run();
  on.check_exact();
}

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

TEST(Clock, StepOfADayCausesNoTimeoutAndNoSecondAllowance) {
  for (const int hours_stepped : {-24, 24}) {
    Pipeline on{{.rate = 2000}};
    Sent& sent = on.send({.tokens = 10000, .marketing_limit = 1});
    on.run_for(seconds{2});
    on.executor.set_wall(on.executor.wall() + hours{hours_stepped});
    on.run(seconds{30});
    EXPECT_EQ(on.report(sent).count(Outcome::accepted), 10000u);
    EXPECT_EQ(on.service.charges_per_device_max(), 1u);
    on.check();
  }
}

}  // namespace
}  // namespace herald::test
