// Pushed audiences: three ways to meet a full feed, and what its ends come to.
#include "engine/audience/feed.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/audience/support.h"

namespace herald::audience {
namespace {

using testing::HasSubstr;

class FeedTest : public testing::Test {
 protected:
  Result<bool> push(std::string_view record) { return feed_->push(record, false); }
  std::string read() {
    std::array<char, 64 << 10> into;
    const auto got = source_->read(std::as_writable_bytes(std::span(into)));
    return got ? std::string(into.data(), *got) : "error: " + got.error().what;
  }
  // As many records as go in without waiting.
  std::size_t fill() {
    std::size_t records = 0;
    while (push(record_).value()) ++records;
    return records;
  }

  const std::string record_ = std::string(1023, 'r');
  std::shared_ptr<Feed> feed_ = std::make_shared<Feed>();
  std::unique_ptr<FeedSource> source_ = std::make_unique<FeedSource>(feed_);
};

TEST_F(FeedTest, RecordsComeAsLinesInOrder) {
  EXPECT_TRUE(push("t1").value());
  EXPECT_TRUE(push("").value());
  EXPECT_TRUE(push("t2").value());
  EXPECT_TRUE(source_->ready(std::chrono::milliseconds{0}));
  EXPECT_EQ(read(), "t1\n\nt2\n");
  EXPECT_FALSE(source_->ready(std::chrono::milliseconds{0}));
  EXPECT_TRUE(push("t3").value());
  feed_->finish();
  EXPECT_EQ(read(), "t3\n");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(push("t4").error().code, Errc::usage);
}

TEST_F(FeedTest, HoldsNoMoreThanItsLimit) {
  EXPECT_EQ(fill(), Feed::kHalfBytesMax / 1024);
  EXPECT_EQ(read().size(), 64u << 10);            // one half is being read,
  EXPECT_EQ(fill(), Feed::kHalfBytesMax / 1024);  // and the other filled
  EXPECT_FALSE(push("t").value());
}

TEST_F(FeedTest, PushWaitsForRoom) {
  fill();
  std::thread pusher([&] { EXPECT_TRUE(feed_->push("last", true).value()); });
  std::string all;
  while (!all.ends_with("last\n")) all += read();
  pusher.join();
  EXPECT_EQ(all.size(), Feed::kHalfBytesMax + 5);
}

TEST_F(FeedTest, CallsWhenThereIsRoom) {
  int calls = 0;
  feed_->when_room([&] { ++calls; });
  EXPECT_EQ(calls, 1);  // there is: at once
  fill();
  feed_->when_room([&] { ++calls; });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(read().size(), 64u << 10);
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(push("t").value());
  fill();
  feed_->when_room([&] { ++calls; });
  source_ = nullptr;  // the campaign has stopped
  EXPECT_EQ(calls, 3);
}

TEST_F(FeedTest, WaitingPushEndsWhenTheCampaignStops) {
  fill();
  Result<bool> pushed{true};
  std::thread pusher([&] { pushed = feed_->push("t", true); });
  source_ = nullptr;
  pusher.join();
  ASSERT_FALSE(pushed.has_value());
  EXPECT_EQ(pushed.error().code, Errc::audience);
  EXPECT_EQ(push("t").error().code, Errc::audience);
}

TEST_F(FeedTest, DroppedWithoutAnEndIsAnErrorAfterWhatWasPushed) {
  EXPECT_TRUE(push("t1").value());
  feed_->abandon();
  EXPECT_EQ(read(), "t1\n");
  EXPECT_THAT(read(), HasSubstr("the caller went away"));
}

TEST_F(FeedTest, DroppedAfterItsEndIsNone) {
  feed_->finish();
  feed_->abandon();
  EXPECT_EQ(read(), "");
}

TEST_F(FeedTest, WaitEndsWhenItIsInterrupted) {
  const auto interrupt = source_->interrupt();
  std::thread other([&] { interrupt->raise(); });
  EXPECT_THAT(read(), HasSubstr("reading it was stopped"));
  other.join();
}

TEST_F(FeedTest, RecordsThatAreNoLinesAreRefused) {
  EXPECT_EQ(push("a\nb").error().code, Errc::usage);
  EXPECT_EQ(push(std::string(AudienceFeed::kRecordBytesMax + 1, 'a')).error().code, Errc::usage);
  EXPECT_TRUE(push(std::string(AudienceFeed::kRecordBytesMax, 'a')).value());
}

TEST_F(FeedTest, SeveralMayPush) {
  constexpr int kThreads = 4;
  constexpr int kRecords = 20'000;
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kRecords; ++i) {
        ASSERT_TRUE(feed_->push(std::to_string(thread) + "-" + std::to_string(i), true).value());
      }
      if (--running == 0) feed_->finish();
    });
  }
  LineReader reader(std::move(source_));
  std::array<int, kThreads> next{};
  for (const Line& line : read_all(reader)) {
    const auto thread = static_cast<std::size_t>(line.data[0] - '0');
    ASSERT_EQ(line.data, std::to_string(thread) + "-" + std::to_string(next[thread]++));
  }
  for (const int records : next) EXPECT_EQ(records, kRecords);
  for (std::thread& thread : threads) thread.join();
}

TEST(AudienceFeed, PublicFaceEndsItWhenDropped) {
  AudienceFeed feed;
  EXPECT_TRUE(feed.push("t1").has_value());
  EXPECT_TRUE(feed.try_push("t2").value());
  AudienceFeed moved = std::move(feed);
  moved.finish();
  EXPECT_EQ(moved.push("t3").error().code, Errc::usage);
}

}  // namespace
}  // namespace herald::audience
