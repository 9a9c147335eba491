// Batches that will be sent again under the reservation they have, and how often that may be.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "engine/batch/batch.h"

namespace herald::dispatch {

// Exponential back-off with full jitter (responses 6): base 0.5 s, factor 2, at most 60 s.
base::BootClock::duration backoff(std::uint32_t attempt, base::Random& random);

// At most one retry for ten first attempts over any minute, or one a second, whichever is more
// (I47): a service that refuses is not asked more because it refuses.
class RetryBudget {  // one thread
 public:
  explicit RetryBudget(base::BootTime now) : second_(now) {}
  void on_first_attempt(base::BootTime now);
  bool take(base::BootTime now);

 private:
  static constexpr std::uint64_t kRetriesMax = 60;  // a minute, with few first attempts
  // One more than a minute has: the oldest is partly over, and a retry in it counts to its end.
  static constexpr std::size_t kSeconds = 61;
  static constexpr std::uint64_t kFirstPerRetry = 10;

  struct Second {
    std::uint32_t first = 0;
    std::uint32_t retried = 0;
  };
  void turn(base::BootTime now);

  std::array<Second, kSeconds> minute_{};  // the last one and a little more, a ring
  std::size_t at_ = 0;                     // the second that began at second_
  base::BootTime second_;
  Second sum_;  // of minute_
};

// The batches, by the time they are due. Bounded by the batch pool.
class Retries {  // one thread
 public:
  struct Waiting {
    base::BootTime due;
    batch::Batch* batch;
    bool budgeted;  // a refusal for rate: takes from the budget
  };
  void add(const Waiting& waiting) { queue_.push(waiting); }
  const Waiting* next() const { return queue_.empty() ? nullptr : &queue_.top(); }
  Waiting take() {
    const Waiting waiting = queue_.top();
    queue_.pop();
    return waiting;
  }
  // Those of one campaign, taken out.
  std::vector<batch::Batch*> take_all_of(const void* campaign);
  bool empty() const { return queue_.empty(); }

 private:
  struct Later {
    bool operator()(const Waiting& a, const Waiting& b) const { return a.due > b.due; }
  };
  std::priority_queue<Waiting, std::vector<Waiting>, Later> queue_;
};

}  // namespace herald::dispatch
