// Reserve, then send, then settle: what a fault-free run and each proven answer leave behind.
#include <gtest/gtest.h>

#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Reserving : public testing::Test {
 protected:
  Pipeline on_;
};

TEST_F(Reserving, FaultFreeRunAcceptsEveryTokenOnce) {
  Sent& sent = on_.send({.tokens = 2500});

  on_.run();

  EXPECT_EQ(sent.state(), CampaignState::finished);
  EXPECT_EQ(on_.report(sent).count(Outcome::accepted), 2500u);
  EXPECT_EQ(on_.report(sent).pending, 0u);
  EXPECT_EQ(on_.service.charges_per_device_max(), 1u);
  EXPECT_EQ(on_.report(sent).requests.sent, on_.service.requests());
  on_.check_exact();
}

TEST_F(Reserving, NoByteIsSentBeforeItsReservationIsDurable) {
  on_.store.set_latency(milliseconds{400});
  on_.send({.tokens = 1000});

  on_.run_for(milliseconds{399});
  EXPECT_EQ(on_.store.groups_unsynced(), 1u);
  EXPECT_EQ(on_.service.requests(), 0u);
  on_.run();

  EXPECT_EQ(on_.reservations.requests_checked(), 10u);
  EXPECT_GE(on_.service.arrivals().front().durable_at_first_byte, 1u);
  on_.check_exact();
}

TEST_F(Reserving, SlowCommitHoldsTheFirstByteBack) {
  on_.store.set_latency(seconds{3});
  on_.send({.tokens = 100});
  const base::BootTime began = on_.executor.boot();

  on_.run();

  EXPECT_GE(on_.service.arrivals().front().began - began, seconds{3});
  on_.check_exact();
}

TEST_F(Reserving, OneBatchIsInFlightUntilTheFirstPositiveAnswer) {
  on_.service.on_request(1, answers_late(seconds{10}));
  on_.send({.tokens = 2000});

  on_.run_for(seconds{9});
  EXPECT_EQ(on_.service.requests(), 1u);
  on_.run();

  EXPECT_GT(on_.service.requests_open_max(), 1u);
  on_.check_exact();
}

TEST_F(Reserving, ListedTokensAreInvalidAndReleasedTheRestAccepted) {
  on_.service.on_request(2, answers(partly({0, 7, 99})));
  Sent& sent = on_.send({.tokens = 300});

  on_.run();

  const Report report = on_.report(sent);
  EXPECT_EQ(report.count(Outcome::accepted), 297u);
  EXPECT_EQ(report.count(Outcome::invalid), 3u);
  EXPECT_EQ(report.reasons.at("invalid.tokenFormatError"), 3u);
  EXPECT_EQ(on_.charged_today(), 297u);
  on_.check_exact();
}

TEST_F(Reserving, PayloadCodeRejectsReleasesAndPauses) {
  on_.service.on_every(answers(coded(400, "80100003", "Illegal payload, badge")));
  Sent& sent = on_.send({.tokens = 1000});

  on_.run();

  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_NE(sent.reason().find("80100003"), std::string::npos) << sent.reason();
  EXPECT_EQ(on_.service.requests(), 1u);
  EXPECT_EQ(on_.report(sent).count(Outcome::rejected), 100u);
  EXPECT_EQ(on_.charged_today(), 0u);
  on_.check_exact();
}

TEST_F(Reserving, AppCodePausesAndTheBatchStaysPending) {
  on_.service.on_every(answers(coded(400, "80300002")));
  Sent& sent = on_.send({.tokens = 1000});

  on_.run();

  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_EQ(on_.service.requests(), 1u);
  const Report report = on_.report(sent);
  EXPECT_EQ(report.pending, report.records);
  EXPECT_EQ(on_.charged_today(), 0u);
  on_.check_exact();
}

TEST_F(Reserving, PartlyWithAnAppReasonPausesAfterThatBatch) {
  on_.service.on_every(answers(partly({1}, "noPushTypeRight")));
  Sent& sent = on_.send({.tokens = 1000});

  on_.run();

  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_EQ(on_.service.requests(), 1u);
  EXPECT_EQ(on_.report(sent).count(Outcome::accepted), 99u);
  on_.check_exact();
}

TEST_F(Reserving, HundredTokensRefusedInARowPause) {
  on_.service.on_every(answers(all_invalid("noRight")));
  Sent& sent = on_.send({.tokens = 1000, .batch = 40});

  on_.run();

  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_EQ(on_.service.requests(), 3u) << "40, 80, 120 tokens";
  EXPECT_EQ(on_.report(sent).count(Outcome::invalid), 120u);
  EXPECT_EQ(on_.charged_today(), 0u);
  on_.check_exact();
}

TEST_F(Reserving, AcceptedBatchBetweenStartsTheRowOfRefusalsAgain) {
  on_.service.on_others(
      [](std::uint64_t index) { return answers(index % 3 == 0 ? accepted() : all_invalid()); });
  Sent& sent = on_.send({.tokens = 360, .batch = 40});
  on_.service.settings.streams_max = 1;  // so that answers come in turn

  on_.run();

  EXPECT_EQ(sent.state(), CampaignState::finished);
  EXPECT_EQ(on_.report(sent).count(Outcome::accepted), 120u);
  on_.check_exact();
}

TEST_F(Reserving, PenaltyPausesEveryCampaignOfTheApp) {
  Sent& first = on_.send({.tokens = 100000});
  on_.run_for(milliseconds{200});
  on_.service.on_every(answers(coded(200, "80300037")));
  Sent& second = on_.send({.tokens = 1000, .first = 200000});

  on_.run();

  EXPECT_EQ(first.state(), CampaignState::paused);
  EXPECT_EQ(second.state(), CampaignState::paused);
  EXPECT_NE(second.reason().find("80300037"), std::string::npos) << second.reason();
  on_.check_exact();
}

TEST_F(Reserving, QuotaOfTwoHoldsOverThreeCampaigns) {
  Sent* campaigns[3] = {};
  for (auto& each : campaigns) each = &on_.send({.tokens = 500});

  on_.run();

  EXPECT_EQ(on_.service.charges_per_device_max(), 2u);
  std::uint64_t over = 0;
  for (const auto* each : campaigns) over += on_.report(*each).count(Outcome::over_quota);
  EXPECT_EQ(over, 500u);
  on_.check_exact();
}

TEST_F(Reserving, LimitOfZeroSendsNothing) {
  Sent& sent = on_.send({.tokens = 500, .marketing_limit = 0});
  on_.run();
  EXPECT_EQ(on_.service.requests(), 0u);
  EXPECT_EQ(on_.report(sent).count(Outcome::over_quota), 500u);
  on_.check_exact();
}

TEST_F(Reserving, SameTurnsFromTheSameSeed) {
  std::uint64_t steps[2] = {};
  for (auto& each : steps) {
    Pipeline on;
    on.send({.tokens = 3000});
    on.service.on_request(4, on_wire(Plan::Wire::cut));
    on.run();
    each = on.executor.steps();
  }
  EXPECT_EQ(steps[0], steps[1]);
}

// The spool of a live audience that cannot be written ends the program as a disk error does (70), not
// as an audience that is cut off (5); what was written down before is sent and accounted for.
TEST(Reserve, AnAudienceThatCannotBeWrittenDownIsAFailureOfTheDisk) {
  for (const Errc code : {Errc::disk, Errc::audience}) {
    Pipeline on;
    Sent& sent = on.send({.tokens = 300});
    sent.run->input_error = Error{code, "spool/1.zst: cannot write"};
    on.run();
    EXPECT_EQ(sent.state(), CampaignState::input_error);
    EXPECT_EQ(sent.run->failure.has_value(), code == Errc::disk);
    EXPECT_EQ(on.report(sent).count(Outcome::accepted), 300u);
  }
}

}  // namespace
}  // namespace herald::test
