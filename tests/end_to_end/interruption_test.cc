// What is left behind by a process that is stopped, and by one that is killed.
#include <signal.h>

#include <algorithm>
#include <sstream>

#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

class Interruption : public EndToEnd {
 protected:
  // Runs the campaign until the service has accepted so many requests in all, then signals.
  Ended run_until(const Pushsim& service, const std::string& id, const Audience& audience,
                  std::size_t requests, int signal) {
    const auto program = start_herald({"run", write_job(id, audience.file), "--progress", "none"});
    EXPECT_TRUE(wait_for_lines(service.log(), requests, *program)) << "it ended before";
    program->signal(signal);
    return program->wait();
  }
  // Sums herald's ledger for a class.
  std::uint64_t charges(const std::string& klass) {
    const Ended dump = herald({"ledger", "dump"});
    EXPECT_EQ(dump.status, 0) << dump.err;
    std::uint64_t sum = 0;
    std::istringstream lines(dump.out);
    for (std::string day, device, which, card, count;
         lines >> day >> device >> which >> card >> count;) {
      if (which == klass) sum += std::stoull(count);
    }
    return sum;
  }
};

std::uint64_t counted(const Json& account) {
  std::uint64_t sum = 0;
  for (const auto& day : account.at("days").as_object()) {
    sum += number(day.value().as_object(), "/marketing");
  }
  return sum;
}

TEST_F(Interruption, AnInterruptSettlesWhatIsInFlightAndVoidsTheRest) {
  for (const int signal : {SIGINT, SIGTERM}) {
    fs::remove_all(dir_ / "data");
    const auto service = pushsim({"--latency", "50ms", "--max-streams", "4"});
    const Audience audience =
        write_audience("tokens.txt", {.tokens = 50000, .duplicate_every = 500});
    const Ended ended = run_until(*service, "sale", audience, 8, signal);
    expect_one_line(ended, 130, {"sale", "interrupted"});
    EXPECT_LT(ended.seconds, 20);
    const Json report = report_of("sale");
    const Json account = service->stop();
    expect_bounds(report, account);
    EXPECT_EQ(report.at("state"), "paused");
    EXPECT_EQ(number(report, "/outcomes/ambiguous"), 0u);
    EXPECT_GE(number(report, "/outcomes/accepted"), 8000u);
    EXPECT_LT(number(report, "/outcomes/accepted"), audience.tokens);
    EXPECT_EQ(number(report, "/outcomes/accepted"), number(account, "/by_campaign/sale/accepted"));
    EXPECT_EQ(charges("marketing"), counted(account));
    EXPECT_EQ(charges("total"), counted(account));
  }
}

// I1, I4, I11, I12 over a kill: the third campaign may have what is proven unsent, and no more.
TEST_F(Interruption, AKilledCampaignIsChargedForWhatItMayHaveSent) {
  const auto service = pushsim({"--latency", "30ms", "--max-streams", "8"});
  const Audience audience =
      write_audience("tokens.txt", {.tokens = 40000, .malformed_every = 1000});
  ASSERT_EQ(run("first", audience).status, 0);

  const Ended killed = run_until(*service, "second", audience, 40 + 10, SIGKILL);
  EXPECT_EQ(killed.signal, SIGKILL);
  const Json before = report_of("second");
  expect_adds_up(before);
  EXPECT_EQ(before.at("state"), "paused");
  const std::uint64_t ambiguous = number(before, "/outcomes/ambiguous");
  EXPECT_GT(ambiguous, 0u);  // it was killed with requests in flight
  EXPECT_EQ(number(before, "/reasons/ambiguous.process_died"), ambiguous);
  // 8 streams a connection, 32 batches granted and unsent at most, for one or two connections.
  EXPECT_LE(ambiguous, (2 * 8 + 32 + 32) * 1000u);

  ASSERT_EQ(run("third", audience).status, 0);
  const Json after = report_of("second");
  for (const char* member : {"outcomes", "reasons", "records", "pending", "state"}) {
    EXPECT_EQ(after.at(member), before.at(member)) << member;
  }
  // The ambiguous are listed one by one.
  const Ended listed = herald({"outcomes", "second"});
  ASSERT_EQ(listed.status, 0) << listed.err;
  std::size_t ambiguous_lines = 0;
  for (std::size_t at = 0; (at = listed.out.find("\"ambiguous\"", at)) != listed.out.npos; ++at) {
    ++ambiguous_lines;
  }
  EXPECT_EQ(ambiguous_lines, ambiguous);

  const std::uint64_t charged = charges("marketing");
  const Json account = service->stop();
  expect_bounds(before, account);
  expect_bounds(report_, account);
  EXPECT_EQ(number(account, "/max_per_device/marketing"), 2u);
  EXPECT_GE(charged, counted(account));              // I4
  EXPECT_LE(charged, counted(account) + ambiguous);  // I5
  EXPECT_EQ(number(report_, "/outcomes/accepted") + number(report_, "/outcomes/over_quota"),
            audience.tokens);
  EXPECT_EQ(number(report_, "/outcomes/over_quota"),
            number(before, "/outcomes/accepted") + ambiguous);
}

// Killed again and again at different moments, also during recovery's own writes.
TEST_F(Interruption, NoDeviceIsOverItsQuotaAfterManyKills) {
  const auto service = pushsim({"--latency", "10ms", "--max-streams", "4"});
  const Audience audience = write_audience("tokens.txt", {.tokens = 10000});
  std::size_t lines = 0;
  std::vector<std::string> campaigns;
  for (int i = 0; i < 8; ++i) {
    campaigns.push_back("kill-" + std::to_string(i));
    const auto program =
        start_herald({"run", write_job(campaigns.back(), audience.file), "--progress", "none"});
    // Later ones find the quota spent and end by themselves.
    if (wait_for_lines(service->log(), lines + 1 + static_cast<std::size_t>(i % 3), *program)) {
      program->signal(SIGKILL);
    }
    program->wait();
    const std::string log = content(service->log());
    lines = static_cast<std::size_t>(std::count(log.begin(), log.end(), '\n'));
  }
  const Audience fresh = write_audience("fresh.txt", {.tokens = 12000});
  ASSERT_EQ(run("last", fresh).status, 0);
  const std::uint64_t charged = charges("marketing");
  std::vector<Json> reports;
  for (const std::string& campaign : campaigns) {
    const Ended ended = herald({"report", campaign, "--json"});
    if (ended.status == 2) continue;  // killed before it was written down: then it sent nothing
    EXPECT_EQ(ended.status, 0) << ended.err;
    reports.push_back(parse_json(ended.out));
  }
  EXPECT_GE(reports.size(), 2u);
  const Json account = service->stop();
  for (const Json& report : reports) expect_bounds(report, account);
  expect_bounds(report_, account);
  EXPECT_GE(charged, counted(account));
  for (const auto& counted_one : account.at("by_campaign").as_object()) {
    const auto known = [&](const Json& report) {
      return report.at("campaign") == counted_one.key();
    };
    EXPECT_TRUE(counted_one.key() == "last" || std::any_of(reports.begin(), reports.end(), known))
        << counted_one.key();
  }
}

}  // namespace
}  // namespace herald::e2e
