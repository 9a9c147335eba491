#include "tests/support/virtual_executor.h"

#include <algorithm>

namespace herald::test {

base::Executor::TimerId VirtualExecutor::run_at(base::BootTime when, Task task) {
  const TimerId id = next_++;
  timers_.emplace(Key{when, id}, std::move(task));
  when_.emplace(id, when);
  return id;
}

void VirtualExecutor::cancel(TimerId timer) {
  const auto found = when_.find(timer);
  if (found == when_.end()) return;
  timers_.erase({found->second, timer});
  when_.erase(found);
}

// One task, of those that are due by `until`; moves the time to it. False when there is none.
bool VirtualExecutor::run_next(base::BootTime until) {
  if (!posted_.empty()) {
    Task task = std::move(posted_.front());
    posted_.pop_front();
    ++steps_;
    task();
    return true;
  }
  if (timers_.empty() || timers_.begin()->first.first > until) return false;
  const auto first = timers_.begin();
  boot_ = std::max(boot_, first->first.first);
  Task task = std::move(first->second);
  when_.erase(first->first.second);
  timers_.erase(first);
  ++steps_;
  task();
  return true;
}

void VirtualExecutor::run_ready() {
  while (run_next(boot_)) {
  }
}

bool VirtualExecutor::run_until(const std::function<bool()>& done, Duration limit) {
  const base::BootTime until = boot_ + limit;
  while (!done()) {
    if (run_next(until)) continue;
    boot_ = until;
    return done();
  }
  return true;
}

bool VirtualExecutor::run_until_idle(Duration limit) {
  const base::BootTime until = boot_ + limit;
  while (run_next(until)) {
  }
  return idle();
}

void VirtualExecutor::forget_all() {
  posted_.clear();
  timers_.clear();
  when_.clear();
}

}  // namespace herald::test
