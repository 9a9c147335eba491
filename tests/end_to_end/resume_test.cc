// A campaign that stopped before its end goes on: after an interrupt, a kill, a lost audience.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

class Resume : public EndToEnd {
 protected:
  Ended run_until(const Pushsim& service, const fs::path& job, std::size_t requests, int signal) {
    const auto program = start_herald({"run", job, "--progress", "none"});
    EXPECT_TRUE(wait_for_lines(service.log(), requests, *program)) << "it ended before";
    program->signal(signal);
    return program->wait();
  }
  Ended resume(Arguments more = {}) {
    Arguments arguments{"resume", "--progress", "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return herald(std::move(arguments));
  }
};

// I10, I13: each record has one outcome, and the service took what is accepted, once.
TEST_F(Resume, AnInterruptedCampaignEndsAsIfItHadNotBeen) {
  const auto service = pushsim({"--latency", "50ms", "--max-streams", "4"});
  const Audience audience = write_audience(
      "tokens.txt", {.tokens = 30000, .duplicate_every = 500, .malformed_every = 700});
  const fs::path job = write_job("sale", audience.file);
  expect_one_line(run_until(*service, job, 8, SIGINT), 130, {"sale", "interrupted"});
  EXPECT_GT(number(report_of("sale"), "/outcomes/accepted"), 0u);

  const Ended ended = resume();
  EXPECT_EQ(ended.status, 0) << ended.err;
  const Json report = report_of("sale");
  expect_adds_up(report);
  EXPECT_EQ(report.at("state"), "finished");
  EXPECT_EQ(number(report, "/records"), audience.records);
  EXPECT_EQ(number(report, "/outcomes/accepted"), audience.tokens);
  EXPECT_EQ(number(report, "/outcomes/duplicate"), audience.duplicates);
  EXPECT_EQ(number(report, "/outcomes/malformed"), audience.malformed);
  const Json account = service->stop();
  EXPECT_EQ(number(account, "/by_campaign/sale/accepted"), audience.tokens);
  EXPECT_EQ(number(account, "/max_per_device/marketing"), 1u);

  // There is nothing more to do, and the code is given again.
  EXPECT_EQ(resume({"sale"}).status, 0);
  const Ended none = resume();
  EXPECT_EQ(none.status, 0);
  EXPECT_NE(none.err.find("no campaign is unfinished"), std::string::npos) << none.err;
}

TEST_F(Resume, AKilledCampaignGoesOnAndListsWhatIsInDoubt) {
  const auto service = pushsim({"--latency", "30ms", "--max-streams", "8"});
  const Audience audience = write_audience("tokens.txt", {.tokens = 40000, .duplicate_every = 300});
  const fs::path job = write_job("sale", audience.file);
  for (std::size_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(run_until(*service, job, 8 * i, SIGKILL).signal, SIGKILL);
  }
  const Ended ended = herald({"run", job.string(), "--progress", "none"});
  EXPECT_EQ(ended.status, 4) << ended.err;
  EXPECT_NE(ended.err.find("sale: it began in an earlier run, and goes on"), std::string::npos);
  const Json report = report_of("sale");
  EXPECT_EQ(report.at("state"), "finished");
  EXPECT_EQ(number(report, "/records"), audience.records);
  EXPECT_EQ(number(report, "/outcomes/duplicate"), audience.duplicates);
  const std::uint64_t ambiguous = number(report, "/outcomes/ambiguous");
  EXPECT_GT(ambiguous, 0u);
  EXPECT_EQ(number(report, "/outcomes/accepted") + ambiguous, audience.tokens);

  // Each of them once more, with a charge of its own: the day has two.
  const Ended again = herald({"resend-ambiguous", "sale", "--progress", "none"});
  EXPECT_EQ(again.status, 0) << again.err;
  const Json after = report_of("sale");
  expect_adds_up(after);
  EXPECT_EQ(number(after, "/outcomes/accepted"), audience.tokens);
  EXPECT_EQ(number(after, "/outcomes/ambiguous"), 0u);
  const Json account = service->stop();
  EXPECT_LE(number(account, "/max_per_device/marketing"), 2u);
  EXPECT_GE(number(account, "/by_campaign/sale/accepted"), audience.tokens);
  EXPECT_LE(number(account, "/by_campaign/sale/accepted"), audience.tokens + ambiguous);
}

// I67. Same size, another content.
TEST_F(Resume, AnotherAudienceIsRefusedUntilTheFirstIsBack) {
  const auto service = pushsim({"--latency", "50ms", "--max-streams", "4"});
  const Audience audience = write_audience("tokens.txt", {.tokens = 20000});
  const fs::path job = write_job("sale", audience.file);
  ASSERT_EQ(run_until(*service, job, 5, SIGKILL).signal, SIGKILL);

  const std::string before = content(audience.file);
  std::string after = before;
  after[10] = after[10] == 'x' ? 'y' : 'x';
  write_file(audience.file, after);
  const Ended changed = resume({"sale"});
  EXPECT_EQ(changed.status, 5);
  EXPECT_NE(changed.err.find("are not those that were read before"), std::string::npos)
      << changed.err;
  EXPECT_EQ(report_of("sale").at("state"), "input_error");
  write_file(audience.file, before + "another\n");
  EXPECT_EQ(resume().status, 5);
  fs::remove(audience.file);
  EXPECT_EQ(resume().status, 5);
  expect_adds_up(report_of("sale"));

  write_file(audience.file, before);
  EXPECT_EQ(resume().status, 4);
  const Json report = report_of("sale");
  EXPECT_EQ(report.at("state"), "finished");
  EXPECT_EQ(number(report, "/outcomes/accepted") + number(report, "/outcomes/ambiguous"),
            audience.tokens);
  expect_bounds(report, service->stop());
}

// I16.
TEST_F(Resume, AnotherJobWithTheSameIdIsRefused) {
  const auto service = pushsim({"--latency", "50ms", "--max-streams", "4"});
  const Audience audience = write_audience("tokens.txt", {.tokens = 20000});
  const fs::path job = write_job("sale", audience.file);
  ASSERT_EQ(run_until(*service, job, 5, SIGKILL).signal, SIGKILL);
  const fs::path other = write_job("sale", audience.file, R"({"rate": 5000})");
  expect_one_line(herald({"run", other.string()}), 2, {"sale", "is another one"});
  expect_one_line(resume({"nobody"}), 2, {"nobody"});
  // The same audience may lie elsewhere.
  write_job("sale", audience.file);
  fs::rename(audience.file, dir_ / "moved.txt");
  const Ended moved = herald(
      {"run", job.string(), "--audience", (dir_ / "moved.txt").string(), "--progress", "none"});
  EXPECT_EQ(moved.status, 4) << moved.err;
  EXPECT_EQ(herald({"outcomes", "sale"}).status, 0);
}

TEST_F(Resume, AtLeastOnceSendsWhatIsInDoubtOnceMoreByItself) {
  const auto service = pushsim({"--latency", "20ms", "--fault", "rst-after:0.05", "--seed", "7"});
  const Audience audience = write_audience("tokens.txt", {.tokens = 30000});
  const fs::path job =
      write_job("sale", audience.file, R"({"delivery": "at-least-once", "tokensPerRequest": 200})");
  std::string text = content(job);
  const std::string at = R"("notification": {)";
  ASSERT_NE(text.find(at), std::string::npos) << text;
  text.insert(text.find(at) + at.size(), R"("notifyId": 7, )");
  write_file(job, text);
  EXPECT_EQ(run_until(*service, job, 20, SIGKILL).signal, SIGKILL);
  const Ended ended = resume();
  EXPECT_TRUE(ended.status == 0 || ended.status == 4) << ended.err;
  const Json report = report_of("sale");
  expect_adds_up(report);
  EXPECT_EQ(number(report, "/outcomes/accepted") + number(report, "/outcomes/ambiguous"),
            audience.tokens);
  const Json account = service->stop();
  // Some were taken twice, and none more often than the day allows.
  EXPECT_GT(number(account, "/by_campaign/sale/accepted"), audience.tokens);
  EXPECT_LE(number(account, "/max_per_device/marketing"), 2u);
  // What failed once with 5 % fails twice with less than 1 %, and what the kill met as a second
  // attempt is not tried a third time.
  EXPECT_LT(number(report, "/outcomes/ambiguous"), audience.tokens / 5);
}

// Standard input cannot be read again: its copy can.
TEST_F(Resume, WhatCameFromStandardInputIsInTheSpool) {
  const auto service = pushsim({"--latency", "50ms", "--max-streams", "4"});
  const Audience audience = write_audience("tokens.txt", {.tokens = 20000});
  const fs::path job = write_job("sale", "-");
  const int in = open(audience.file.c_str(), O_RDONLY);
  const auto program = start_herald({"run", job.string(), "--progress", "none"}, in);
  close(in);
  ASSERT_TRUE(wait_for_lines(service->log(), 8, *program));
  program->signal(SIGTERM);
  EXPECT_EQ(program->wait().status, 130);
  const Ended ended = resume();
  const Json report = report_of("sale");
  expect_adds_up(report);
  // Whether all of it had come before the signal is a matter of time; nothing is missing silently.
  if (ended.status == 0) {
    EXPECT_EQ(number(report, "/outcomes/accepted"), audience.tokens);
  } else {
    EXPECT_EQ(ended.status, 5) << ended.err;
    EXPECT_EQ(report.at("state"), "input_error");
  }
  EXPECT_EQ(number(report, "/outcomes/accepted"),
            number(service->stop(), "/by_campaign/sale/accepted"));
}

}  // namespace
}  // namespace herald::e2e
