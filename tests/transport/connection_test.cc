// One connection against a real HTTP/2 server session on virtual time: how requests end, and when.
#include "engine/transport/connection.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/transport/http2_session.h"
#include "tests/support/service_connection.h"
#include "tests/support/service_model.h"
#include "tests/support/virtual_executor.h"

namespace herald::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::answers_late;
using test::Plan;

class Connecting : public testing::Test, public Connection::Owner {
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

  void open() {
    connection_ = std::make_unique<Connection>(*this, service_, executor_, executor_, Timing{});
    executor_.run_for(milliseconds{20});
    ASSERT_TRUE(connection_->is_open());
  }
  void submit(int tag, std::size_t tokens = 10) {
    ASSERT_TRUE(connection_->can_take());
    bodies_.push_back("\"token\"");
    for (std::size_t i = 1; i < tokens; ++i) bodies_.back() += ",\"token\"";
    connection_->submit({.path = "/v3/1/messages:send",
                         .authority = "push.example",
                         .authorization = "Bearer x",
                         .push_type = "0",
                         .body = {R"({"target":{"token":[)", bodies_.back(), "]}}"}},
                        &tags_[static_cast<std::size_t>(tag)]);
    connection_->flush();
  }
  const Heard& only() {
    EXPECT_EQ(heard_.size(), 1u);
    static const Heard kNothing{};
    return heard_.empty() ? kNothing : heard_[0];
  }

  void on_ended(Connection&, void* tag, const Ended& ended) override {
    heard_.push_back({static_cast<int>(static_cast<char*>(tag) - tags_), ended.how,
                      ended.may_have_left, ended.status, ended.oversize, std::string{ended.body},
                      executor_.boot()});
  }
  void on_capacity(Connection&) override {}
  void on_closed(Connection&, const Error& error, bool opened) override {
    EXPECT_FALSE(closed_) << "said twice";
    EXPECT_EQ(connection_ == nullptr ? 0 : connection_->requests_open(), 0u);
    closed_ = error;
    opened_ = opened;
    closed_at_ = executor_.boot();
  }

  test::VirtualExecutor executor_;
  test::ServiceModel service_{executor_};
  std::deque<std::string> bodies_;
  char tags_[100] = {};
  std::vector<Heard> heard_;
  std::optional<Error> closed_;
  bool opened_ = false;
  base::BootTime closed_at_{};
  std::unique_ptr<Connection> connection_;
};

TEST_F(Connecting, RequestIsSentAsTheServiceWantsIt) {
  open();
  submit(1, 3);
  executor_.run_for(seconds{1});
  EXPECT_EQ(only().how, End::answered);
  EXPECT_EQ(only().status, 200);
  EXPECT_EQ(only().tag, 1);
  EXPECT_NE(only().body.find("80000000"), std::string::npos);
  const test::Arrival& arrival = service_.arrivals()[0];
  EXPECT_EQ(arrival.path, "/v3/1/messages:send");
  EXPECT_EQ(arrival.authorization, "Bearer x");
  EXPECT_EQ(arrival.push_type, "0");
  EXPECT_EQ(arrival.tokens.size(), 3u);
}

TEST_F(Connecting, BodiesOfManyFramesArriveWhole) {
  service_.settings.wire.socket_bytes = 5000;
  open();
  submit(1, 50000);
  executor_.run_for(seconds{5});
  EXPECT_EQ(only().how, End::answered);
  EXPECT_EQ(service_.arrivals()[0].tokens.size(), 50000u);
}

TEST_F(Connecting, PeerThatDoesNotBeginWithSettingsIsLeft) {
  service_.settings.sends_settings = false;
  connection_ = std::make_unique<Connection>(*this, service_, executor_, executor_, Timing{});
  executor_.run_for(seconds{10});
  ASSERT_TRUE(closed_);
  EXPECT_FALSE(opened_);
}

TEST_F(Connecting, PeerThatSaysNothingIsGivenUpAfterTheConnectTime) {
  service_.connects = test::ServiceModel::Connects::never;
  const base::BootTime began = executor_.boot();
  connection_ = std::make_unique<Connection>(*this, service_, executor_, executor_, Timing{});
  executor_.run_for(seconds{10});
  ASSERT_TRUE(closed_);
  EXPECT_FALSE(opened_);
  EXPECT_EQ(closed_at_ - began, Timing{}.connect);
}

TEST_F(Connecting, DeadlineEndsARequestAndNotTheConnection) {
  service_.on_request(1, on_wire(Plan::Wire::silent));
  open();
  const base::BootTime began = executor_.boot();
  submit(1);
  executor_.run_for(seconds{31});
  EXPECT_EQ(only().how, End::deadline);
  EXPECT_TRUE(only().may_have_left);
  EXPECT_LE(only().when - began, Timing{}.request + milliseconds{2});
  EXPECT_TRUE(connection_->is_open());
  submit(2);
  executor_.run_for(seconds{1});
  EXPECT_EQ(heard_.back().how, End::answered);
}

// I46. The answer trickles in; PINGs are answered all the while.
TEST_F(Connecting, SlowDripDoesNotExtendTheDeadline) {
  service_.on_request(1, on_wire(Plan::Wire::silent));
  open();
  const base::BootTime began = executor_.boot();
  submit(1);
  for (int i = 0; i < 35; ++i) {
    executor_.run_for(seconds{1});
    service_.session(0)->ping();
  }
  EXPECT_EQ(only().how, End::deadline);
  EXPECT_LE(only().when - began, Timing{}.request + milliseconds{2});
}

// The reset waited behind the body for a socket that never emptied, and the request with it.
TEST_F(Connecting, DeadlineHoldsAlthoughThePeerTakesNothing) {
  service_.settings.initial_window = 1 << 30;
  service_.settings.wire.socket_bytes = 20000;
  open();
  service_.session(0)->open_windows(1 << 30);
  executor_.run_for(milliseconds{50});
  service_.wire(0)->stall(true);
  const base::BootTime began = executor_.boot();
  submit(1, 100000);
  for (int i = 0; i < 40 && heard_.empty(); ++i) {
    executor_.run_for(seconds{1});
    if (service_.wire(0) != nullptr) service_.session(0)->ping();
  }
  EXPECT_EQ(only().how, End::deadline);
  EXPECT_FALSE(only().may_have_left);
  EXPECT_LE(only().when - began, Timing{}.request + seconds{2});
}

TEST_F(Connecting, SilenceIsFoundByPing) {
  service_.on_request(1, on_wire(Plan::Wire::silent));
  open();
  submit(1);
  executor_.run_for(milliseconds{20});
  service_.wire(0)->go_dark();
  const base::BootTime began = executor_.boot();
  executor_.run_for(seconds{20});
  ASSERT_TRUE(closed_);
  EXPECT_LE(closed_at_ - began, seconds{15});
  EXPECT_EQ(only().how, End::lost);
  EXPECT_TRUE(only().may_have_left);
}

TEST_F(Connecting, QuietPeerThatAnswersPingsIsKept) {
  service_.on_request(1, answers_late(seconds{28}));
  open();
  submit(1);
  executor_.run_for(seconds{29});
  EXPECT_EQ(only().how, End::answered);
  EXPECT_FALSE(closed_);
}

TEST_F(Connecting, BodyThatWaitsForAWindowHasNotLeft) {
  service_.settings.initial_window = 50;
  service_.settings.updates_windows = false;
  open();
  submit(1, 100);
  EXPECT_FALSE(connection_->can_take()) << "one body at a time";
  EXPECT_TRUE(connection_->blocked_by_peer());
  executor_.run_for(seconds{1});
  service_.wire(0)->cut();
  executor_.run_for(seconds{1});
  EXPECT_EQ(only().how, End::lost);
  EXPECT_FALSE(only().may_have_left);
}

TEST_F(Connecting, BodyThatWaitsInOurBufferHasNotLeft) {
  service_.settings.initial_window = 1 << 20;
  service_.settings.wire.socket_bytes = 4000;
  open();
  service_.wire(0)->stall(true);
  submit(1, 5000);
  executor_.run_for(seconds{1});
  service_.wire(0)->cut();
  executor_.run_for(seconds{1});
  EXPECT_EQ(only().how, End::lost);
  EXPECT_FALSE(only().may_have_left);
}

// It was said not to have left, and sent again, while the buffer kept the whole of it for the peer.
TEST_F(Connecting, BodyInOurBufferAtItsDeadlineMayYetLeave) {
  service_.settings.wire.socket_bytes = 4000;
  open();
  service_.wire(0)->stall(true);
  submit(1, 5000);
  for (int i = 0; i < 31; ++i) {
    executor_.run_for(seconds{1});
    service_.session(0)->ping();
  }
  EXPECT_EQ(only().how, End::deadline);
  EXPECT_TRUE(only().may_have_left);
  service_.wire(0)->stall(false);
  executor_.run_for(seconds{1});
  EXPECT_EQ(service_.arrivals()[0].tokens.size(), 5000u);
}

TEST_F(Connecting, AnswerBeforeTheBodyIsDoneCounts) {
  service_.settings.initial_window = 50;
  service_.on_request(1, on_wire(Plan::Wire::answer_early, test::bare(413)));
  open();
  submit(1, 1000);
  executor_.run_for(seconds{31});
  EXPECT_EQ(only().how, End::answered);
  EXPECT_EQ(only().status, 413);
}

TEST_F(Connecting, HundredHeaderFieldsAreReadMoreResetTheStream) {
  Plan plan = answers(test::accepted());
  plan.more_headers = 97;  // and :status, content-type, date
  service_.on_request(1, plan);
  plan.more_headers = 98;
  service_.on_request(2, plan);
  open();
  submit(1);
  executor_.run_for(seconds{1});
  submit(2);
  executor_.run_for(seconds{1});
  ASSERT_EQ(heard_.size(), 2u);
  EXPECT_EQ(heard_[0].how, End::answered);
  EXPECT_EQ(heard_[1].how, End::reset);
  EXPECT_TRUE(connection_->is_open());
}

TEST_F(Connecting, HeaderListOverSixtyFourKilobytesResetsTheStream) {
  Plan plan = answers(test::accepted());
  plan.more_headers = 70;
  plan.header_bytes = 1000;
  service_.on_request(1, plan);
  open();
  submit(1);
  executor_.run_for(seconds{1});
  EXPECT_NE(only().how, End::answered);
}

TEST_F(Connecting, AnswerOverOneMebibyteIsOversizeAndOneOfItIsNot) {
  service_.on_request(1, answers(test::sized(1 << 20)));
  service_.on_request(2, answers(test::sized((1 << 20) + 1)));
  open();
  submit(1);
  executor_.run_for(seconds{2});
  submit(2);
  executor_.run_for(seconds{2});
  ASSERT_EQ(heard_.size(), 2u);
  EXPECT_FALSE(heard_[0].oversize);
  EXPECT_EQ(heard_[0].body.size(), 1u << 20);
  EXPECT_TRUE(heard_[1].oversize);
  EXPECT_EQ(heard_[1].how, End::answered);
  EXPECT_LE(heard_[1].body.size(), 1u << 20);
}

TEST_F(Connecting, DrainLetsWhatIsOpenEndAndTakesNothingNew) {
  service_.on_request(1, answers_late(seconds{2}));
  open();
  submit(1);
  connection_->drain();
  EXPECT_FALSE(connection_->can_take());
  EXPECT_EQ(connection_->free_streams(), 0u);
  executor_.run_for(seconds{5});
  EXPECT_EQ(only().how, End::answered);
  EXPECT_TRUE(closed_);
}

TEST_F(Connecting, PeerThatBreaksTheProtocolIsLeft) {
  service_.on_request(1, on_wire(Plan::Wire::silent));
  open();
  submit(1);
  executor_.run_for(milliseconds{20});
  const std::uint8_t junk[] = {0, 0, 1, 6, 0, 0, 0, 0, 0, 1};  // PING of one byte (RFC 9113 6.7)
  service_.session(0)->send_raw(junk);
  executor_.run_for(seconds{1});
  ASSERT_TRUE(closed_);
  EXPECT_EQ(only().how, End::lost);
  EXPECT_TRUE(only().may_have_left);
}

TEST_F(Connecting, FiveHundredDeadlinesRetireTheConnection) {
  service_.on_every(on_wire(Plan::Wire::silent));
  open();
  std::size_t sent = 0;
  while (!closed_ && sent < 600) {
    while (sent < 600 && connection_->can_take()) submit(static_cast<int>(sent++ % 100));
    executor_.run_for(seconds{1});
  }
  executor_.run_for(seconds{40});
  EXPECT_TRUE(closed_);
  EXPECT_GE(heard_.size(), kResetsMax);
  EXPECT_LT(heard_.size(), 1000u);
}

}  // namespace
}  // namespace herald::transport
