#include "tools/herald/interrupts.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <future>

namespace herald::cli {
namespace {

// Ends the child of a death test in a way of its own, so that the parent sees who ended it.
constexpr int kLived = 17;

// Blocks until the watching thread has taken every signal that was sent before.
void settle() {
  sigset_t pending;
  do {
    sigpending(&pending);
  } while (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

TEST(Interrupts, FirstSignalStopsOnce) {
  Interrupts interrupts;
  std::promise<void> stopped;
  std::atomic<int> calls = 0;
  interrupts.call([&] {
    if (++calls == 1) stopped.set_value();
  });
  EXPECT_FALSE(interrupts.came());
  kill(getpid(), SIGTERM);
  stopped.get_future().wait();
  kill(getpid(), SIGTERM);
  settle();
  EXPECT_TRUE(interrupts.came());  // waits for a call that still runs
  EXPECT_EQ(calls, 1);
}

TEST(InterruptsDeathTest, SecondSigintEndsAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        Interrupts interrupts;
        std::promise<void> stopped;
        interrupts.call([&] { stopped.set_value(); });
        kill(getpid(), SIGINT);
        stopped.get_future().wait();
        kill(getpid(), SIGINT);
        for (;;) pause();
      },
      testing::ExitedWithCode(130), "");
}

TEST(InterruptsDeathTest, WithNothingToStopASignalEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        Interrupts interrupts;
        interrupts.call([] { _exit(kLived); });
        interrupts.call_nothing();
        kill(getpid(), SIGTERM);
        for (;;) pause();
      },
      testing::ExitedWithCode(130), "");
}

TEST(InterruptsDeathTest, AfterwardsSignalsHaveTheirOldMeaning) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        { Interrupts interrupts; }
        kill(getpid(), SIGTERM);
        _exit(kLived);
      },
      testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace herald::cli
