// SIGINT, SIGTERM and SIGHUP: a clean stop first, and an end at once for who insists.
#pragma once

#include <signal.h>

#include <functional>
#include <mutex>
#include <thread>

namespace herald::cli {

// Takes the signals with a thread of its own, so that what is done about them is ordinary code.
// Made before any other thread, because threads inherit who may be interrupted.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();  // gives the signals their old meaning back
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // The first signal from now on calls `stop`, once, from the thread here; it must not wait. A
  // later SIGINT ends the process at once with 130. A later SIGTERM does nothing: supervisors
  // repeat it, and what is in flight would become ambiguous.
  void call(std::function<void()> stop);

  // Without anything to stop, as it is before call(), a signal ends the process with 130.
  void call_nothing();

  bool came() const;  // any thread

 private:
  void watch();
  void handle(int signal);

  sigset_t old_mask_{};
  int signals_ = -1;
  int done_ = -1;
  mutable std::mutex mutex_;
  std::function<void()> stop_;
  bool came_ = false;
  std::thread thread_;
};

}  // namespace herald::cli
