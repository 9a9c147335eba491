#include "engine/batch/pool.h"

#include <algorithm>
#include <chrono>

namespace herald::batch {
namespace {

// Whoever found the pool empty is woken when so much of it is free again: woken for every batch, it
// would cost a wake-up and two changes of threads for each.
constexpr std::size_t kFreeShare = 8;
// But others may hold that much for long.
constexpr std::chrono::milliseconds kPatience{5};

}  // namespace

std::unique_ptr<Batch> Pool::take_locked() {
  // A batch may grow after it was handed out, so each counts as the largest seen so far.
  if (out_ >= 2 && (out_ + 1) * each_bytes_ > memory_) return nullptr;
  ++out_;
  if (idle_.empty()) return std::make_unique<Batch>();
  std::unique_ptr<Batch> batch = std::move(idle_.back());
  idle_.pop_back();
  return batch;
}

bool Pool::roomy_locked() const {
  const std::size_t batches = std::max<std::size_t>(2, memory_ / each_bytes_);
  return out_ + std::max<std::size_t>(1, batches / kFreeShare) <= batches;
}

std::unique_ptr<Batch> Pool::try_acquire() {
  const std::lock_guard lock{mutex_};
  return take_locked();
}

std::unique_ptr<Batch> Pool::acquire() {
  std::unique_lock lock{mutex_};
  for (;;) {
    if (closed_) return nullptr;
    if (std::unique_ptr<Batch> batch = take_locked()) return batch;
    released_.wait_for(lock, kPatience, [this] { return closed_ || roomy_locked(); });
  }
}

void Pool::release(std::unique_ptr<Batch> batch) {
  batch->reset();
  bool roomy = false;
  {
    const std::lock_guard lock{mutex_};
    --out_;
    each_bytes_ = seen_ ? std::max(each_bytes_, batch->bytes()) : batch->bytes();
    seen_ = true;
    // Idle batches beyond what may be out again are given back to the system.
    if ((out_ + idle_.size() + 1) * each_bytes_ <= memory_ || out_ + idle_.size() < 2) {
      idle_.push_back(std::move(batch));
    }
    roomy = roomy_locked();
  }
  if (roomy) released_.notify_one();
  if (on_release_) on_release_();
}

void Pool::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  released_.notify_all();
}

}  // namespace herald::batch
