// Runs one thread's work: events posted to it, and timers. The stages behind it are single-threaded
// state machines; a test runs them on a virtual clock, the program on an io_context.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "engine/base/clock.h"

namespace herald::base {

class Executor {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;  // 0 names no timer

  virtual ~Executor() = default;
  virtual void post(Task task) = 0;                      // any thread
  virtual TimerId run_at(BootTime when, Task task) = 0;  // own thread
  virtual void cancel(TimerId timer) = 0;                // own thread; 0 and spent ids are fine
};

// One pending call at most: arming again moves it. Own thread of the executor.
class Timer {
 public:
  explicit Timer(Executor& executor) : executor_(executor) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void arm(BootTime when, Executor::Task task) {
    cancel();
    id_ = executor_.run_at(when, [this, task = std::move(task)] {
      id_ = 0;
      task();
    });
  }
  bool armed() const { return id_ != 0; }
  void cancel() {
    if (id_ != 0) executor_.cancel(std::exchange(id_, 0));
  }

 private:
  Executor& executor_;
  Executor::TimerId id_ = 0;
};

}  // namespace herald::base
