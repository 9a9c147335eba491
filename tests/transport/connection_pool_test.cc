// The pool opens what is needed, closes what idles, and remembers why nothing opens.
#include "engine/transport/connection_pool.h"

#include <gtest/gtest.h>

#include "tests/support/service_connection.h"
#include "tests/support/service_model.h"
#include "tests/support/virtual_executor.h"

namespace herald::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Connects = test::ServiceModel::Connects;

class Pooling : public testing::Test, public ConnectionPool::Owner {
 protected:
  void on_ended(void*, const Ended& ended) override {
    ended_ += 1;
    answered_ += ended.how == End::answered ? 1 : 0;
  }
  void on_capacity() override {
    if (wants_) pool_.want();
  }
  bool submit() {
    Connection* connection = pool_.ready();
    if (connection == nullptr) return false;
    connection->submit({.path = "/v3/1/messages:send",
                        .authority = "push.example",
                        .authorization = "Bearer x",
                        .push_type = "0",
                        .body = {R"({"target":{"token":[)", R"("token")", "]}}"}},
                       this);
    pool_.flush();
    return true;
  }
  void open_one() {
    pool_.want();
    executor_.run_for(milliseconds{50});
  }

  bool wants_ = false;
  int ended_ = 0;
  int answered_ = 0;
  test::VirtualExecutor executor_;
  test::ServiceModel service_{executor_};
  base::Random random_{1};
  ConnectionPool pool_{*this, service_, executor_, executor_, random_, Timing{}, 3};
};

TEST_F(Pooling, OpensNothingUntilThereIsWork) {
  executor_.run_for(seconds{10});
  EXPECT_EQ(service_.connections(), 0u);
  EXPECT_EQ(pool_.ready(), nullptr);
  open_one();
  EXPECT_NE(pool_.ready(), nullptr);
  EXPECT_EQ(pool_.free_streams(), 128u);
}

TEST_F(Pooling, OneConnectionIsOpenedAtATimeAndNotWhileOneServes) {
  for (int i = 0; i < 5; ++i) pool_.want();
  EXPECT_EQ(service_.connections(), 1u);
  executor_.run_for(milliseconds{50});
  for (int i = 0; i < 5; ++i) pool_.want();
  EXPECT_EQ(service_.connections(), 1u);
}

TEST_F(Pooling, BlockedByTheStreamLimitItOpensAnotherUpToItsMost) {
  service_.settings.streams_max = 1;
  service_.settings.thinks = seconds{5};
  for (int i = 0; i < 6; ++i) {
    open_one();
    submit();
  }
  EXPECT_EQ(service_.connections(), 3u);
  EXPECT_EQ(pool_.requests_open(), 3u);
  EXPECT_FALSE(submit());
}

TEST_F(Pooling, OverHttp1EveryRequestNeedsAConnection) {
  service_.settings.protocol = Protocol::http1;
  service_.settings.thinks = seconds{2};
  for (int i = 0; i < 6; ++i) {
    open_one();
    submit();
  }
  EXPECT_EQ(service_.connections(), 3u);
  EXPECT_EQ(pool_.requests_open(), 3u);
  EXPECT_FALSE(submit());
  executor_.run_for(seconds{3});
  EXPECT_EQ(answered_, 3);
  EXPECT_EQ(pool_.free_streams(), 3u);
  EXPECT_TRUE(submit()) << "on one that is there";
  EXPECT_EQ(service_.connections(), 3u);
}

TEST_F(Pooling, OverHttp1ServerThatClosesAfterEveryAnswerIsNoTrouble) {
  service_.settings.protocol = Protocol::http1;
  service_.on_every(on_wire(test::Plan::Wire::goaway_at));
  wants_ = true;
  pool_.want();
  for (int i = 0; i < 50; ++i) {
    executor_.run_for(milliseconds{50});
    ASSERT_TRUE(submit());
    ASSERT_FALSE(pool_.trouble());
  }
  executor_.run_for(milliseconds{50});
  EXPECT_EQ(answered_, 50);
}

TEST_F(Pooling, WindowUsedUpIsAReasonToo) {
  service_.settings.initial_window = 10;
  service_.settings.updates_windows = false;
  open_one();
  ASSERT_TRUE(submit());
  executor_.run_for(milliseconds{50});
  open_one();
  EXPECT_EQ(service_.connections(), 2u);
}

TEST_F(Pooling, IdleConnectionIsClosedAfterAMinute) {
  open_one();
  submit();
  executor_.run_for(seconds{59});
  pool_.close_idle();
  executor_.run_for(seconds{1});
  EXPECT_EQ(pool_.free_streams(), 128u);
  executor_.run_for(seconds{5});
  pool_.close_idle();
  executor_.run_for(seconds{1});
  EXPECT_EQ(pool_.free_streams(), 0u);
  EXPECT_EQ(answered_, 1);
  open_one();
  EXPECT_EQ(service_.connections(), 2u);
}

TEST_F(Pooling, TroubleLastsFromTheFirstFailureUntilOneOpens) {
  wants_ = true;
  service_.connects = Connects::refused;
  const base::BootTime began = executor_.boot();
  pool_.want();
  executor_.run_for(seconds{30});
  ASSERT_TRUE(pool_.trouble().has_value());
  EXPECT_EQ(pool_.trouble()->error.code, Errc::unreachable);
  EXPECT_LT(pool_.trouble()->since - began, seconds{1});
  EXPECT_GT(service_.connections(), 5u);
  EXPECT_LT(service_.connections(), 60u);
  service_.connects = Connects::yes;
  executor_.run_for(seconds{10});
  EXPECT_FALSE(pool_.trouble().has_value());
}

TEST_F(Pooling, LostConnectionIsReplaced) {
  open_one();
  submit();
  executor_.run_for(seconds{2});
  service_.wire(0)->cut();
  executor_.run_for(milliseconds{50});
  EXPECT_EQ(pool_.free_streams(), 0u);
  open_one();
  EXPECT_TRUE(submit());
  executor_.run_for(seconds{1});
  EXPECT_EQ(answered_, 2);
}

TEST_F(Pooling, AbortEndsEveryRequest) {
  service_.settings.thinks = seconds{5};
  open_one();
  submit();
  submit();
  pool_.abort({Errc::disk, "the store failed"});
  EXPECT_EQ(ended_, 2);
  EXPECT_EQ(pool_.requests_open(), 0u);
  executor_.run_for(seconds{10});
  EXPECT_EQ(answered_, 0);
}

}  // namespace
}  // namespace herald::transport
