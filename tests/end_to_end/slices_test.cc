// An audience that several ingest threads read in slices: nobody sees that from outside.
#include <fmt/format.h>
#include <signal.h>

#include <map>
#include <mutex>
#include <set>
#include <sstream>

#include "herald/engine.h"
#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

using testing::HasSubstr;

// A record, as a line of `herald outcomes --format tsv` gives it.
struct Listed {
  std::string token;
  std::string outcome;
};

std::map<std::uint64_t, Listed> listed(const std::string& tsv) {
  std::map<std::uint64_t, Listed> all;
  std::istringstream lines{tsv};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t token = line.find('\t') + 1;
    const std::size_t outcome = line.find('\t', token) + 1;
    const std::size_t reason = line.find('\t', outcome);
    all[std::stoull(line)] = {line.substr(token, outcome - 1 - token),
                              line.substr(outcome, reason - outcome)};
  }
  return all;
}

class Slices : public EndToEnd {
 protected:
  // Of lines of some 20 bytes: dozens of slices.
  static constexpr AudienceShape kShape{
      .tokens = 40000, .duplicate_every = 300, .malformed_every = 700};

  void use_threads(std::uint32_t threads, const std::string& slice = "16KiB") {
    Settings settings;
    settings.port = service_->port();
    settings.engine_more = fmt::format("ingest_threads = {}\nslice = \"{}\"\n", threads, slice);
    write_config(settings);
  }
  // Its first lines once more at its end: equal tokens in different slices.
  void repeat_first(Audience& audience, std::uint64_t lines) {
    const std::string text = content(audience.file);
    std::size_t size = 0;
    for (std::uint64_t i = 0; i < lines; ++i) size = text.find('\n', size) + 1;
    write_file(audience.file, text + text.substr(0, size));
    audience.records += lines;
    audience.duplicates += lines;
  }
  void expect_outcomes(const Json& report, const Audience& audience, std::uint64_t ambiguous = 0) {
    expect_adds_up(report);
    EXPECT_EQ(report.at("state"), "finished");
    EXPECT_EQ(number(report, "/records"), audience.records);
    EXPECT_EQ(number(report, "/outcomes/accepted") + ambiguous, audience.tokens);
    EXPECT_EQ(number(report, "/outcomes/ambiguous"), ambiguous);
    EXPECT_EQ(number(report, "/outcomes/duplicate"), audience.duplicates);
    EXPECT_EQ(number(report, "/outcomes/malformed"), audience.malformed);
  }

  std::unique_ptr<Pushsim> service_;
};

TEST_F(Slices, EveryRecordHasTheNumberAndOutcomeThatItHasInAWholeFile) {
  service_ = pushsim();
  Audience audience = write_audience("tokens.txt", kShape);
  repeat_first(audience, 100);  // none of them malformed
  EXPECT_EQ(run("whole", audience).status, 0);
  expect_outcomes(report_, audience);
  use_threads(4);
  EXPECT_EQ(run("cut", audience).status, 0);
  expect_outcomes(report_, audience);

  const auto whole = listed(herald({"outcomes", "whole", "--all", "--format", "tsv"}).out);
  const Ended once = herald({"outcomes", "cut", "--all", "--format", "tsv"});
  ASSERT_EQ(once.status, 0) << once.err;
  EXPECT_EQ(herald({"outcomes", "cut", "--all", "--format", "tsv"}).out, once.out);
  const auto cut = listed(once.out);
  ASSERT_EQ(cut.size(), audience.records);
  std::set<std::string> accepted;
  std::uint64_t other_winner = 0;
  for (const auto& [number, record] : cut) {
    const Listed& before = whole.at(number);
    ASSERT_EQ(record.token, before.token) << number;
    if (record.outcome == "accepted") {
      ASSERT_TRUE(accepted.insert(record.token).second) << record.token << " is accepted twice";
    }
    if (record.outcome == before.outcome) continue;
    // Of equal records either may be the one that is sent.
    ++other_winner;
    EXPECT_TRUE(record.outcome == "duplicate" || before.outcome == "duplicate") << number;
  }
  EXPECT_LE(other_winner, 200u);
  EXPECT_EQ(accepted.size(), audience.tokens);

  // One token that comes in the first slice and in the last.
  const std::string token = cut.at(5).token;
  const Ended explained = herald({"explain", token, "--json"});
  ASSERT_EQ(explained.status, 0) << explained.err;
  for (const std::uint64_t number : {std::uint64_t{5}, audience.records - 100 + 5}) {
    ASSERT_EQ(cut.at(number).token, token);
    EXPECT_THAT(explained.out, HasSubstr(fmt::format(R"("campaign":"cut","record":{},)", number)));
  }
  // Without the audience the store knows how long its slices were.
  fs::remove(audience.file);
  const std::string last = cut.rbegin()->second.token;
  const std::uint64_t sent = cut.rbegin()->second.outcome == "accepted"
                                 ? audience.records
                                 : 100;  // the line of which it is the repetition
  EXPECT_THAT(herald({"explain", last, "--json"}).out,
              HasSubstr(fmt::format(R"("campaign":"cut","record":{},)", sent)));
  EXPECT_EQ(herald({"fsck"}).status, 0);
  const Json account = service_->stop();
  EXPECT_EQ(number(account, "/by_campaign/cut/accepted"), audience.tokens);
  EXPECT_EQ(number(account, "/max_per_device/marketing"), 2u);
}

// With other threads and other slices in the configuration: it has those that it began with.
TEST_F(Slices, AKilledCampaignGoesOnWhereItWas) {
  service_ = pushsim({"--latency", "30ms", "--max-streams", "8"});
  Audience audience = write_audience("tokens.txt", kShape);
  repeat_first(audience, 100);
  const fs::path job = write_job("sale", audience.file);
  std::size_t requests = 6;
  for (const std::uint32_t threads : {3u, 1u, 8u}) {
    use_threads(threads, threads == 3 ? "16KiB" : "1MiB");
    const auto program = start_herald({"run", job, "--progress", "none"});
    ASSERT_TRUE(wait_for_lines(service_->log(), requests, *program)) << "it ended before";
    program->signal(SIGKILL);
    EXPECT_EQ(program->wait().signal, SIGKILL);
    requests += 6;
  }
  use_threads(2);
  const Ended ended = herald({"resume", "--progress", "none"});
  EXPECT_EQ(ended.status, 4) << ended.err;
  const Json report = report_of("sale");
  const std::uint64_t ambiguous = number(report, "/outcomes/ambiguous");
  EXPECT_GT(ambiguous, 0u);
  expect_outcomes(report, audience, ambiguous);
  EXPECT_EQ(herald({"fsck"}).status, 0);

  const Ended again = herald({"resend-ambiguous", "sale", "--progress", "none"});
  EXPECT_EQ(again.status, 0) << again.err;
  expect_outcomes(report_of("sale"), audience);
  EXPECT_LE(number(service_->stop(), "/max_per_device/marketing"), 2u);
}

TEST_F(Slices, AnInterruptedCampaignIsNotSentToAnotherAudience) {
  service_ = pushsim({"--latency", "50ms", "--max-streams", "4"});
  use_threads(4);
  const Audience audience = write_audience("tokens.txt", kShape);
  const auto program =
      start_herald({"run", write_job("sale", audience.file), "--progress", "none"});
  ASSERT_TRUE(wait_for_lines(service_->log(), 8, *program));
  program->signal(SIGINT);
  EXPECT_EQ(program->wait().status, 130);
  const std::string before = content(audience.file);
  std::string after = before;
  // Of each record, as nobody knows which slices have been sent from.
  for (std::size_t i = 0; i < after.size(); ++i) {
    if ((i == 0 || after[i - 1] == '\n') && after[i] != '\n')
      after[i] = after[i] == 'x' ? 'y' : 'x';
  }
  write_file(audience.file, after);
  const Ended changed = herald({"resume", "sale"});
  EXPECT_EQ(changed.status, 5);
  EXPECT_THAT(changed.err, HasSubstr("are not those that were read before"));
  write_file(audience.file, before);
  EXPECT_EQ(herald({"resume", "sale", "--progress", "none"}).status, 0);
  expect_outcomes(report_of("sale"), audience);
  EXPECT_EQ(number(service_->stop(), "/max_per_device/marketing"), 1u);
}

class Numbers final : public OutcomeSink {
 public:
  void on_outcomes(std::span<const OutcomeRecord> records) noexcept override {
    const std::lock_guard lock{mutex_};
    for (const OutcomeRecord& record : records) {
      told_.emplace(record.record, record.token);
      ++calls_;
    }
  }
  std::mutex mutex_;
  std::map<std::uint64_t, std::string> told_;
  std::uint64_t calls_ = 0;
};

TEST_F(Slices, ASinkIsToldTheNumbersOfTheFile) {
  service_ = pushsim();
  use_threads(4);
  const Audience audience = write_audience("tokens.txt", kShape);
  Numbers numbers;
  {
    Engine engine = Engine::open(Config::load(config_).value()).value();
    const auto campaign =
        engine.submit(Job::load(write_job("sale", audience.file)).value(), &numbers).value();
    campaign.wait();
    EXPECT_EQ(campaign.progress().bytes_read, fs::file_size(audience.file));
    EXPECT_EQ(campaign.progress().records, audience.records);
  }
  EXPECT_EQ(numbers.calls_, audience.records);
  ASSERT_EQ(numbers.told_.size(), audience.records);
  EXPECT_EQ(numbers.told_.begin()->first, 1u);
  EXPECT_EQ(numbers.told_.rbegin()->first, audience.records);
  const auto cut = listed(herald({"outcomes", "sale", "--all", "--format", "tsv"}).out);
  for (const auto& [number, token] : numbers.told_) {
    if (token.empty()) continue;  // of what was not sent
    ASSERT_EQ(cut.at(number).token, token) << number;
  }
}

}  // namespace
}  // namespace herald::e2e
