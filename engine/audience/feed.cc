#include "engine/audience/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace herald::audience {

Result<bool> Feed::push(std::string_view record, bool wait) {
  if (record.size() > AudienceFeed::kRecordBytesMax) {
    return Error{Errc::usage, fmt::format("a pushed record has {} bytes: at most {} are read",
                                          record.size(), AudienceFeed::kRecordBytesMax)};
  }
  if (record.find('\n') != record.npos) {
    return Error{Errc::usage, "a pushed record has a newline in it: push record by record"};
  }
  {
    std::unique_lock lock{mutex_};
    const std::size_t size = record.size() + 1;
    if (wait) room_.wait(lock, [&] { return finished_ || left_ || !full(size); });
    if (finished_) {
      return Error{Errc::usage, "a record was pushed after the feed was finished"};
    }
    if (left_) {
      return Error{Errc::audience,
                   "the campaign has stopped and reads no more: see its report for the reason"};
    }
    if (full(size)) return false;
    pushed_.append(record).push_back('\n');
  }
  arrived_.notify_one();
  return true;
}

void Feed::when_room(std::function<void()> call) {
  {
    const std::lock_guard lock{mutex_};
    if (!left_ && full(kHalfBytesMax / 2)) {
      when_room_ = std::move(call);
      return;
    }
  }
  call();
}

void Feed::finish() {
  {
    const std::lock_guard lock{mutex_};
    finished_ = true;
  }
  arrived_.notify_all();
  room_.notify_all();
}

void Feed::abandon() {
  {
    const std::lock_guard lock{mutex_};
    abandoned_ = !finished_;
    when_room_ = nullptr;  // it may refer to what goes now
  }
  arrived_.notify_all();
}

void Feed::raise() noexcept {
  {
    const std::lock_guard lock{mutex_};
    interrupted_ = true;
  }
  arrived_.notify_all();
}

bool Feed::take() {
  const std::lock_guard lock{mutex_};
  return !std::exchange(taken_, true);
}

bool Feed::ready(std::chrono::milliseconds wait) {
  std::unique_lock lock{mutex_};
  return arrived_.wait_for(lock, wait, [this] { return has_news(); });
}

Result<bool> Feed::swap(std::string& emptied) {
  emptied.clear();
  std::function<void()> call;
  {
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, [this] { return has_news(); });
    if (interrupted_) return Error{Errc::audience, "the pushed audience: reading it was stopped"};
    if (pushed_.empty() && abandoned_) {
      return Error{Errc::audience,
                   "the pushed audience: the caller went away before it was finished: push the "
                   "records that are left to a campaign of their own"};
    }
    if (pushed_.empty()) return false;
    pushed_.swap(emptied);
    call = std::exchange(when_room_, nullptr);
  }
  room_.notify_all();
  if (call) call();
  return true;
}

void Feed::leave() {
  std::function<void()> call;
  {
    const std::lock_guard lock{mutex_};
    left_ = true;
    pushed_ = {};
    call = std::exchange(when_room_, nullptr);
  }
  room_.notify_all();
  if (call) call();
}

Result<std::size_t> FeedSource::read(std::span<std::byte> into) {
  if (given_ == lines_.size()) {
    given_ = 0;
    const auto more = feed_->swap(lines_);
    if (!more) return more.error();
    if (!*more) return std::size_t{0};
  }
  const std::size_t size = std::min(into.size(), lines_.size() - given_);
  std::memcpy(into.data(), lines_.data() + given_, size);
  given_ += size;
  return size;
}

}  // namespace herald::audience

namespace herald {

AudienceFeed::AudienceFeed() : feed_(std::make_shared<audience::Feed>()) {}
AudienceFeed::AudienceFeed(AudienceFeed&&) noexcept = default;

AudienceFeed& AudienceFeed::operator=(AudienceFeed&& other) noexcept {
  if (this != &other) {
    if (feed_) feed_->abandon();
    feed_ = std::move(other.feed_);
  }
  return *this;
}

AudienceFeed::~AudienceFeed() {
  if (feed_) feed_->abandon();
}

Result<void> AudienceFeed::push(std::string_view record) {
  const auto pushed = feed_->push(record, true);
  if (!pushed) return pushed.error();
  return {};
}

Result<bool> AudienceFeed::try_push(std::string_view record) { return feed_->push(record, false); }

void AudienceFeed::when_room(std::function<void()> call) { feed_->when_room(std::move(call)); }

void AudienceFeed::finish() { feed_->finish(); }

}  // namespace herald
