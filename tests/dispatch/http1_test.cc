// What is its own over HTTP/1.1: one request a connection, no streams to refuse, and connections
// that are left before they become a risk.
#include <gtest/gtest.h>

#include "engine/transport/http1_session.h"
#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class OverHttp1 : public testing::Test {
 protected:
  void expect_all_accepted_once(Sent& sent) {
    EXPECT_EQ(sent.state(), CampaignState::finished);
    EXPECT_EQ(on_.report(sent).count(Outcome::accepted), sent.tokens.size());
    EXPECT_EQ(on_.service.charges_per_device_max(), 1u);
    on_.check_exact();
  }
  void expect_ambiguous(Sent& sent, std::uint64_t tokens) {
    EXPECT_EQ(sent.state(), CampaignState::finished);
    EXPECT_EQ(on_.report(sent).count(Outcome::ambiguous), tokens);
    EXPECT_EQ(on_.report(sent).count(Outcome::accepted), sent.tokens.size() - tokens);
    EXPECT_EQ(on_.charged_today(), sent.tokens.size()) << "what nobody knows stays charged";
    on_.check();
  }

  Pipeline on_{{.protocol = transport::Protocol::http1}};
};

TEST_F(OverHttp1, CampaignIsSentOverFewConnectionsThatAreKept) {
  Sent& sent = on_.send({.tokens = 10000});
  on_.run();
  EXPECT_EQ(on_.service.requests(), 100u);
  EXPECT_LE(on_.service.connections(), 4u);
  expect_all_accepted_once(sent);
}

TEST_F(OverHttp1, OneRequestAConnectionOpensConnectionsUpToTheirMost) {
  on_.service.settings.thinks = milliseconds{100};
  Sent& sent = on_.send({.tokens = 5000});
  on_.run();
  EXPECT_EQ(on_.service.connections(), 4u);
  EXPECT_EQ(on_.service.requests_open_max(), 4u);
  expect_all_accepted_once(sent);
}

TEST_F(OverHttp1, AnswersAreReadHoweverTheyEnd) {
  on_.service.on_others(
      [](std::uint64_t index) { return in_form(static_cast<Plan::Form>(index % 3)); });
  Sent& sent = on_.send({.tokens = 3000});
  on_.run();
  EXPECT_GE(on_.service.connections(), 10u) << "a third of the answers end theirs";
  expect_all_accepted_once(sent);
}

TEST_F(OverHttp1, AnswerWithoutALengthThatIsCutShortIsAmbiguous) {
  on_.service.on_request(3, in_form(Plan::Form::cut_short));
  Sent& sent = on_.send({.tokens = 1000});
  on_.run();
  expect_ambiguous(sent, 100);
}

TEST_F(OverHttp1, ServerThatClosesAfterEveryAnswerIsObeyed) {
  on_.service.on_every(on_wire(Plan::Wire::goaway_at));
  Sent& sent = on_.send({.tokens = 2000});
  on_.run();
  EXPECT_EQ(on_.service.connections(), 20u);
  expect_all_accepted_once(sent);
}

// With HTTP/2 it could have said so, and they would be sent again.
TEST_F(OverHttp1, RequestCutOffBeforeItWasProcessedIsAmbiguousAllTheSame) {
  on_.service.on_request(2, on_wire(Plan::Wire::refuse_stream));
  on_.service.on_request(4, on_wire(Plan::Wire::goaway_below));
  Sent& sent = on_.send({.tokens = 1000});
  on_.run();
  EXPECT_EQ(on_.service.taken(), 800u);
  expect_ambiguous(sent, 200);
}

TEST_F(OverHttp1, RequestWhoseLastByteHadNotLeftAtItsDeadlineIsResentAndChargedOnce) {
  on_.service.settings.wire.socket_bytes = 4000;
  Sent& sent = on_.send({.tokens = 1000, .batch = 1000});
  on_.executor.run_until([&] { return on_.service.connections() == 1; }, seconds{1});
  on_.service.wire(0)->stall(true);
  on_.run();
  EXPECT_EQ(on_.service.connections(), 2u);
  EXPECT_EQ(on_.service.requests(), 1u) << "the first was never whole";
  expect_all_accepted_once(sent);
}

TEST_F(OverHttp1, EarlyRefusalCountsAndTheConnectionIsNotUsedAgain) {
  on_.service.settings.wire.socket_bytes = 4000;
  on_.service.on_request(2, on_wire(Plan::Wire::answer_early, bare(503)));
  Sent& sent = on_.send({.tokens = 10000, .batch = 1000});
  on_.run();
  EXPECT_EQ(on_.report(sent).rate_limited, 1u);
  EXPECT_EQ(on_.service.requests(), 11u);
  expect_all_accepted_once(sent);
}

// What a server closes while it idles is a risk only if something is sent there.
TEST_F(OverHttp1, AfterAQuietSpellAnotherConnectionIsOpened) {
  on_.send({.tokens = 100});
  on_.run();
  EXPECT_EQ(on_.service.connections(), 1u);
  on_.run_for(transport::kHttp1IdleMax + seconds{1});
  EXPECT_FALSE(on_.service.wire(0) != nullptr && on_.service.wire(0)->alive());
  Sent& later = on_.send({.tokens = 100, .first = 5000});
  on_.run();
  EXPECT_EQ(on_.service.connections(), 2u);
  expect_all_accepted_once(later);
}

TEST_F(OverHttp1, SilentServerCostsEachRequestItsDeadlineAndNothingElse) {
  on_.service.on_request(2, on_wire(Plan::Wire::silent));
  on_.service.on_request(3, on_wire(Plan::Wire::silent));
  Sent& sent = on_.send({.tokens = 2000});
  on_.run_for(seconds{5});
  EXPECT_EQ(on_.service.requests(), 20u) << "others go on";
  on_.run();
  expect_ambiguous(sent, 200);
}

TEST_F(OverHttp1, StoreFailureEndsEverythingAndNothingMoreIsSent) {
  for (std::uint64_t nth = 1; nth <= 12; ++nth) {
    SCOPED_TRACE("commit " + std::to_string(nth));
    Pipeline on{{.protocol = transport::Protocol::http1}};
    on.store.fail_from_commit(nth);
    Sent& sent = on.send({.tokens = 2000});
    on.run();
    ASSERT_TRUE(sent.run->failure);
    on.run_for(milliseconds{20});  // what was on its way arrives
    const std::uint64_t begun = on.service.requests();
    on.run_for(seconds{120});
    EXPECT_EQ(on.service.requests(), begun);
    EXPECT_LE(on.service.charges_per_device_max(), 1u);
  }
}

}  // namespace
}  // namespace herald::test
