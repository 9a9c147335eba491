// The reading side of an AudienceFeed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/audience/live.h"
#include "herald/audience_feed.h"

namespace herald::audience {

// Lines between those who push and the one who reads. Two buffers that change places: those who
// push fill one while the other is read, so neither waits for a copy.
class Feed final : public Interrupt {  // any thread
 public:
  static constexpr std::size_t kHalfBytesMax = AudienceFeed::kBytesMax / 2;

  Result<bool> push(std::string_view record, bool wait);
  void when_room(std::function<void()> call);
  void finish();
  void abandon();  // unless it is finished
  void raise() noexcept override;

  bool take();  // true once: for the campaign that will read it
  // The one reader's: waits until there is something, and swaps it for `emptied`. False: the end.
  // Errors: audience.
  Result<bool> swap(std::string& emptied);
  bool ready(std::chrono::milliseconds wait);
  void leave();  // nothing will be read any more

 private:
  bool has_news() const { return !pushed_.empty() || finished_ || abandoned_ || interrupted_; }
  bool full(std::size_t more) const { return pushed_.size() + more > kHalfBytesMax; }

  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable arrived_;
  std::string pushed_;
  std::function<void()> when_room_;
  bool finished_ = false;
  bool abandoned_ = false;
  bool interrupted_ = false;
  bool left_ = false;
  bool taken_ = false;
};

class FeedSource final : public LiveSource {  // one thread
 public:
  explicit FeedSource(std::shared_ptr<Feed> feed) : feed_(std::move(feed)) {}
  ~FeedSource() override { feed_->leave(); }
  FeedSource(const FeedSource&) = delete;
  FeedSource& operator=(const FeedSource&) = delete;

  Result<std::size_t> read(std::span<std::byte> into) override;
  bool ready(std::chrono::milliseconds wait) override {
    return given_ < lines_.size() || feed_->ready(wait);
  }
  std::shared_ptr<Interrupt> interrupt() const override { return feed_; }

 private:
  const std::shared_ptr<Feed> feed_;
  std::string lines_;
  std::size_t given_ = 0;  // bytes of lines_
};

}  // namespace herald::audience
