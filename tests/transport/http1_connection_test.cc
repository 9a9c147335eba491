// One connection against a server that speaks HTTP/1.1 as the test scripts it, on virtual time: how
// requests end, and when the connection is kept.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/transport/connection.h"
#include "engine/transport/http1_session.h"
#include "tests/support/memory_stream.h"
#include "tests/support/virtual_executor.h"

namespace herald::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// Keeps what it is sent, and says what the test says.
class Script final : public test::Wire::Peer {
 public:
  explicit Script(test::Wire& wire) : wire_(wire) {}
  void on_bytes(std::span<const std::uint8_t> bytes) override {
    heard.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void on_eof() override { eof = true; }
  void say(std::string_view text) {
    wire_.peer_send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }

  std::string heard;
  bool eof = false;

 private:
  test::Wire& wire_;
};

// A machine that slept: time went by, and no timer went off yet.
class SleepyClock final : public base::Clock {
 public:
  explicit SleepyClock(const base::Clock& awake) : awake_(awake) {}
  base::WallTime wall() const override { return awake_.wall(); }
  base::BootTime boot() const override { return awake_.boot() + slept; }

  test::Duration slept{};

 private:
  const base::Clock& awake_;
};

class Http1 : public testing::Test, public Connection::Owner, public StreamFactory {
 protected:
  struct Heard {
    int tag;
    End how;
    bool may_have_left;
    int status;
    bool oversize;
    std::string body;
    base::BootTime when;
  };

  std::unique_ptr<ByteStream> connect(ByteStream::Handler& handler) override {
    wire_ = std::make_shared<test::Wire>(executor_, wire_settings_, handler);
    auto script = std::make_unique<Script>(*wire_);
    server_ = script.get();
    wire_->open(std::move(script), Protocol::http1);
    return std::make_unique<test::MemoryStream>(wire_);
  }
  void on_ended(Connection&, void* tag, const Ended& ended) override {
    heard_.push_back({static_cast<int>(static_cast<char*>(tag) - tags_), ended.how,
                      ended.may_have_left, ended.status, ended.oversize, std::string{ended.body},
                      executor_.boot()});
  }
  void on_capacity(Connection&) override { ++capacity_; }
  void on_closed(Connection&, const Error& error, bool opened) override {
    EXPECT_FALSE(closed_) << "said twice";
    EXPECT_EQ(connection_->requests_open(), 0u);
    EXPECT_TRUE(opened);
    closed_ = error;
    closed_at_ = executor_.boot();
  }

  void open() {
    closed_.reset();
    heard_.clear();
    connection_ = std::make_unique<Connection>(*this, *this, executor_, clock_, Timing{});
    executor_.run_for(milliseconds{20});
    ASSERT_TRUE(connection_->is_open());
    EXPECT_GT(capacity_, 0);
  }
  void submit(int tag, std::size_t tokens = 3) {
    ASSERT_TRUE(connection_->can_take());
    bodies_.push_back("\"token\"");
    for (std::size_t i = 1; i < tokens; ++i) bodies_.back() += ",\"token\"";
    connection_->submit({.path = "/v3/1/messages:send",
                         .authority = "push.example:8443",
                         .authorization = "Bearer x",
                         .push_type = "0",
                         .body = {R"({"target":{"token":[)", bodies_.back(), "]}}"}},
                        &tags_[static_cast<std::size_t>(tag)]);
    connection_->flush();
  }
  std::string request_text() const {
    const std::string body = R"({"target":{"token":[)" + bodies_.back() + "]}}";
    return "POST /v3/1/messages:send HTTP/1.1\r\nHost: push.example:8443\r\n"
           "Content-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\nAuthorization: Bearer x\r\npush-type: 0\r\n\r\n" +
           body;
  }
  void pass(milliseconds time = milliseconds{20}) { executor_.run_for(time); }
  void say(std::string_view text) {
    server_->say(text);
    pass();
  }
  const Heard& only() {
    EXPECT_EQ(heard_.size(), 1u);
    static const Heard kNothing{};
    return heard_.empty() ? kNothing : heard_[0];
  }
  void expect_closed_by_us() {
    EXPECT_TRUE(closed_);
    pass();
    EXPECT_TRUE(server_->eof);
  }

  test::VirtualExecutor executor_;
  SleepyClock clock_{executor_};
  test::WireSettings wire_settings_;
  std::shared_ptr<test::Wire> wire_;
  Script* server_ = nullptr;
  std::deque<std::string> bodies_;
  char tags_[100] = {};
  std::vector<Heard> heard_;
  std::optional<Error> closed_;
  base::BootTime closed_at_{};
  int capacity_ = 0;
  std::unique_ptr<Connection> connection_;
};

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
