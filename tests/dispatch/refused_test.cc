// What follows when the service refuses for now, or says nothing that can be believed.
#include <gtest/gtest.h>

#include <set>

#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Over either protocol: what an answer proves does not turn on how it came.
class Refused : public testing::TestWithParam<transport::Protocol> {
 protected:
  Pipeline on_{{.protocol = GetParam()}};
};

TEST_P(Refused, UnauthorisedRenewsOnceAndGoesOn) {
  on_.service.on_request(1, answers(coded(401, "80200005")));
  Sent& sent = on_.send({.tokens = 500});

  on_.run();

  EXPECT_EQ(sent.state(), CampaignState::finished);
  EXPECT_EQ(on_.credentials.renewals(), 1u);
  EXPECT_EQ(on_.service.arrivals()[1].authorization, "Bearer 2");
  EXPECT_EQ(on_.service.charges_per_device_max(), 1u);
  on_.check_exact();
}

TEST_P(Refused, UnauthorisedForEverTakesTwoRequestsAndPauses) {
  on_.service.on_every(answers(bare(401)));
  Sent& sent = on_.send({.tokens = 5000});
  Sent& other = on_.send({.tokens = 100, .first = 9000});

  on_.run();

  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_EQ(other.state(), CampaignState::paused) << "they share the key";
  EXPECT_NE(sent.reason().find("clock"), std::string::npos) << sent.reason();
  EXPECT_LE(on_.service.requests(), 4u) << "two of each";
  EXPECT_EQ(on_.report(sent).pending, on_.report(sent).records);
  EXPECT_EQ(on_.charged_today(), 0u);
  on_.check_exact();
}

TEST_P(Refused, KeyThatCannotSignPauses) {
  on_.credentials.refuse_to_renew();
  on_.service.on_every(answers(coded(401, "80200001")));
  Sent& sent = on_.send({.tokens = 500});
  on_.run();
  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_EQ(on_.service.requests(), 1u);
  EXPECT_NE(sent.reason().find("cannot sign"), std::string::npos) << sent.reason();
  on_.check_exact();
}

TEST_P(Refused, EachLaterRefusalOfTheTokenIsRenewedAgain) {
  on_.service.on_request(1, answers(bare(401)));
  on_.service.on_request(20, answers(bare(401)));
  on_.service.settings.streams_max = 1;
  Sent& sent = on_.send({.tokens = 3000});
  on_.run();
  EXPECT_EQ(sent.state(), CampaignState::finished);
  EXPECT_EQ(on_.credentials.renewals(), 2u);
  on_.check_exact();
}

TEST_P(Refused, FlowControlSlowsAndResendsUnderTheSameCharge) {
  on_.service.on_request(5, answers(bare(503)));
  on_.service.on_request(6, answers(bare(429)));
  Sent& sent = on_.send({.tokens = 2000});

  on_.run();

  const Report report = on_.report(sent);
  EXPECT_EQ(report.count(Outcome::accepted), 2000u);
  EXPECT_EQ(report.rate_limited, 2u);
  EXPECT_EQ(report.requests.retried, 2u);
  EXPECT_EQ(on_.service.charges_per_device_max(), 1u);
  on_.check_exact();
}

// I47. Six requests a second are nominal for full batches; the floor is one.
TEST_P(Refused, UnderNothingBut503TheRateFallsToOneRequestASecondWithinTenSeconds) {
  Pipeline on{{.rate = 6000, .protocol = GetParam()}};
  on.send({.tokens = 100000, .batch = 1000});
  on.run_until_requests(12);
  on.service.on_every(answers(bare(503)));
  on.run_for(seconds{10});
  const std::uint64_t before = on.service.requests();
  on.run_for(seconds{60});
  EXPECT_LE(on.service.requests() - before, 61u);
  EXPECT_GE(on.service.requests() - before, 10u) << "it goes on asking";
  on.service.behave();
  on.run();
  on.check_exact();
}

TEST_P(Refused, TestMessagesTooFastWaitAMinute) {
  on_.service.on_request(1, answers(coded(200, "80300029")));
  on_.send({.tokens = 100});
  on_.run();
  const auto& arrivals = on_.service.arrivals();
  ASSERT_EQ(arrivals.size(), 2u);
  EXPECT_GE(arrivals[1].began - arrivals[0].began, seconds{60});
  on_.check_exact();
}

TEST_P(Refused, ThreeUnreadableAnswersInARowPauseAndStayCharged) {
  for (const auto& reply :
       {html(), bad_json(), duplicate_code(), bare(200, true), coded_and_taken(200, "87654321")}) {
    Pipeline on{{.protocol = GetParam()}};
    on.service.settings.streams_max = 1;
    on.service.on_every(answers(reply));
    Sent& sent = on.send({.tokens = 1000});
    on.run();
    EXPECT_EQ(sent.state(), CampaignState::paused);
    EXPECT_EQ(on.service.requests(), 3u);
    EXPECT_EQ(on.report(sent).count(Outcome::ambiguous), 300u);
    EXPECT_EQ(on.charged_today(), 300u);
    on.check_exact();
  }
}

TEST_P(Refused, ServerErrorsProveNothingWhateverTheirBodySays) {
  for (const int status : {500, 502, 504, 408}) {
    SCOPED_TRACE(status);
    Pipeline on{{.protocol = GetParam()}};
    on.service.on_request(2, answers(coded_and_taken(status, "80100001")));
    Sent& sent = on.send({.tokens = 500});
    on.run();
    EXPECT_EQ(sent.state(), CampaignState::finished);
    EXPECT_EQ(on.report(sent).count(Outcome::ambiguous), 100u);
    on.check_exact();
  }
}

TEST_P(Refused, RedirectIsNotFollowedStaysChargedAndPauses) {
  on_.service.on_every(answers(bare(302)));
  Sent& sent = on_.send({.tokens = 500});
  on_.run();
  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_EQ(on_.service.requests(), 1u);
  EXPECT_EQ(on_.report(sent).count(Outcome::ambiguous), 100u);
  on_.check();
}

TEST_P(Refused, ListsThatCannotBeBelievedLeaveTheRestAmbiguous) {
  struct Case {
    const char* name;
    Replies reply;
    std::uint64_t invalid;
  };
  for (const Case& each :
       {Case{"outside", partly_outside(), 0}, Case{"counts", partly_wrong_counts(), 1},
        Case{"unreadable", partly_unreadable(), 0}}) {
    SCOPED_TRACE(each.name);
    Pipeline on{{.protocol = GetParam()}};
    on.service.on_request(2, answers(each.reply));
    Sent& sent = on.send({.tokens = 300});
    on.run();
    const Report report = on.report(sent);
    EXPECT_EQ(report.count(Outcome::invalid), each.invalid);
    EXPECT_EQ(report.count(Outcome::ambiguous), 100 - each.invalid);
    EXPECT_EQ(report.count(Outcome::accepted), 200u);
    on.check_exact();
  }
}

TEST_P(Refused, PauseSettlesWhatIsInFlightAndVoidsTheRest) {
  on_.service.settings.streams_max = 4;
  Sent& sent = on_.send({.tokens = 5000});
  on_.run_until_requests(20);

  on_.pause(sent);
  on_.run(seconds{5});

  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_EQ(sent.reason(), "by the test");
  const Report report = on_.report(sent);
  EXPECT_GT(report.count(Outcome::accepted), 0u);
  EXPECT_LT(report.count(Outcome::accepted), 5000u);
  EXPECT_EQ(report.count(Outcome::ambiguous), 0u);
  EXPECT_EQ(on_.service.taken(), report.count(Outcome::accepted));
  on_.check_exact();
}

TEST_P(Refused, PauseAtAnyMomentLeavesLedgerAndAccountEqual) {
  for (int after = 0; after < 120; after += 3) {
    SCOPED_TRACE("paused after " + std::to_string(after) + " ms");
    Pipeline on{{.protocol = GetParam()}};
    on.store.set_latency(milliseconds{7});
    on.service.settings.streams_max = 3;
    on.service.on_others([](std::uint64_t index) {
      return answers(index % 5 == 4 ? bare(503) : index % 7 == 6 ? bare(401) : accepted());
    });
    Sent& sent = on.send({.tokens = 3000});
    on.run_for(milliseconds{after});
    on.pause(sent);
    on.run(seconds{60});
    on.check_exact();
  }
}

// What was given back is cancelled with its campaign; what is not in the store was not read.
TEST_P(Refused, CancelAtAnyMomentLeavesNothingPending) {
  std::uint64_t cancelled = 0;
  for (int after = 0; after < 120; after += 3) {
    SCOPED_TRACE("cancelled after " + std::to_string(after) + " ms");
    Pipeline on{{.protocol = GetParam()}};
    on.store.set_latency(milliseconds{7});
    on.service.settings.streams_max = 3;
    on.service.on_others([](std::uint64_t index) {
      return answers(index % 5 == 4 ? bare(503) : index % 7 == 6 ? bare(401) : accepted());
    });
    Sent& sent = on.send({.tokens = 3000});
    on.run_for(milliseconds{after});
    if (after % 2 == 0) on.pause(sent);  // and then, while it stops, it is cancelled
    on.cancel(sent);
    on.run(seconds{60});
    EXPECT_EQ(sent.state(), CampaignState::cancelled);
    EXPECT_EQ(sent.reason(), "");
    const Report report = on.report(sent);
    EXPECT_EQ(report.pending, 0u);
    EXPECT_EQ(on.service.taken(), report.count(Outcome::accepted));
    cancelled += report.count(Outcome::cancelled);
    on.check_exact();
  }
  EXPECT_GT(cancelled, 0u);
}

INSTANTIATE_TEST_SUITE_P(Over, Refused,
                         testing::Values(transport::Protocol::http1, transport::Protocol::http2),
                         [](const auto& protocol) { return protocol_name(protocol.param); });

}  // namespace
}  // namespace herald::test
