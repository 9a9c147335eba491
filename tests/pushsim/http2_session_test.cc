// The faults of the wire, seen by a real HTTP/2 client.
#include "tools/pushsim/http2_session.h"

#include <gtest/gtest.h>

#include "tests/pushsim/wire.h"

namespace pushsim {
namespace {

Options fault(Fault fault, double rate = 1) {
  Options options;
  options.faults = {{fault, rate, {}}};
  return options;
}

std::string many(std::size_t count) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < count; ++i)
    tokens.push_back(std::string(100, 'a') + std::to_string(i));
  return alert_body(tokens);
}

TEST(Http2Session, AnswersSeveralRequestsOfSeveralFrames) {
  Wire wire{Options{}};
  const auto first = wire.request(many(1000));
  const auto second = wire.request(many(500));
  wire.exchange();
  EXPECT_EQ(wire.seen(first).status, "200");
  EXPECT_NE(wire.seen(second).body.find("80000000"), std::string::npos);
  EXPECT_EQ(wire.accepted(), 1500u);
  EXPECT_EQ(wire.counters().in_flight, 0u);
  EXPECT_EQ(wire.counters().in_flight_max, 2u);
}

TEST(Http2Session, TellsTheDateToWhoAsksWithoutCredentialsOrFault) {
  Wire wire(fault(Fault::drop_before));
  const auto stream = wire.get("/");
  wire.exchange();
  EXPECT_EQ(wire.seen(stream).status, "404");
  EXPECT_TRUE(wire.seen(stream).date.ends_with(" GMT")) << wire.seen(stream).date;
  EXPECT_TRUE(wire.seen(stream).ended);
  EXPECT_EQ(wire.counters().probes, 1u);
  EXPECT_EQ(wire.counters().received, 0u);
}

TEST(Http2Session, SmallWindowsOnlySlowItDown) {
  Options options;
  options.stream_window = options.connection_window = 1000;
  Wire wire(options);
  const auto stream = wire.request(many(1000));
  wire.exchange();
  EXPECT_EQ(wire.seen(stream).status, "200");
  EXPECT_EQ(wire.accepted(), 1000u);
}

TEST(Http2Session, RefusedIsResetAsRefusedStream) {
  Wire wire(fault(Fault::refused));
  const auto stream = wire.request(many(1));
  wire.exchange();
  EXPECT_EQ(wire.seen(stream).error, static_cast<std::uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_EQ(wire.accepted(), 0u);
}

TEST(Http2Session, ResetsBeforeAndAfterDifferInTheAccountOnly) {
  for (const Fault kind : {Fault::rst_before, Fault::rst_after}) {
    Wire wire(fault(kind));
    const auto stream = wire.request(many(3));
    wire.exchange();
    EXPECT_EQ(wire.seen(stream).error, static_cast<std::uint32_t>(NGHTTP2_INTERNAL_ERROR));
    EXPECT_EQ(wire.seen(stream).status, "");
    EXPECT_EQ(wire.accepted(), kind == Fault::rst_after ? 3u : 0u);
    EXPECT_EQ(wire.counters().unanswered.tokens, kind == Fault::rst_after ? 3u : 0u);
  }
}

TEST(Http2Session, GoawayExcludesItsRequestAndAnswersEarlierOnes) {
  Options options = fault(Fault::goaway, 0);
  options.latency = std::chrono::milliseconds(20);
  // The rate decides by the seed; find one whose first draw misses and second hits.
  options.faults[0].rate = 0.5;
  for (options.seed = 0;; ++options.seed) {
    FaultPlan plan(options.faults, options.seed);
    if (plan.draw().fault == Fault::none && plan.draw().fault == Fault::goaway) break;
  }
  Wire wire(options);
  const auto first = wire.request(many(1));
  const auto second = wire.request(many(2));
  const auto third = wire.request(many(4));
  wire.exchange();
  EXPECT_EQ(wire.goaway_last_id(), first);
  EXPECT_EQ(wire.seen(second).error, static_cast<std::uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_EQ(wire.seen(third).error, static_cast<std::uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_FALSE(wire.session().finished());
  while (wire.fire_timer()) continue;
  EXPECT_EQ(wire.seen(first).status, "200");
  EXPECT_EQ(wire.accepted(), 1u);
  EXPECT_TRUE(wire.session().finished());
}

TEST(Http2Session, GoawayForTheFirstRequestSaysThatNothingWasProcessed) {
  Wire wire(fault(Fault::goaway));
  const auto stream = wire.request(many(1));
  wire.exchange();
  EXPECT_EQ(wire.goaway_last_id(), 0);
  EXPECT_EQ(wire.seen(stream).error, static_cast<std::uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_TRUE(wire.session().finished());
  EXPECT_EQ(wire.accepted(), 0u);
}

// A GOAWAY below a request that was processed would be a lie.
TEST(Http2Session, GoawayWaitsUntilNothingAboveItWasProcessed) {
  Options options = fault(Fault::goaway, 0.5);
  for (options.seed = 0;; ++options.seed) {
    FaultPlan plan(options.faults, options.seed);
    if (plan.draw().fault == Fault::none && plan.draw().fault == Fault::goaway &&
        plan.draw().fault == Fault::none) {
      break;
    }
  }
  Wire wire(options);
  const auto slow = wire.request_in_two(many(1));
  const auto quick = wire.request(many(2));
  wire.exchange();
  EXPECT_EQ(wire.seen(quick).status, "200");
  wire.finish(slow);  // its draw is a goaway
  wire.exchange();
  EXPECT_EQ(wire.goaway_last_id(), -1);
  EXPECT_EQ(wire.seen(slow).status, "200");
  const auto next = wire.request(many(4));
  wire.exchange();
  EXPECT_EQ(wire.goaway_last_id(), quick);
  EXPECT_EQ(wire.seen(next).error, static_cast<std::uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_EQ(wire.accepted(), 3u);
}

TEST(Http2Session, GoawayLastIncludesItsRequest) {
  Wire wire(fault(Fault::goaway_last));
  const auto first = wire.request(many(1));
  const auto second = wire.request(many(2));
  wire.exchange();
  EXPECT_EQ(wire.goaway_last_id(), first);
  EXPECT_EQ(wire.seen(first).status, "200");
  EXPECT_EQ(wire.seen(second).error, static_cast<std::uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_EQ(wire.accepted(), 1u);
  EXPECT_TRUE(wire.session().finished());
}

TEST(Http2Session, DropsCutTheConnection) {
  for (const Fault kind : {Fault::drop_before, Fault::drop_after}) {
    Wire wire(fault(kind));
    wire.request(many(3));
    wire.exchange();
    EXPECT_TRUE(wire.session().cut());
    EXPECT_EQ(wire.accepted(), kind == Fault::drop_after ? 3u : 0u);
    EXPECT_EQ(wire.counters().unanswered.tokens, kind == Fault::drop_after ? 3u : 0u);
  }
}

// The request that is cut takes down what else was counted on its connection.
TEST(Http2Session, ADropLeavesEarlierHeldBackAnswersUnanswered) {
  Options options = fault(Fault::drop_before, 0.5);
  options.latency = std::chrono::milliseconds(20);
  for (options.seed = 0;; ++options.seed) {
    FaultPlan plan(options.faults, options.seed);
    if (plan.draw().fault == Fault::none && plan.draw().fault == Fault::drop_before) break;
  }
  Wire wire(options);
  wire.request(many(3));
  wire.request(many(5));
  wire.exchange();
  wire.close();
  EXPECT_EQ(wire.accepted(), 3u);
  EXPECT_EQ(wire.counters().unanswered.tokens, 3u);
  EXPECT_EQ(wire.counters().in_flight, 0u);
}

TEST(Http2Session, AClientThatGoesAwayLosesItsAnswers) {
  Options options;
  options.latency = std::chrono::milliseconds(20);
  Wire wire(options);
  wire.request(many(3));
  wire.exchange();
  EXPECT_EQ(wire.counters().in_flight, 1u);
  wire.close();
  EXPECT_EQ(wire.counters().lost.tokens, 3u);
  EXPECT_EQ(wire.counters().unanswered.tokens, 0u);
}

TEST(Http2Session, NeverMeansNever) {
  Wire wire(fault(Fault::never));
  const auto stream = wire.request(many(1));
  wire.exchange();
  EXPECT_FALSE(wire.fire_timer());
  EXPECT_FALSE(wire.seen(stream).closed);
  EXPECT_EQ(wire.accepted(), 1u);
  wire.close();
  EXPECT_EQ(wire.counters().unanswered.requests, 1u);  // and not once more as lost
  EXPECT_EQ(wire.counters().lost.requests, 0u);
}

TEST(Http2Session, LateComesThreeSecondsLater) {
  Wire wire(fault(Fault::late));
  const auto stream = wire.request(many(1));
  wire.exchange();
  EXPECT_EQ(wire.seen(stream).status, "");
  EXPECT_EQ(wire.accepted(), 1u);
  EXPECT_TRUE(wire.fire_timer());
  EXPECT_EQ(wire.waited(), std::chrono::seconds(3));
  EXPECT_EQ(wire.seen(stream).status, "200");
}

TEST(Http2Session, DripSendsAByteATime) {
  Wire wire(fault(Fault::drip));
  const auto stream = wire.request(many(1));
  wire.exchange();
  EXPECT_EQ(wire.seen(stream).status, "200");
  EXPECT_EQ(wire.seen(stream).body, "");
  std::size_t bytes = 0;
  while (!wire.seen(stream).ended) {
    ASSERT_TRUE(wire.fire_timer());
    ASSERT_EQ(wire.seen(stream).body.size(), ++bytes);
  }
  EXPECT_EQ(wire.seen(stream).body.back(), '}');
  EXPECT_EQ(wire.waited(), bytes * std::chrono::milliseconds(100));
}

TEST(Http2Session, GoawayEveryEndsAConnectionWithoutLosingARequest) {
  Options options;
  options.goaway_every = 2;
  Wire wire(options);
  const auto first = wire.request(many(1));
  const auto second = wire.request(many(1));
  const auto third = wire.request(many(1));
  wire.exchange();
  for (const auto stream : {first, second, third}) EXPECT_EQ(wire.seen(stream).status, "200");
  EXPECT_EQ(wire.goaway_last_id(), third);
  EXPECT_TRUE(wire.session().finished());
}

TEST(Http2Session, AHugeBodyIsAnswered413) {
  Wire wire{Options{}};
  const auto stream = wire.request(std::string(std::size_t{5} << 20, 'x'));
  wire.exchange();
  EXPECT_EQ(wire.seen(stream).status, "413");
}

}  // namespace
}  // namespace pushsim
