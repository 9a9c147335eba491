// The batches there are, and so the memory a campaign may take: when they are all queued or in
// flight, whoever forms batches waits, and with it the file they are read from.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/batch/batch.h"

namespace herald::batch {

// What a batch counts as until one has come back: 1000 tokens of 115 bytes and their entries.
inline constexpr std::size_t kUnseenBytes = 160 << 10;

class Pool {  // any thread
 public:
  // Batches of at most `memory` bytes in all, as far as they have grown; at least two.
  explicit Pool(std::size_t memory) : memory_(memory) {}

  // Null when the memory is taken.
  std::unique_ptr<Batch> try_acquire();
  // Waits for a batch, a little longer than until there is one; null once close() was called.
  std::unique_ptr<Batch> acquire();
  void release(std::unique_ptr<Batch> batch);
  std::size_t in_use() const {
    const std::lock_guard lock{mutex_};
    return out_;
  }

  // Called after a release, by the releasing thread: for ingest that runs on an executor.
  void on_release(std::function<void()> call) { on_release_ = std::move(call); }
  // For good: a waiting acquire() goes with null, and so does every later one.
  void close();

 private:
  std::unique_ptr<Batch> take_locked();
  bool roomy_locked() const;

  const std::size_t memory_;
  mutable std::mutex mutex_;  // taken once a batch, by two threads
  std::condition_variable released_;
  bool closed_ = false;
  std::size_t out_ = 0;                    // batches handed out
  std::size_t each_bytes_ = kUnseenBytes;  // the largest batch seen: what the next may come to
  bool seen_ = false;                      // one has come back, so each_bytes_ is measured
  std::vector<std::unique_ptr<Batch>> idle_;
  std::function<void()> on_release_;
};

}  // namespace herald::batch
