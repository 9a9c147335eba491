// HTTP/1.1: how requests are read however they arrive, and what the faults look like there.
#include "tools/pushsim/http1_session.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pushsim/support.h"

namespace pushsim {
namespace {

using testing::HasSubstr;

class Http1SessionTest : public testing::Test {
 protected:
  void start(const Options& options = {}) {
    bench_ = std::make_unique<Bench>(options);
    session_ = std::make_unique<Http1Session>(
        bench_->service, [this](std::chrono::microseconds delay, std::int32_t request) {
          timers_.emplace_back(delay, request);
        });
  }
  void start_with(Fault fault) {
    Options options;
    options.faults = {{fault, 1, {}}};
    start(options);
  }

  std::string head(std::string_view fields) const {
    return fmt::format(
        "POST /v3/1234567890/messages:send HTTP/1.1\r\nHost: x\r\nAUTHORIZATION:  {} \r\n"
        "Push-Type: 0\r\n{}\r\n",
        bench_->bearer, fields);
  }
  std::string request(const std::string& body, std::string_view fields = "") const {
    return head(fmt::format("Content-Length: {}\r\n{}", body.size(), fields)) + body;
  }

  bool send(std::string_view bytes) { return session_->receive(bytes); }
  std::string output() {
    std::string out;
    session_->produce(out, 1 << 20);
    return out;
  }
  std::uint64_t accepted() const { return bench_->service.account().totals().accepted; }
  const ServiceCounters& counters() const { return bench_->service.counters(); }

  std::unique_ptr<Bench> bench_;
  std::unique_ptr<Http1Session> session_;
  std::vector<std::pair<std::chrono::microseconds, std::int32_t>> timers_;
};

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_F(Http1SessionTest, TellsTheDateToWhoAsksWithoutCredentialsOrFault) {
  start_with(Fault::drop_before);
  EXPECT_TRUE(send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string out = output();
  EXPECT_THAT(out, testing::StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(out, HasSubstr("\r\nDate: "));
  EXPECT_EQ(counters().probes, 1u);
  EXPECT_EQ(counters().received, 0u);
  EXPECT_EQ(counters().in_flight, 0u);
  EXPECT_FALSE(send(request(alert_body({"t"})))) << "the fault is the next request's";
}

TEST_F(Http1SessionTest, AnswersAndKeepsTheConnection) {
  start();
  EXPECT_TRUE(send(request(alert_body({"a", "b"}))));
  const std::string out = output();
  EXPECT_TRUE(out.starts_with("HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 02:00:00 GMT\r\n")) << out;
  EXPECT_THAT(out, HasSubstr("\"code\":\"80000000\""));
  EXPECT_FALSE(session_->finished());
  EXPECT_EQ(accepted(), 2u);
  EXPECT_EQ(counters().in_flight, 0u);
}

TEST_F(Http1SessionTest, WhereverTheBytesAreCutTheRequestIsTheSame) {
  start();
  const std::string text = request(alert_body({"a"}));
  for (std::size_t cut = 1; cut < text.size(); cut += 7) {
    send(text.substr(0, cut));
    send(text.substr(cut));
    ASSERT_THAT(output(), HasSubstr("80000000")) << cut;
  }
}

TEST_F(Http1SessionTest, RequestsInARowAreAnsweredInOrder) {
  start();
  send(request(alert_body({"a"})) + request("nonsense") + request(alert_body({"b"})));
  const std::string out = output();
  EXPECT_EQ(count(out, "HTTP/1.1 "), 3u);
  EXPECT_LT(out.find("80000000"), out.find("80100001"));
  EXPECT_EQ(accepted(), 2u);
}

TEST_F(Http1SessionTest, ChunkedBodiesAreRead) {
  start();
  const std::string body = alert_body({"a"});
  const std::string text = head("Transfer-Encoding: chunked\r\n") +
                           fmt::format("5\r\n{}\r\n{:X};x=y\r\n{}\r\n0\r\n\r\n", body.substr(0, 5),
                                       body.size() - 5, body.substr(5));
  for (const char c : text) ASSERT_TRUE(send({&c, 1}));
  EXPECT_THAT(output(), HasSubstr("80000000"));
  send(request(body));
  EXPECT_THAT(output(), HasSubstr("80000000"));
}

TEST_F(Http1SessionTest, ExpectContinueIsAnsweredOnce) {
  start();
  const std::string body = alert_body({"a"});
  send(head(fmt::format("Content-Length: {}\r\nExpect: 100-continue\r\n", body.size())));
  EXPECT_EQ(output(), "HTTP/1.1 100 Continue\r\n\r\n");
  send(body);
  EXPECT_TRUE(output().starts_with("HTTP/1.1 200"));
}

TEST_F(Http1SessionTest, WhatIsNoRequestIsAnswered400AndClosed) {
  for (const char* text :
       {"hello\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nX\r\n\r\n",
        "GET / HTTP/1.1\r\nX : y\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
    start();
    send(text);
    EXPECT_TRUE(output().starts_with("HTTP/1.1 400 ")) << text;
    EXPECT_TRUE(session_->finished()) << text;
    EXPECT_EQ(counters().in_flight, 0u) << text;
  }
}

TEST_F(Http1SessionTest, ConnectionCloseIsObeyed) {
  start();
  send(request(alert_body({"a"}), "Connection: close\r\n"));
  EXPECT_THAT(output(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(session_->finished());
}

TEST_F(Http1SessionTest, AnswersAreHeldBackByTheLatency) {
  Options options;
  options.latency = std::chrono::milliseconds(20);
  start(options);
  send(request(alert_body({"a"})) + request(alert_body({"b"})));
  EXPECT_EQ(output(), "");
  ASSERT_EQ(timers_.size(), 1u);
  session_->on_timer(timers_[0].second);
  EXPECT_EQ(count(output(), "80000000"), 1u);
  session_->on_timer(timers_[0].second);  // void: its request is over
  EXPECT_EQ(output(), "");
  ASSERT_EQ(timers_.size(), 2u);
  session_->on_timer(timers_[1].second);
  EXPECT_EQ(count(output(), "80000000"), 1u);
}

TEST_F(Http1SessionTest, ResetsAndGoawayAreCuts) {
  for (const Fault fault : {Fault::refused, Fault::goaway, Fault::rst_before, Fault::drop_before,
                            Fault::rst_after, Fault::drop_after}) {
    start_with(fault);
    EXPECT_FALSE(send(request(alert_body({"a"}))));
    EXPECT_TRUE(session_->cut());
    EXPECT_EQ(accepted(), counts_first(fault) ? 1u : 0u);
    session_.reset();
    EXPECT_EQ(counters().unanswered.requests, counts_first(fault) ? 1u : 0u);
    EXPECT_EQ(counters().in_flight, 0u);
  }
}

TEST_F(Http1SessionTest, GoawayLastAnswersAndCloses) {
  start_with(Fault::goaway_last);
  send(request(alert_body({"a"})));
  EXPECT_THAT(output(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(session_->finished());
  EXPECT_EQ(accepted(), 1u);
}

TEST_F(Http1SessionTest, DripSendsAByteATime) {
  start_with(Fault::drip);
  send(request(alert_body({"a"})));
  EXPECT_TRUE(output().ends_with("\r\n\r\n"));
  std::string body;
  for (std::size_t i = 0; i < timers_.size(); ++i) {
    session_->on_timer(timers_[i].second);
    const std::string out = output();
    ASSERT_EQ(out.size(), 1u);
    body += out;
  }
  EXPECT_TRUE(body.ends_with("\"}"));
  EXPECT_EQ(counters().in_flight, 0u);
}

}  // namespace
}  // namespace pushsim
