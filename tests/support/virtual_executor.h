// An executor whose time moves only when a test says so: posts in their order, timers in the order
// of their time, then of their making. The same calls give the same run.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/executor.h"

namespace herald::test {

using Duration = base::BootClock::duration;

class VirtualExecutor final : public base::Executor, public base::Clock {  // one thread
 public:
  void post(Task task) override { posted_.push_back(std::move(task)); }
  TimerId run_at(base::BootTime when, Task task) override;
  void cancel(TimerId timer) override;

  base::WallTime wall() const override {
    return std::chrono::floor<std::chrono::milliseconds>(wall_ + (boot_ - base::BootTime{}));
  }
  base::BootTime boot() const override { return boot_; }
  // The calendar jumps; timers and rates do not notice (I38).
  void set_wall(base::WallTime wall) { wall_ = wall - (boot_ - base::BootTime{}); }

  // Everything posted and everything due; time stands still.
  void run_ready();
  void run_for(Duration duration) {
    run_until([] { return false; }, duration);
  }
  // Until `done` says so; false when `limit` went by first, or nothing was left to happen.
  bool run_until(const std::function<bool()>& done, Duration limit);
  // Until neither posts nor timers are left.
  bool run_until_idle(Duration limit = std::chrono::hours{1});
  // What a crash does: nothing of what was planned happens.
  void forget_all();

  bool idle() const { return posted_.empty() && timers_.empty(); }
  std::size_t timers() const { return timers_.size(); }
  std::uint64_t steps() const { return steps_; }

 private:
  bool run_next(base::BootTime until);

  using Key = std::pair<base::BootTime, TimerId>;
  base::BootTime boot_{std::chrono::hours{1}};
  std::chrono::sys_time<std::chrono::nanoseconds> wall_{std::chrono::hours{24 * 365 * 55}};
  std::deque<Task> posted_;
  std::map<Key, Task> timers_;
  std::unordered_map<TimerId, base::BootTime> when_;
  TimerId next_ = 1;
  std::uint64_t steps_ = 0;
};

}  // namespace herald::test
