#include "tools/herald/interrupts.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <boost/assert.hpp>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "tools/herald/exit_status.h"

namespace herald::cli {
namespace {

// nohup's ignored SIGHUP stays ignored.
bool is_ignored(int signal) {
  struct sigaction action {};
  sigaction(signal, nullptr, &action);
  return action.sa_handler == SIG_IGN;
}

}  // namespace

Interrupts::Interrupts() {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGINT);
  sigaddset(&mask, SIGTERM);
  if (!is_ignored(SIGHUP)) sigaddset(&mask, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &mask, &old_mask_);
  signals_ = signalfd(-1, &mask, SFD_CLOEXEC);
  done_ = eventfd(0, EFD_CLOEXEC);
  BOOST_ASSERT(signals_ >= 0 && done_ >= 0);
  thread_ = std::thread([this] { watch(); });
  pthread_setname_np(thread_.native_handle(), "signals");
}

Interrupts::~Interrupts() {
  const std::uint64_t one = 1;
  (void)!write(done_, &one, sizeof one);
  thread_.join();
  close(signals_);
  close(done_);
  pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

void Interrupts::call(std::function<void()> stop) {
  const std::lock_guard lock(mutex_);
  stop_ = std::move(stop);
}

void Interrupts::call_nothing() { call(nullptr); }

bool Interrupts::came() const {
  const std::lock_guard lock(mutex_);
  return came_;
}

void Interrupts::watch() {
  pollfd both[] = {{signals_, POLLIN, 0}, {done_, POLLIN, 0}};
  for (;;) {
    if (poll(both, 2, -1) < 0 && errno == EINTR) continue;
    if ((both[1].revents & POLLIN) != 0) return;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) == sizeof info) handle(static_cast<int>(info.ssi_signo));
  }
}

void Interrupts::handle(int signal) {
  const std::lock_guard lock(mutex_);
  // What is not finished here is what a kill -9 leaves, and that is recovered from.
  if (!stop_ || (came_ && signal == SIGINT)) _exit(kInterrupted);
  if (!std::exchange(came_, true)) stop_();
}

}  // namespace herald::cli
