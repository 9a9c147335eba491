// When batches go: start and expiry, rates.
#include <gtest/gtest.h>

#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

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

}  // namespace
}  // namespace herald::test
