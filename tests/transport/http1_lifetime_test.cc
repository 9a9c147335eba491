// When a request over HTTP/1.1 has waited long enough, and a connection has served long enough.
#include "engine/transport/http1_session.h"
#include "tests/transport/http1_fixture.h"

namespace herald::transport {
namespace {

TEST_F(Http1, DeadlineEndsTheRequestAndTheConnection) {
  open();
  const base::BootTime began = executor_.boot();
  submit(1);
  pass(seconds{31});
  EXPECT_EQ(only().how, End::deadline);
  EXPECT_TRUE(only().may_have_left);
  EXPECT_LE(only().when - began, Timing{}.request + milliseconds{2});
  expect_closed_by_us();
}

// I46.
TEST_F(Http1, SlowDripDoesNotExtendTheDeadline) {
  open();
  const base::BootTime began = executor_.boot();
  submit(1);
  pass();
  server_->say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  for (int i = 0; i < 35; ++i) {
    server_->say("x");
    pass(seconds{1});
  }
  EXPECT_EQ(only().how, End::deadline);
  EXPECT_LE(only().when - began, Timing{}.request + milliseconds{2});
}

TEST_F(Http1, WhatHadNotLeftAtTheDeadlineNeverLeaves) {
  for (const std::size_t tokens : {5000u, 100000u}) {
    SCOPED_TRACE(tokens);
    wire_settings_.socket_bytes = 4000;
    open();
    wire_->stall(true);
    submit(1, tokens);
    pass(seconds{31});
    EXPECT_EQ(only().how, End::deadline);
    EXPECT_FALSE(only().may_have_left);
    EXPECT_TRUE(closed_);
    wire_->stall(false);
    pass(seconds{1});
    EXPECT_LT(server_->heard.size(), request_text().size());
  }
}

TEST_F(Http1, DeadlineOfAnEarlierRequestIsNotThatOfALaterOne) {
  open();
  for (int i = 0; i < 14; ++i) {
    submit(i);
    pass(seconds{3});
    say(kAnswer);
  }
  submit(20);
  pass(seconds{29});
  EXPECT_FALSE(closed_);
  say(kAnswer);
  EXPECT_EQ(heard_.back().how, End::answered);
}

TEST_F(Http1, IdleConnectionIsLeftBeforeItsServerMayWantTo) {
  open();
  submit(1);
  pass(seconds{10});
  say(kAnswer);
  const base::BootTime answered = only().when;
  pass(seconds{4});
  EXPECT_TRUE(connection_->can_take());
  pass(seconds{3});
  expect_closed_by_us();
  EXPECT_EQ(closed_at_ - answered, kHttp1IdleMax);
}

TEST_F(Http1, ConnectionThatIsNeverUsedIsLeftTheSame) {
  open();
  pass(seconds{6});
  expect_closed_by_us();
}

TEST_F(Http1, AfterASleepOfTheMachineNothingIsSentOnAStaleConnection) {
  open();
  clock_.slept = seconds{20};
  EXPECT_FALSE(connection_->can_take());
  EXPECT_EQ(connection_->free_streams(), 0u);
  EXPECT_TRUE(connection_->blocked_by_peer()) << "another connection would help";
  pass(seconds{6});
  expect_closed_by_us();
}

TEST_F(Http1, AfterAMinuteOfRequestsTheConnectionIsLeft) {
  open();
  const base::BootTime began = executor_.boot();
  int sent = 0;
  while (!closed_ && sent < 99) {
    submit(sent++);
    pass(seconds{2});
    say(kAnswer);
  }
  expect_closed_by_us();
  EXPECT_GE(closed_at_ - began, kHttp1AgeMax - milliseconds{20});
  EXPECT_LE(closed_at_ - began, kHttp1AgeMax + seconds{3});
  EXPECT_EQ(heard_.size(), static_cast<std::size_t>(sent));
  EXPECT_EQ(heard_.back().how, End::answered) << "the last one was waited for";
}

TEST_F(Http1, AfterAThousandRequestsTheConnectionIsLeft) {
  open();
  std::uint32_t sent = 0;
  while (!closed_ && sent < 2 * kHttp1RequestsMax) {
    submit(static_cast<int>(sent++ % 100));
    pass(milliseconds{10});
    server_->say(kAnswer);
    pass(milliseconds{10});
  }
  EXPECT_EQ(sent, kHttp1RequestsMax);
  EXPECT_EQ(heard_.size(), kHttp1RequestsMax);
  expect_closed_by_us();
}

TEST_F(Http1, DrainLetsWhatIsOpenEndAndTakesNothingNew) {
  open();
  submit(1);
  connection_->drain();
  EXPECT_FALSE(connection_->can_take());
  EXPECT_EQ(connection_->free_streams(), 0u);
  pass();
  say(kAnswer);
  EXPECT_EQ(only().how, End::answered);
  expect_closed_by_us();
}

TEST_F(Http1, AbortEndsTheRequestWithinTheCall) {
  open();
  submit(1);
  connection_->abort({Errc::disk, "the store failed"});
  EXPECT_EQ(only().how, End::lost);
  EXPECT_TRUE(closed_);
}

}  // namespace
}  // namespace herald::transport
