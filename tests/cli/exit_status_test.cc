// The statuses are a contract with scripts, so they are spelt out here once more.
#include "tools/herald/exit_status.h"

#include <gtest/gtest.h>

namespace herald::cli {
namespace {

TEST(ExitStatus, OfErrors) {
  for (const Errc code : {Errc::usage, Errc::config, Errc::job, Errc::not_found, Errc::exists,
                          Errc::audience, Errc::unsupported}) {
    EXPECT_EQ(exit_status(code), 2) << static_cast<int>(code);
  }
  for (const Errc code : {Errc::unreachable, Errc::tls, Errc::paused_by_service}) {
    EXPECT_EQ(exit_status(code), 3) << static_cast<int>(code);
  }
  EXPECT_EQ(exit_status(Errc::disk), 70);
  EXPECT_EQ(exit_status(Errc::damaged_store), 71);
  EXPECT_EQ(exit_status(Errc::totals_do_not_add_up), 71);
  EXPECT_EQ(exit_status(Errc::store_in_use), 72);
  EXPECT_EQ(exit_status(Errc::key_refused), 73);
  EXPECT_EQ(exit_status(Errc::clock_in_doubt), 74);
}

int status(CampaignState state, std::uint64_t ambiguous = 0, bool interrupted = false) {
  Report report;
  report.state = state;
  report.outcomes[static_cast<std::size_t>(Outcome::ambiguous)] = ambiguous;
  return exit_status(report, interrupted);
}

TEST(ExitStatus, OfCampaigns) {
  EXPECT_EQ(status(CampaignState::finished), 0);
  EXPECT_EQ(status(CampaignState::finished, 1), 4);
  EXPECT_EQ(status(CampaignState::paused), 3);
  EXPECT_EQ(status(CampaignState::paused, 1), 3);
  EXPECT_EQ(status(CampaignState::input_error), 5);
  EXPECT_EQ(status(CampaignState::cancelled), 0);
}

TEST(ExitStatus, AClockInDoubtHasItsOwn) {
  Report report;
  report.state = CampaignState::paused;
  report.clock_in_doubt = true;
  EXPECT_EQ(exit_status(report, false), kClock);
  EXPECT_EQ(exit_status(report, true), kClock) << "worse than an interrupt";
  report.state = CampaignState::finished;
  EXPECT_EQ(exit_status(report, false), kFinished);
}

TEST(ExitStatus, InterruptCountsUnlessTheCampaignFinishedAnyway) {
  EXPECT_EQ(status(CampaignState::paused, 0, true), 130);
  EXPECT_EQ(status(CampaignState::input_error, 0, true), 130);
  EXPECT_EQ(status(CampaignState::finished, 0, true), 0);
  EXPECT_EQ(status(CampaignState::finished, 1, true), 4);
}

// The order of the contract: 70s > 130 > 5 > 3 > 4 > 0.
TEST(ExitStatus, TheWorseOfTwoCounts) {
  const int best_first[] = {0, 4, 3, 5, 130, 74, 73, 72, 71, 70};
  for (const int* a = std::begin(best_first); a != std::end(best_first); ++a) {
    for (const int* b = a; b != std::end(best_first); ++b) {
      EXPECT_EQ(worse(*a, *b), *b);
      EXPECT_EQ(worse(*b, *a), *b);
    }
  }
}

TEST(ExitStatus, AResendThatWasStoppedSaysSo) {
  Report report;
  report.state = CampaignState::finished;
  report.pause_reason = "interrupted";
  EXPECT_EQ(exit_status(report, true), kInterrupted);
  EXPECT_EQ(exit_status(report, false), kPaused);
}

}  // namespace
}  // namespace herald::cli
