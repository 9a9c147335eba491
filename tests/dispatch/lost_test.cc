// What a sender may rely on when a stream or a connection dies with requests on it.
#include <gtest/gtest.h>

#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LosingOver : public testing::Test {
 protected:
  explicit LosingOver(transport::Protocol protocol) : on_{{.protocol = protocol}} {}

  void expect_all_accepted_once(Sent& sent) {
    EXPECT_EQ(sent.state(), CampaignState::finished);
    EXPECT_EQ(on_.report(sent).count(Outcome::accepted), sent.tokens.size());
    EXPECT_EQ(on_.service.charges_per_device_max(), 1u);
    on_.check_exact();
  }
  void expect_ambiguous(Sent& sent, std::uint64_t tokens, const std::string& reason) {
    const Report report = on_.report(sent);
    EXPECT_EQ(report.count(Outcome::ambiguous), tokens);
    EXPECT_EQ(report.count(Outcome::accepted), sent.tokens.size() - tokens);
    EXPECT_EQ(report.reasons.count("ambiguous." + reason), 1u);
    EXPECT_EQ(on_.charged_today(), sent.tokens.size()) << "what nobody knows stays charged";
    on_.check();
  }

  Pipeline on_;
};

// What only HTTP/2 can say. What is left of it in HTTP/1.1 is in http1_test.cc.
class Losing : public LosingOver {
 protected:
  Losing() : LosingOver(transport::Protocol::http2) {}
};

class LosingEither : public LosingOver, public testing::WithParamInterface<transport::Protocol> {
 protected:
  LosingEither() : LosingOver(GetParam()) {}
};

TEST_F(Losing, RefusedStreamIsResentAndChargedOnce) {
  on_.service.on_request(3, on_wire(Plan::Wire::refuse_stream));
  Sent& sent = on_.send({.tokens = 1000});
  on_.run();
  EXPECT_EQ(on_.service.requests(), 11u);
  expect_all_accepted_once(sent);
}

TEST_F(Losing, FiveRefusalsInARowPause) {
  on_.service.on_every(on_wire(Plan::Wire::refuse_stream));
  Sent& sent = on_.send({.tokens = 1000});
  on_.run();
  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_EQ(on_.service.requests(), 5u);
  EXPECT_EQ(on_.charged_today(), 0u);
  on_.check_exact();
}

// One of 500 runs against a pushsim with several faults at once was paused for this.
TEST_F(Losing, RefusalsWhileOthersAreAnsweredDoNotPause) {
  for (std::uint32_t request = 2; request < 400; ++request) {
    if (request % 4 != 0) on_.service.on_request(request, on_wire(Plan::Wire::refuse_stream));
  }
  Sent& sent = on_.send({.tokens = 1000});
  on_.run();
  EXPECT_GT(on_.service.requests(), 20u);
  expect_all_accepted_once(sent);
}

TEST_F(Losing, RequestAboveGoawaysLastStreamIsResentAndChargedOnce) {
  on_.service.on_request(4, on_wire(Plan::Wire::goaway_below));
  Sent& sent = on_.send({.tokens = 1000});
  on_.run();
  EXPECT_GE(on_.service.connections(), 2u);
  expect_all_accepted_once(sent);
}

TEST_P(LosingEither, RequestAtGoawaysLastStreamIsAnsweredThere) {
  on_.service.on_request(4, on_wire(Plan::Wire::goaway_at));
  Sent& sent = on_.send({.tokens = 1000});
  on_.run();
  EXPECT_GE(on_.service.connections(), 2u);
  expect_all_accepted_once(sent);
}

// A going connection counted as usable, so nothing was sent until its last request had ended.
TEST_P(LosingEither, SendingGoesOnWhileAGoingConnectionWaitsForItsLastAnswer) {
  on_.service.on_request(2, answers_late(seconds{20}));
  on_.service.on_request(3, on_wire(Plan::Wire::goaway_at));
  Sent& sent = on_.send({.tokens = 1000});
  on_.run_for(seconds{5});
  EXPECT_EQ(on_.service.taken(), 1000u);
  on_.run();
  expect_all_accepted_once(sent);
}

TEST_P(LosingEither, ConnectionLostBehindTheBodyIsAmbiguousAndStaysCharged) {
  on_.service.on_request(1, on_wire(Plan::Wire::cut));
  Sent& sent = on_.send({.tokens = 1000});
  on_.run();
  expect_ambiguous(sent, 100, "connection_lost");
}

TEST_F(Losing, RequestWhoseLastByteCannotHaveLeftIsResent) {
  on_.service.settings.initial_window = 500;  // the body waits for a window that does not come
  on_.service.settings.updates_windows = false;
  on_.service.on_request(1, on_wire(Plan::Wire::cut_in_body));
  Sent& sent = on_.send({.tokens = 100});
  on_.executor.run_until([&] { return on_.service.connections() == 1; }, seconds{1});
  on_.service.settings = {};  // of the next connection
  on_.run();
  EXPECT_EQ(on_.service.requests(), 2u);
  expect_all_accepted_once(sent);
}

TEST_F(Losing, AnyOtherResetIsAmbiguous) {
  for (const std::uint32_t code : {0u, 1u, 2u, 8u, 11u}) {
    SCOPED_TRACE("RST_STREAM code " + std::to_string(code));
    Pipeline on;
    on.service.on_request(2, resets(code));
    Sent& sent = on.send({.tokens = 500});
    on.run();
    EXPECT_EQ(on.report(sent).count(Outcome::ambiguous), 100u);
    EXPECT_EQ(on.report(sent).reasons.at("ambiguous.reset"), 100u);
    EXPECT_EQ(on.charged_today(), 500u);
    on.check();
  }
}

TEST_P(LosingEither, RequestNeverAnsweredIsAmbiguousAtItsDeadline) {
  on_.service.on_request(2, on_wire(Plan::Wire::silent));
  Sent& sent = on_.send({.tokens = 500});
  const base::BootTime began = on_.executor.boot();
  on_.run();
  EXPECT_LT(on_.executor.boot() - began, seconds{32});
  expect_ambiguous(sent, 100, "deadline");
}

TEST_P(LosingEither, AnswerThatComesTooLateChangesNothing) {
  on_.service.on_request(2, answers_late(seconds{40}));
  Sent& sent = on_.send({.tokens = 500});
  on_.run();
  on_.run_for(seconds{30});
  expect_ambiguous(sent, 100, "deadline");
}

TEST_F(Losing, SilentConnectionIsFoundByPingWithinFifteenSeconds) {
  on_.service.settings.streams_max = 4;
  Sent& sent = on_.send({.tokens = 2000});
  on_.run_until_requests(5);
  on_.service.wire(0)->go_dark();
  const base::BootTime began = on_.executor.boot();
  on_.executor.run_until([&] { return on_.service.connections() > 1; }, seconds{60});
  EXPECT_LE(on_.executor.boot() - began, seconds{15});
  on_.run();
  EXPECT_EQ(sent.state(), CampaignState::finished);
  on_.check();
}

// After a quiet spell the PING was given one millisecond instead of eight seconds.
TEST_F(Losing, RequestAfterAQuietSpellIsNotTakenForADeadConnection) {
  on_.send({.tokens = 100});
  on_.run();
  on_.run_for(seconds{40});
  Sent& later = on_.send({.tokens = 100, .first = 5000});
  on_.run();
  EXPECT_EQ(on_.service.connections(), 1u);
  expect_all_accepted_once(later);
}

TEST_F(Losing, ServerThatClosesAfterEveryGreetingIsNotAskedWithoutPause) {
  Sent& sent = on_.send({.tokens = 100, .expires_in = seconds{60}});
  std::size_t greeted = 0;
  on_.executor.run_until(
      [&] {
        for (; greeted < on_.service.connections(); ++greeted) {
          if (auto* session = on_.service.session(greeted)) session->goaway(0);
        }
        return sent.stopped() || greeted > 5000;
      },
      seconds{120});
  EXPECT_TRUE(sent.stopped());
  EXPECT_LT(greeted, 200u) << sent.reason();
}

// The property behind the cases: whichever request the fault falls on.
TEST_P(LosingEither, WhereverTheFaultFallsTotalsAddUpAndNoDeviceGetsTwo) {
  using Wire = Plan::Wire;
  for (const Wire wire : {Wire::refuse_stream, Wire::reset, Wire::goaway_below, Wire::goaway_at,
                          Wire::cut_in_body, Wire::cut, Wire::silent}) {
    for (std::uint64_t at = 1; at <= 10; ++at) {
      SCOPED_TRACE("fault " + std::to_string(static_cast<int>(wire)) + " at " + std::to_string(at));
      Pipeline on{{.protocol = GetParam()}};
      on.service.on_request(at, on_wire(wire));
      Sent& sent = on.send({.tokens = 1000});
      on.run();
      EXPECT_EQ(sent.state(), CampaignState::finished);
      EXPECT_EQ(on.service.charges_per_device_max(), 1u);
      on.check();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Over, LosingEither,
                         testing::Values(transport::Protocol::http1, transport::Protocol::http2),
                         [](const auto& protocol) { return protocol_name(protocol.param); });

}  // namespace
}  // namespace herald::test
