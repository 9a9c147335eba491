// Clocks that are wrong, over the whole pipeline: what they hold up, and that no device gets more
// for it (I36 to I38).
#include <gtest/gtest.h>

#include "engine/campaign/recovery.h"
#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

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

class ClockInDoubt : public testing::TestWithParam<transport::Protocol> {
 protected:
  Pipeline::Options options() const { return {.rate = 2000, .protocol = GetParam()}; }
  void expect_finished(Pipeline& on, Sent& sent) {
    EXPECT_EQ(sent.state(), CampaignState::finished) << sent.reason();
    EXPECT_EQ(on.report(sent).count(Outcome::accepted), sent.tokens.size());
    on.check_exact();
  }
};

INSTANTIATE_TEST_SUITE_P(Over, ClockInDoubt,
                         testing::Values(transport::Protocol::http1, transport::Protocol::http2),
                         [](const auto& protocol) { return protocol_name(protocol.param); });

TEST_P(ClockInDoubt, NothingIsChargedOrSentBeforeTheServicesTimeIsKnown) {
  Pipeline on{options()};
  on.service.on_probe = answers_late(seconds{2}, bare(404));
  Sent& sent = on.send({.tokens = 1000});
  on.run_for(seconds{2});
  EXPECT_EQ(on.service.probes(), 1u);
  EXPECT_EQ(on.service.requests(), 0u);
  EXPECT_EQ(on.charged_today(), 0u);
  on.run();
  EXPECT_EQ(on.service.probes(), 1u) << "after that, answers bring Dates";
  EXPECT_EQ(on.report(sent).requests.sent, 10u) << "a probe is no request";
  expect_finished(on, sent);
}

TEST_P(ClockInDoubt, BeyondTheGuardNothingIsSentAndAfterTenMinutesItPauses) {
  for (const Duration ahead : {Duration{seconds{8}}, Duration{seconds{-8}}, Duration{hours{-24}}}) {
    Pipeline on{options()};
    on.service.clock_ahead = ahead;
    Sent& sent = on.send({.tokens = 1000});
    const base::BootTime began = on.executor.boot();
    on.run_for(minutes{10} - seconds{1});
    EXPECT_FALSE(sent.stopped());
    EXPECT_NE(sent.run->trouble.find("clock"), std::string::npos) << sent.run->trouble;
    on.run(seconds{3});
    EXPECT_GE(on.executor.boot() - began, minutes{10});
    EXPECT_EQ(sent.state(), CampaignState::paused);
    EXPECT_TRUE(sent.run->clock_in_doubt) << "exit 74";
    EXPECT_NE(sent.reason().find("10 minutes"), std::string::npos) << sent.reason();
    EXPECT_NE(sent.reason().find("resume"), std::string::npos) << sent.reason();
    EXPECT_EQ(on.service.requests(), 0u);
    EXPECT_GE(on.service.probes(), 10u);
    EXPECT_LE(on.service.probes(), 12u);
    EXPECT_EQ(on.charged_today(), 0u);
  }
}

TEST_P(ClockInDoubt, SendsAreHeldUntilTheClocksAgreeAgain) {
  Pipeline on{options()};
  on.service.on_every(answers_late(milliseconds{200}));
  Sent& sent = on.send({.tokens = 20000});
  on.run_for(seconds{3});
  on.service.clock_ahead = seconds{20};
  on.run_for(seconds{2});  // what was in flight has ended, and told of it
  const std::uint64_t requests = on.service.requests();
  on.run_for(minutes{5});
  EXPECT_EQ(on.service.requests(), requests);
  EXPECT_EQ(sent.run->counted(Outcome::accepted), requests * 100) << "what was on its way counts";
  on.service.clock_ahead = {};
  on.run(minutes{2});
  expect_finished(on, sent);
}

// I38. A day, either way, on our side alone: requests in flight are neither late nor for ever, and
// what is charged is of the days that the service is in.
TEST_P(ClockInDoubt, AStepOfADayHoldsSendsAndEndsNoRequest) {
  for (const Duration step : {Duration{hours{24}}, Duration{hours{-24}}}) {
    Pipeline on{options()};
    on.service.on_every(answers_late(seconds{10}));
    Sent& sent = on.send({.tokens = 6000, .marketing_limit = 1});
    on.run_for(seconds{14});
    const base::Day today = on.calendar.day(on.executor.wall());
    on.step_our_clock(step);
    on.run_for(seconds{20});
    const std::uint64_t requests = on.service.requests();
    EXPECT_EQ(sent.run->counted(Outcome::accepted), requests * 100);
    EXPECT_EQ(sent.run->counted(Outcome::ambiguous), 0u) << "no timeout storm";
    on.run_for(minutes{2});
    EXPECT_EQ(on.service.requests(), requests);
    on.step_our_clock(-step);
    on.service.behave();
    on.run(minutes{2});
    expect_finished(on, sent);
    for (const std::string& token : sent.tokens) ASSERT_EQ(on.charged(token, today), 1u);
    on.check_recovered();
  }
}

TEST_P(ClockInDoubt, AStepThatNobodySetsRightPausesInsteadOfHanging) {
  Pipeline on{options()};
  Sent& sent = on.send({.tokens = 20000});
  on.run_for(seconds{3});
  on.step_our_clock(hours{24});
  on.run(minutes{11});
  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_TRUE(sent.run->clock_in_doubt);
  const Report report = on.report(sent);
  EXPECT_EQ(report.records, report.count(Outcome::accepted) + report.pending);
  EXPECT_EQ(report.count(Outcome::ambiguous), 0u);
}

// The clock was wrong and is set right: the service's next Date says so.
TEST_P(ClockInDoubt, AStepWithinTheGuardCostsARoundTrip) {
  Pipeline on{options()};
  Sent& sent = on.send({.tokens = 20000});
  on.service.clock_ahead = seconds{3};
  on.run_for(seconds{3});
  on.step_our_clock(seconds{3});
  on.run(seconds{12});
  expect_finished(on, sent);
}

// I39.
TEST_P(ClockInDoubt, ALeapSecondIsAbsorbed) {
  for (const Duration step : {Duration{seconds{1}}, Duration{seconds{-1}}}) {
    Pipeline on{options()};
    Sent& sent = on.send({.tokens = 20000});
    on.run_for(seconds{3});
    on.step_our_clock(step);
    on.run(seconds{10});
    EXPECT_EQ(on.service.probes(), 1u) << "the first";
    expect_finished(on, sent);
  }
}

// What has expired by a clock that jumped has not.
TEST_P(ClockInDoubt, NothingExpiresByAClockInDoubt) {
  Pipeline on{options()};
  Sent& sent = on.send({.tokens = 20000, .expires_in = hours{2}});
  on.run_for(seconds{3});
  on.step_our_clock(hours{3});
  on.run_for(minutes{1});
  EXPECT_EQ(sent.run->counted(Outcome::expired), 0u);
  on.step_our_clock(hours{-3});
  on.run(minutes{2});
  expect_finished(on, sent);
}

TEST_P(ClockInDoubt, AnEndpointWithoutDatesIsGoneByOurClockAndSaysSo) {
  Pipeline on{options()};
  on.service.sends_dates = false;
  Sent& sent = on.send({.tokens = 4000});
  on.run_for(milliseconds{1500});
  EXPECT_FALSE(sent.stopped());
  EXPECT_NE(sent.run->trouble.find("no Date"), std::string::npos) << sent.run->trouble;
  on.run(seconds{10});
  expect_finished(on, sent);
}

TEST_P(ClockInDoubt, AnEndpointThatDoesNotAnswerProbesIsNoHang) {
  for (const auto wire : {Plan::Wire::silent, Plan::Wire::refuse_stream, Plan::Wire::cut}) {
    Pipeline on{options()};
    on.service.on_probe = on_wire(wire, bare(404));
    Sent& sent = on.send({.tokens = 1000});
    on.run(seconds{100});
    expect_finished(on, sent);
  }
}

// I36 over a restart: the clock was set back a day between two processes, and the service's too, so
// that they agree.
TEST(Restart, WithTheClockSetBackOpensNoSecondAllowance) {
  Pipeline first;
  first.send({.tokens = 300, .marketing_limit = 1});
  first.run();
  const base::WallTime set_back = first.executor.wall() - hours{24};
  const base::Day later = first.calendar.day(first.executor.wall());
  Pipeline second{{.wall = set_back, .after = &first}};
  Sent& sent = second.send({.tokens = 400, .marketing_limit = 1});
  second.run();
  EXPECT_EQ(second.report(sent).count(Outcome::over_quota), 300u);
  EXPECT_EQ(second.report(sent).count(Outcome::accepted), 100u);
  for (const std::string& token : sent.tokens) EXPECT_EQ(second.charged(token, later), 1u);

  // What a third reads is what the second had.
  ledger::Accounts again;
  const auto rebuilt =
      campaign::rebuild_ledger(second.store, again, second.calendar, second.executor.wall());
  ASSERT_TRUE(rebuilt.has_value());
  EXPECT_EQ(rebuilt->days.reached, later);
  second.ledger.for_each([&](ledger::Fingerprint device, const ledger::DeviceState& had) {
    const ledger::DeviceState has = again.devices.find(device);
    for (base::Day day = later - 1; day <= later + 1; ++day) {
      const auto on = [day](const ledger::DeviceState& state) {
        const base::Day at = day - state.base;
        return at == 0 || at == 1 ? state.total[static_cast<std::size_t>(at)] : 0;
      };
      EXPECT_EQ(on(has), on(had)) << day - later;
    }
  });
}

// Near midnight both days are charged. The first of them goes on, not the last: what is sent then
// is still charged to both.
TEST(Restart, NearMidnightGoesOnWithBothDays) {
  const base::WallTime before_midnight = Pipeline::Options{}.wall + hours{14} - seconds{40};
  Pipeline first{{.wall = before_midnight}};
  first.send({.tokens = 300, .marketing_limit = 2});
  first.run();
  Pipeline second{{.wall = first.executor.wall(), .after = &first}};
  Sent& sent = second.send({.tokens = 300, .marketing_limit = 2});
  second.run();
  const base::Day today = second.calendar.day(before_midnight);
  for (const std::string& token : sent.tokens) {
    EXPECT_EQ(second.charged(token, today), 2u);
    EXPECT_EQ(second.charged(token, today + 1), 2u);
  }
}

TEST(Restart, WithTheClockSetBackAloneSendsNothing) {
  Pipeline first;
  first.send({.tokens = 300, .marketing_limit = 1});
  first.run();
  Pipeline second{{.wall = first.executor.wall() - hours{24}, .after = &first}};
  second.service.clock_ahead = hours{24};
  Sent& sent = second.send({.tokens = 300, .marketing_limit = 1});
  second.run();
  EXPECT_EQ(second.service.requests(), 0u);
  EXPECT_NE(sent.state(), CampaignState::running);
}

// A clock a month ahead fills the ledger with nothing. When it is set right while that process
// lives, what devices have had today is not known to it.
TEST(Restart, WithAClockThatIsAheadAndSetRightLaterSendsNothing) {
  Pipeline first;
  first.send({.tokens = 300, .marketing_limit = 1});
  first.run();
  const Duration ahead = hours{24 * 30};
  Pipeline second{{.wall = first.executor.wall() + hours{24 * 30}, .after = &first}};
  second.service.clock_ahead = -ahead;
  Sent& sent = second.send({.tokens = 300, .marketing_limit = 1});
  second.run_for(minutes{3});
  EXPECT_FALSE(sent.stopped());
  second.step_our_clock(-ahead);
  second.run(minutes{2});
  EXPECT_EQ(second.service.requests(), 0u);
  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_TRUE(sent.run->clock_in_doubt);
  EXPECT_NE(sent.reason().find("start it again"), std::string::npos) << sent.reason();

  Pipeline third{{.wall = second.executor.wall(), .after = &second}};
  Sent& last = third.send({.tokens = 300, .marketing_limit = 1});
  third.run();
  EXPECT_EQ(third.report(last).count(Outcome::over_quota), 300u);
}

}  // namespace
}  // namespace herald::test
