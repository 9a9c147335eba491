// Connections on another thread: what is handed over comes back once, as it ended or unsent, and no
// more is handed over than can be sent. Two virtual threads; the far one can be kept from its work.
#include "engine/transport/remote_pool.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/service_connection.h"
#include "tests/support/service_model.h"
#include "tests/support/virtual_executor.h"

namespace herald::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Connects = test::ServiceModel::Connects;

class FarThread final : public base::Executor {
 public:
  explicit FarThread(test::VirtualExecutor& executor) : executor_(executor) {}

  void post(Task task) override {
    ++posts;
    if (busy_) return waiting_.push_back(std::move(task));
    executor_.post(std::move(task));
  }
  TimerId run_at(base::BootTime when, Task task) override {
    return executor_.run_at(when, std::move(task));
  }
  void cancel(TimerId timer) override { executor_.cancel(timer); }
  // It gets round to nothing that is posted, until it does again.
  void be_busy() { busy_ = true; }
  void go_on() {
    busy_ = false;
    for (Task& task : std::exchange(waiting_, {})) executor_.post(std::move(task));
  }

  int posts = 0;

 private:
  test::VirtualExecutor& executor_;
  bool busy_ = false;
  std::vector<Task> waiting_;
};

class Remote : public testing::Test, public RemotePool::Owner {
 protected:
  ~Remote() override { pool_.close({Errc::unreachable, "the test is over"}); }

  void on_ended(void* tag, const Ended& ended) override {
    ++back_[static_cast<int*>(tag) - numbers_.data()];
    ended_.push_back({ended.how, ended.begun, executor_.boot(), std::string{ended.body}});
  }
  void on_unsent(void* tag) override {
    ++back_[static_cast<int*>(tag) - numbers_.data()];
    ++unsent_;
  }
  void on_far_news() override {
    ++news_;
    executor_.post([this] { pool_.collect(); });
  }

  void open() {
    pool_.want();
    executor_.run_for(milliseconds{50});
    ASSERT_TRUE(pool_.is_open());
  }
  bool hand() {
    if (!pool_.can_take()) return false;
    pool_.hand({.path = "/v3/1/messages:send",
                .authority = "push.example",
                .authorization = std::string{"Bearer x"},  // gone when this returns
                .push_type = "0",
                .body = {R"({"target":{"token":[)", R"("token")", "]}}"}},
               &numbers_[handed_++]);
    return true;
  }
  int hand_all() {
    const int before = handed_;
    while (hand()) {
    }
    pool_.flush();
    return handed_ - before;
  }
  void expect_all_back_once() {
    for (int i = 0; i < handed_; ++i) EXPECT_EQ(back_[i], 1) << i;
  }

  struct Back {
    End how;
    base::BootTime begun;
    base::BootTime at;
    std::string body;
  };
  std::vector<int> numbers_ = std::vector<int>(10000);
  std::vector<int> back_ = std::vector<int>(10000);
  int handed_ = 0;
  int unsent_ = 0;
  int news_ = 0;
  std::vector<Back> ended_;
  test::VirtualExecutor executor_;
  test::ServiceModel service_{executor_};
  FarThread far_{executor_};
  base::Random random_{1};
  RemotePool pool_{*this, {far_, service_, random_}, executor_, Timing{.request = seconds{1}}, 3};
};

TEST_F(Remote, AnAnswerComesBackWithItsBodyAndTheTimeOfTheHandingOver) {
  open();
  const base::BootTime begun = executor_.boot();
  far_.be_busy();
  ASSERT_TRUE(hand());
  pool_.flush();
  executor_.run_for(milliseconds{50});
  far_.go_on();
  executor_.run_for(milliseconds{100});
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_EQ(ended_[0].how, End::answered);
  EXPECT_EQ(ended_[0].begun, begun);
  EXPECT_NE(ended_[0].body.find("80000000"), std::string::npos);
  EXPECT_EQ(service_.arrivals()[0].authorization, "Bearer x");
}

TEST_F(Remote, TakesNothingUntilAConnectionIsOpen) {
  EXPECT_EQ(pool_.free_streams(), 0u);
  EXPECT_FALSE(hand());
  open();
  EXPECT_GE(news_, 1) << "or nobody would look";
  EXPECT_EQ(pool_.free_streams(), 128u);
  EXPECT_TRUE(hand());
  EXPECT_EQ(pool_.free_streams(), 127u);
}

TEST_F(Remote, NoMoreIsOutThanThereAreStreams) {
  service_.settings.streams_max = 5;
  service_.settings.thinks = milliseconds{200};
  open();
  EXPECT_EQ(hand_all(), 5);
  executor_.run_for(milliseconds{100});
  EXPECT_EQ(hand_all(), 0);
  executor_.run_for(milliseconds{200});
  EXPECT_EQ(ended_.size(), 5u);
  EXPECT_EQ(hand_all(), 5);
}

TEST_F(Remote, NoMoreWaitsThanTheQueueHoldsAndThenHomeIsTold) {
  service_.settings.streams_max = 256;
  service_.settings.thinks = milliseconds{500};
  open();
  far_.be_busy();
  EXPECT_EQ(hand_all(), static_cast<int>(kHandedBytesMax / kHandedCountsAsMin));
  news_ = 0;
  far_.go_on();
  executor_.run_for(milliseconds{20});
  EXPECT_GE(news_, 1) << "no answer has come yet";
  EXPECT_GT(hand_all(), 0);
}

TEST_F(Remote, FarIsWokenOnceABurst) {
  open();
  far_.posts = 0;
  far_.be_busy();
  for (int i = 0; i < 50; ++i) {
    hand();
    if (i % 10 == 0) pool_.flush();
  }
  pool_.flush();
  EXPECT_EQ(far_.posts, 1);
}

TEST_F(Remote, WhatFarDoesNotGetRoundToComesBackUnsent) {
  open();
  far_.be_busy();
  const int handed = hand_all();
  executor_.run_for(kHandedTime);
  far_.go_on();
  executor_.run_for(seconds{2});
  EXPECT_EQ(unsent_, handed);
  EXPECT_EQ(service_.requests(), 0u);
  expect_all_back_once();
}

TEST_F(Remote, WithoutAConnectionToTakeItItComesBackUnsent) {
  open();
  service_.connects = Connects::refused;
  far_.be_busy();
  const int handed = hand_all();
  service_.wire(0)->cut();
  executor_.run_for(milliseconds{20});
  far_.go_on();
  executor_.run_for(milliseconds{200});
  EXPECT_EQ(unsent_, handed);
  EXPECT_EQ(pool_.free_streams(), 0u);
  EXPECT_EQ(service_.requests(), 0u);
  expect_all_back_once();
}

TEST_F(Remote, AWindowThatIsUsedUpHoldsItNoLongerThanThat) {
  service_.settings.initial_window = 10;
  service_.settings.updates_windows = false;
  open();
  service_.connects = Connects::never;
  hand_all();
  executor_.run_for(kHandedTime + milliseconds{50});
  EXPECT_EQ(unsent_, handed_ - 1) << "one body has begun";
  executor_.run_for(seconds{1});
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_EQ(ended_[0].how, End::deadline);
  expect_all_back_once();
}

TEST_F(Remote, ALostConnectionEndsEachRequestOnce) {
  service_.on_every(on_wire(test::Plan::Wire::silent));
  open();
  hand_all();
  executor_.run_for(milliseconds{50});
  service_.wire(0)->cut();
  executor_.run_for(milliseconds{200});
  EXPECT_EQ(ended_.size() + static_cast<std::size_t>(unsent_), static_cast<std::size_t>(handed_));
  EXPECT_EQ(ended_.size(), service_.requests());
  for (const Back& back : ended_) EXPECT_EQ(back.how, End::lost);
  expect_all_back_once();
}

TEST_F(Remote, TheDeadlineRunsFromTheHandingOver) {
  service_.on_every(on_wire(test::Plan::Wire::silent));
  open();
  const base::BootTime begun = executor_.boot();
  far_.be_busy();
  hand();
  pool_.flush();
  executor_.run_for(milliseconds{90});
  far_.go_on();
  executor_.run_for(seconds{3});
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_EQ(ended_[0].how, End::deadline);
  EXPECT_LE(ended_[0].at, begun + seconds{1} + milliseconds{20});
}

TEST_F(Remote, OnceToldToAbortFarSubmitsNothing) {
  service_.on_every(on_wire(test::Plan::Wire::silent));
  open();
  ASSERT_TRUE(hand());
  pool_.flush();
  executor_.run_for(milliseconds{20});
  far_.be_busy();
  hand_all();
  pool_.abort({Errc::disk, "by the test"});
  far_.go_on();
  executor_.run_for(seconds{2});
  EXPECT_EQ(service_.requests(), 1u);
  EXPECT_EQ(ended_.size(), 1u);
  EXPECT_FALSE(pool_.can_take());
  expect_all_back_once();
}

TEST_F(Remote, CloseBringsEverythingBackAtOnce) {
  service_.on_every(on_wire(test::Plan::Wire::silent));
  open();
  hand_all();
  executor_.run_for(milliseconds{50});
  far_.be_busy();
  hand_all();
  pool_.close({Errc::disk, "by the test"});
  expect_all_back_once();
}

TEST_F(Remote, RetiredConnectionsEndWhatTheyHaveAndOthersTakeOver) {
  service_.settings.thinks = milliseconds{200};
  open();
  const int first = hand_all();
  executor_.run_for(milliseconds{50});
  pool_.retire();
  executor_.run_for(milliseconds{20});
  EXPECT_EQ(pool_.free_streams(), 0u);
  open();
  EXPECT_EQ(service_.connections(), 2u);
  const int second = hand_all();
  executor_.run_for(seconds{1});
  EXPECT_EQ(ended_.size(), static_cast<std::size_t>(first + second));
  for (const Back& back : ended_) EXPECT_EQ(back.how, End::answered);
}

TEST_F(Remote, ClosesWhatIdles) {
  open();
  executor_.run_for(std::chrono::minutes{3});
  EXPECT_FALSE(pool_.is_open());
  EXPECT_TRUE(executor_.idle());
}

}  // namespace
}  // namespace herald::transport
