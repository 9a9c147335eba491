// A service whose clock is further from ours than the guard: nothing is sent.
#include <fmt/format.h>
#include <signal.h>

#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

class Clocks : public EndToEnd {};

TEST_F(Clocks, ApartByMoreThanTheGuardHoldAllSendsAndSayWhy) {
  const auto service = pushsim({"--clock-skew", "8000"});
  const Audience audience = write_audience("tokens.txt", {.tokens = 3000});
  const auto program =
      start_herald({"run", write_job("sale", audience.file), "--progress", "plain"});
  // After ten seconds it says how far it is, and why nothing moves.
  const fs::path said = dir_ / fmt::format("herald-{}.err", programs_);
  ASSERT_TRUE(wait_for_lines(said, 1, *program)) << content(said);
  program->signal(SIGINT);
  const Ended ended = program->wait();
  EXPECT_EQ(ended.status, 130);
  EXPECT_THAT(ended.err, testing::HasSubstr("the service's clock says"));
  EXPECT_THAT(ended.err, testing::HasSubstr("midnight_guard"));
  const Json report = report_of("sale");
  expect_adds_up(report);
  EXPECT_EQ(report.at("state"), "paused");
  EXPECT_EQ(number(report, "/requests/sent"), 0u);
  EXPECT_EQ(herald({"ledger", "dump"}).out, "");
  const Json account = service->stop();
  EXPECT_EQ(number(account, "/requests/received"), 0u);
  EXPECT_EQ(number(account, "/requests/probes"), 1u);
}

// The probe is no request of the campaign, and needs no credentials.
TEST_F(Clocks, WithinTheGuardOneProbeComesBeforeTheFirstRequest) {
  for (const Arguments& options :
       {Arguments{"--clock-skew", "4000"}, Arguments{"--clock-skew", "-4000", "--http1"}}) {
    fs::remove_all(dir_ / "data");
    const auto service = pushsim(options);
    const Audience audience = write_audience("tokens.txt", {.tokens = 3000});
    EXPECT_EQ(run("sale", audience).status, 0);
    EXPECT_EQ(number(report_, "/outcomes/accepted"), 3000u);
    const Json account = service->stop();
    EXPECT_EQ(number(account, "/requests/probes"), 1u);
    EXPECT_EQ(number(account, "/requests/received"), number(report_, "/requests/sent"));
  }
}

}  // namespace
}  // namespace herald::e2e
