// Requests over HTTP/1.1, and how they end: whatever the server answers, and wherever it is cut
// off.
#include "tests/transport/http1_fixture.h"

namespace herald::transport {
namespace {

TEST_F(Http1, RequestIsSentAsTheServiceWantsIt) {
  open();
  submit(1);
  pass();
  EXPECT_EQ(server_->heard, request_text());
  say(kAnswer);
  EXPECT_EQ(only().how, End::answered);
  EXPECT_EQ(only().tag, 1);
  EXPECT_EQ(only().status, 200);
  EXPECT_EQ(only().body, "hello");
  EXPECT_FALSE(closed_);
}

TEST_F(Http1, BodiesOfManyRecordsArriveWhole) {
  wire_settings_.socket_bytes = 5000;
  open();
  submit(1, 50000);
  pass(seconds{5});
  EXPECT_EQ(server_->heard, request_text());
}

TEST_F(Http1, OneRequestAtATime) {
  open();
  EXPECT_EQ(connection_->free_streams(), 1u);
  EXPECT_FALSE(connection_->blocked_by_peer());
  submit(1);
  pass();
  EXPECT_FALSE(connection_->can_take());
  EXPECT_EQ(connection_->free_streams(), 0u);
  EXPECT_TRUE(connection_->blocked_by_peer()) << "another connection would help";
  say(kAnswer);
  EXPECT_TRUE(connection_->can_take());
  EXPECT_EQ(connection_->free_streams(), 1u);
}

TEST_F(Http1, ConnectionIsKeptFromAnswerToAnswer) {
  open();
  for (int i = 0; i < 10; ++i) {
    submit(i);
    pass();
    EXPECT_EQ(server_->heard, request_text());
    server_->heard.clear();
    say(i % 2 == 0 ? kAnswer
                   : "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n");
  }
  ASSERT_EQ(heard_.size(), 10u);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(heard_[static_cast<std::size_t>(i)].tag, i);
    EXPECT_EQ(heard_[static_cast<std::size_t>(i)].status, i % 2 == 0 ? 200 : 503);
    EXPECT_EQ(heard_[static_cast<std::size_t>(i)].body, i % 2 == 0 ? "hello" : "no");
  }
  EXPECT_FALSE(closed_);
}

TEST_F(Http1, AnswersThatEndTheConnectionCountAndEndIt) {
  for (const std::string_view text : {
           "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
           "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
           "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 500 No\r\n\r\n",
       }) {
    SCOPED_TRACE(text);
    open();
    submit(1);
    pass();
    say(text);
    EXPECT_EQ(only().how, End::answered);
    EXPECT_EQ(only().status, 200);
    EXPECT_EQ(only().body, "hello");
    expect_closed_by_us();
  }
}

TEST_F(Http1, WithoutALengthTheAnswerIsWholeOnlyIfThePeerFinished) {
  for (const bool finishes : {true, false}) {
    SCOPED_TRACE(finishes);
    open();
    submit(1);
    pass();
    say("HTTP/1.1 200 OK\r\n\r\nhel");
    say("lo");
    EXPECT_TRUE(heard_.empty());
    finishes ? wire_->finish() : wire_->cut();
    pass();
    EXPECT_EQ(only().how, finishes ? End::answered : End::lost);
    EXPECT_TRUE(only().may_have_left);
    if (finishes) {
      EXPECT_EQ(only().body, "hello");
    }
    EXPECT_TRUE(closed_);
  }
}

// However the connection ends, and wherever in the answer it does.
TEST_F(Http1, AnswerThatIsCutShortIsNone) {
  for (std::size_t size = 0; size <= kAnswer.size(); ++size) {
    for (const bool finishes : {true, false}) {
      SCOPED_TRACE(testing::Message() << size << " bytes, finishes: " << finishes);
      open();
      submit(1);
      pass();
      say(kAnswer.substr(0, size));
      finishes ? wire_->finish() : wire_->cut();
      pass();
      EXPECT_EQ(only().how, size == kAnswer.size() ? End::answered : End::lost);
      EXPECT_TRUE(only().may_have_left);
      EXPECT_TRUE(closed_);
    }
  }
}

TEST_F(Http1, AnswerMayComeByteByByte) {
  open();
  submit(1);
  pass();
  for (const char byte : kAnswer) {
    EXPECT_TRUE(heard_.empty());
    say({&byte, 1});
  }
  EXPECT_EQ(only().body, "hello");
  EXPECT_TRUE(connection_->can_take());
}

TEST_F(Http1, InterimAnswersArePassedOver) {
  open();
  submit(1);
  pass();
  say("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(heard_.empty());
  say("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
  say(kAnswer);
  EXPECT_EQ(only().status, 200);
  EXPECT_TRUE(connection_->can_take());
}

TEST_F(Http1, WhatIsNoAnswerEndsTheRequestInDoubtAndTheConnection) {
  for (const std::string_view text :
       {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "<html>who are you?</html>\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n"}) {
    SCOPED_TRACE(text);
    open();
    submit(1);
    pass();
    say(text);
    EXPECT_EQ(only().how, End::reset);
    EXPECT_TRUE(only().may_have_left);
    expect_closed_by_us();
    EXPECT_NE(closed_->what.find("breaks HTTP/1.1"), std::string::npos) << closed_->what;
  }
}

// I49.
TEST_F(Http1, AnswerOverOneMebibyteIsOversizeAndOverOneHundredFieldsIsNone) {
  open();
  submit(1);
  pass();
  say("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n" + std::string(1048577, ' '));
  EXPECT_EQ(only().how, End::answered);
  EXPECT_TRUE(only().oversize);
  EXPECT_LE(only().body.size(), kAnswerBytesMax);
  submit(2);
  pass();
  std::string text = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 101; ++i) text += "x: y\r\n";
  say(text + "Content-Length: 0\r\n\r\n");
  ASSERT_EQ(heard_.size(), 2u);
  EXPECT_EQ(heard_[1].how, End::reset);
  EXPECT_TRUE(closed_);
}

TEST_F(Http1, AnswerBeforeTheBodyIsSentCountsAndTheRestIsNotSent) {
  wire_settings_.socket_bytes = 20000;
  open();
  wire_->stall(true);
  submit(1, 100000);
  pass();
  say("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(only().how, End::answered);
  EXPECT_EQ(only().status, 413);
  EXPECT_FALSE(only().may_have_left);
  EXPECT_TRUE(closed_);
  wire_->stall(false);
  pass(seconds{1});
  EXPECT_LT(server_->heard.size(), 100000u);
}

// All of it was with the byte stream, but not all of it with the socket.
TEST_F(Http1, AnswerBeforeTheBodyHasLeftOurBufferEndsTheConnectionToo) {
  wire_settings_.socket_bytes = 4000;
  open();
  wire_->stall(true);
  submit(1, 5000);
  pass();
  say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(only().how, End::answered);
  EXPECT_EQ(only().status, 503);
  EXPECT_TRUE(closed_);
}

TEST_F(Http1, ConnectionLostBehindTheBodyIsInDoubt) {
  for (const bool finishes : {true, false}) {
    open();
    submit(1);
    pass();
    finishes ? wire_->finish() : wire_->cut();
    pass();
    EXPECT_EQ(only().how, End::lost);
    EXPECT_TRUE(only().may_have_left);
  }
}

TEST_F(Http1, BodyThatWaitsInOurBufferHasNotLeft) {
  wire_settings_.socket_bytes = 4000;
  open();
  wire_->stall(true);
  submit(1, 5000);
  pass();
  wire_->cut();
  pass();
  EXPECT_EQ(only().how, End::lost);
  EXPECT_FALSE(only().may_have_left);
}

TEST_F(Http1, ConnectionLostWhileItIdlesCostsNothing) {
  open();
  wire_->cut();
  pass();
  EXPECT_TRUE(closed_);
  EXPECT_TRUE(heard_.empty());
}

TEST_F(Http1, WhoSpeaksUnaskedIsLeft) {
  open();
  say("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
  expect_closed_by_us();
  EXPECT_TRUE(heard_.empty());
}

// Not the second request's answer: not a byte of it had been given to the socket.
TEST_F(Http1, AnswerToWhatThePeerCannotHaveSeenIsNotBelieved) {
  bodies_.push_back("\"token\",\"token\",\"token\"");
  wire_settings_.socket_bytes = request_text().size();
  open();
  wire_->stall(true);  // it answers, and reads nothing
  submit(1);
  pass();
  say(kAnswer);
  EXPECT_EQ(only().how, End::answered);
  submit(2);
  say(kAnswer);
  ASSERT_EQ(heard_.size(), 2u);
  EXPECT_EQ(heard_[1].how, End::lost);
  EXPECT_FALSE(heard_[1].may_have_left);
  EXPECT_TRUE(closed_);
}

}  // namespace
}  // namespace herald::transport
