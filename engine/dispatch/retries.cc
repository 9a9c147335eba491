#include "engine/dispatch/retries.h"

#include <algorithm>

namespace herald::dispatch {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kFirst{0.5};
constexpr Seconds kMost{60};

}  // namespace

base::BootClock::duration backoff(std::uint32_t attempt, base::Random& random) {
  const Seconds limit = std::min(kMost, kFirst * static_cast<double>(1u << std::min(attempt, 10u)));
  return std::chrono::duration_cast<base::BootClock::duration>(limit * random.unit());
}

void RetryBudget::turn(base::BootTime now) {
  if (now - second_ >= std::chrono::seconds{kSeconds}) {
    minute_ = {};
    sum_ = {};
    second_ = now;
  }
  while (now - second_ >= std::chrono::seconds{1}) {
    second_ += std::chrono::seconds{1};
    at_ = (at_ + 1) % kSeconds;
    sum_.first -= minute_[at_].first;
    sum_.retried -= minute_[at_].retried;
    minute_[at_] = {};
  }
}

void RetryBudget::on_first_attempt(base::BootTime now) {
  turn(now);
  ++minute_[at_].first;
  ++sum_.first;
}

bool RetryBudget::take(base::BootTime now) {
  turn(now);
  const Second& oldest = minute_[(at_ + 1) % kSeconds];  // its first attempts may be over
  const std::uint64_t allowed =
      std::max<std::uint64_t>(kRetriesMax, (sum_.first - oldest.first) / kFirstPerRetry);
  if (sum_.retried >= allowed) return false;
  ++minute_[at_].retried;
  ++sum_.retried;
  return true;
}

std::vector<batch::Batch*> Retries::take_all_of(const void* campaign) {
  std::vector<batch::Batch*> taken;
  std::priority_queue<Waiting, std::vector<Waiting>, Later> kept;
  for (; !queue_.empty(); queue_.pop()) {
    if (queue_.top().batch->campaign == campaign) {
      taken.push_back(queue_.top().batch);
    } else {
      kept.push(queue_.top());
    }
  }
  queue_ = std::move(kept);
  return taken;
}

}  // namespace herald::dispatch
