// One audience in every form it may come in: the same outcomes, and what is read of a broken one.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "tests/audience/packed.h"
#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

using audience::gzip;
using audience::zstd;
using testing::HasSubstr;

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

class AudienceForms : public EndToEnd {
 protected:
  AudienceForms() {
    for (int i = 0; i < 2500; ++i) {
      tokens_.push_back(fmt::format("{}token-{:06}", i % 100 == 7 ? "invalid-" : "", i));
      if (i % 50 == 3) tokens_.push_back(tokens_.back());  // a duplicate
      if (i % 70 == 5) tokens_.push_back(i % 2 == 0 ? "" : "two words");
    }
  }
  // Each token in a text of its own, {} its place.
  std::string content(std::string_view head, std::string_view record) const {
    std::string text(head);
    for (const std::string& token : tokens_) {
      text += fmt::format(fmt::runtime(record), token);
    }
    return text;
  }
  fs::path write_job_of(const std::string& audience) {
    const fs::path file = write_job("sale", "x");
    std::string text = e2e::content(file);
    text.replace(text.find(R"({"file": "x"})"), 13, audience);
    write_file(file, text);
    return file;
  }
  // A data directory of its own, so that nobody has had anything yet.
  void fresh(const std::string& data) {
    Settings settings;
    settings.port = service_->port();
    settings.data_dir = data;
    write_config(settings);
  }
  static int open_for_reading(const fs::path& file) {
    return open(file.c_str(), O_RDONLY | O_CLOEXEC);
  }

  std::vector<std::string> tokens_;
  std::unique_ptr<Pushsim> service_ = pushsim();
};

TEST_F(AudienceForms, GiveTheSameOutcomesAndReport) {
  const std::string plain = content("", "{}\n");
  const std::string csv = content("name;token\r\n", "\"n;\n\"\"\";{}\r\n");
  const std::string jsonl = content("", "{{\"token\": \"{}\"}}\n");
  write_file(dir_ / "a.txt", plain);
  write_file(dir_ / "a.csv", csv);
  write_file(dir_ / "a.jsonl.zst", zstd(jsonl));
  write_file(dir_ / "a.gz", gzip(plain.substr(0, 1000)) + gzip(plain.substr(1000)));
  const struct {
    std::string name;
    std::string audience;
    fs::path in;  // standard input
  } forms[]{
      {"lines", R"({"file": "a.txt"})", {}},
      {"csv", R"({"file": "a.csv", "format": "csv", "column": "token", "separator": ";"})", {}},
      {"jsonl", R"({"file": "a.jsonl.zst", "format": "jsonl"})", {}},
      {"gz", R"({"file": "a.gz"})", {}},
      {"stdin", R"({"format": "lines"})", dir_ / "a.txt"},
      {"stdin-gz", R"({"format": "lines"})", dir_ / "a.gz"},
  };
  std::string outcomes;
  Json counts;
  for (const auto& form : forms) {
    SCOPED_TRACE(form.name);
    fresh(form.name);
    const fs::path job = write_job_of(form.audience);
    Arguments call{"run", job, "--progress", "none", "--json"};
    Arguments check{"check", job, "--json"};
    if (!form.in.empty()) {
      call.insert(call.end(), {"--audience", "-"});
      check.insert(check.end(), {"--audience", "-"});
    }
    const int in = form.in.empty() ? -1 : open_for_reading(form.in);
    const int in_again = form.in.empty() ? -1 : open_for_reading(form.in);
    const Ended checked = start_herald(check, in_again)->wait();
    EXPECT_EQ(number(parse_json(checked.out), "/records"), tokens_.size()) << checked.err;
    const Ended ended = start_herald(call, in)->wait();
    if (in >= 0) close(in);
    if (in_again >= 0) close(in_again);
    ASSERT_EQ(ended.status, 0) << ended.err;
    const Json report = parse_json(ended.out);
    expect_adds_up(report);
    const Ended listed = herald({"outcomes", "sale", "--all"});
    ASSERT_EQ(listed.status, 0) << listed.err;
    if (outcomes.empty()) {
      EXPECT_EQ(lines_in(listed.out), tokens_.size());
      EXPECT_GT(number(report, "/outcomes/malformed"), 30u);
      EXPECT_GT(number(report, "/outcomes/duplicate"), 40u);
      outcomes = listed.out;
      counts = report;
    }
    EXPECT_TRUE(listed.out == outcomes);
    for (const char* member : {"records", "outcomes", "reasons", "pending", "state"}) {
      EXPECT_EQ(report.at(member), counts.at(member)) << member;
    }
  }
}

// I67: nothing is silently short.
TEST_F(AudienceForms, CutOffAudienceIsAnErrorAndWhatWasReadIsAccountedFor) {
  const std::string packed = gzip(content("", "{}\n"));
  for (const std::string name : {"a.gz", "-"}) {
    fresh("cut" + name);
    write_file(dir_ / "a.gz", packed.substr(0, packed.size() / 2));
    const int in = open_for_reading(dir_ / "a.gz");
    const fs::path audience = name == "-" ? fs::path(name) : dir_ / name;
    const fs::path file = dir_ / ("report" + name);
    const Ended ended = start_herald({"run", write_job("sale", "none"), "--audience", audience,
                                      "--progress", "none", "--report", file},
                                     in)
                            ->wait();
    close(in);
    expect_one_line(
        ended, 5,
        {name == "-" ? "standard input" : "a.gz", "is cut off after", "could not be read"});
    const Json report = parse_json(e2e::content(file));
    expect_adds_up(report);
    EXPECT_EQ(report.at("state"), "input_error");
    EXPECT_EQ(number(report, "/pending"), 0u);
    const std::uint64_t records = number(report, "/records");
    EXPECT_GT(records, 100u);
    EXPECT_LT(records, tokens_.size());
    EXPECT_THAT(ended.err, HasSubstr(fmt::format("record {} could", records + 1)));
    const Ended listed = herald({"outcomes", "sale", "--all"});
    EXPECT_EQ(listed.status, 0) << listed.err;
    EXPECT_EQ(lines_in(listed.out), records);
  }
}

TEST_F(AudienceForms, WhatCannotBeReadAtAllIsRefusedBeforeAnythingIsSent) {
  write_file(dir_ / "a.csv", "id\n1\n");
  write_file(dir_ / "a.gz", "token\n");
  const auto run_of = [&](const std::string& audience) {
    return herald({"run", write_job_of(audience), "--progress", "none"});
  };
  expect_one_line(run_of(R"({"file": "a.csv", "format": "csv", "column": "token"})"), 2,
                  {"a.csv:1", "does not name the column \"token\"", "\"id\""});
  expect_one_line(run_of(R"({"file": "a.gz"})"), 2, {"a.gz", "is not compressed"});
  EXPECT_EQ(herald({"report", "sale"}).status, 2);  // no such campaign
  EXPECT_EQ(number(service_->stop(), "/requests/received"), 0u);
}

TEST_F(AudienceForms, InterruptEndsAWaitForStandardInput) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const auto program = start_herald(
      {"run", write_job("sale", "none"), "--audience", "-", "--progress", "none"}, ends[0]);
  close(ends[0]);
  const std::string some = content("", "{}\n");
  ASSERT_EQ(write(ends[1], some.data(), some.size()), static_cast<ssize_t>(some.size()));
  ASSERT_TRUE(wait_for_lines(service_->log(), 2, *program));
  program->signal(SIGINT);
  const Ended ended = program->wait(std::chrono::seconds{20});
  close(ends[1]);
  expect_one_line(ended, 130, {"sale", "interrupted"});
  const Json report = report_of("sale");
  expect_adds_up(report);
  EXPECT_EQ(report.at("state"), "paused");
  EXPECT_GE(number(report, "/outcomes/accepted"), 1900u);
  // Whose outcome is known can be named: it was in the spool before it was sent.
  const Ended listed = herald({"outcomes", "sale", "--all"});
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_EQ(lines_in(listed.out) + number(report, "/pending"), number(report, "/records"));
  expect_bounds(report, service_->stop());
}

// <(zcat tokens.gz) of a shell, or a named pipe: it is kept, as standard input is.
TEST_F(AudienceForms, PipeIsKeptAndListedLater) {
  fresh("data");
  const fs::path pipe = dir_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const auto running =
      start_herald({"run", write_job_of(R"({"file": "pipe"})").string(), "--progress", "none"});
  write_file(pipe, "token-1\ntoken-2\n");
  const Ended ended = running->wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(herald({"outcomes", "sale", "--all", "--format", "tsv"}).out,
            "1\ttoken-1\taccepted\t-\n2\ttoken-2\taccepted\t-\n");
}

TEST_F(AudienceForms, MalformedRecordsAreListedWithWhatIsWrongAndWhere) {
  fresh("data");
  write_file(dir_ / "a.jsonl", "{\"token\":\"a\",\"formId\":7}\n{\"token\":\"b\"}\nc\n");
  const fs::path job = write_job_of(R"({"file": "a.jsonl", "format": "jsonl"})");
  EXPECT_EQ(herald({"run", job.string(), "--progress", "none"}).status, 0);
  EXPECT_EQ(
      herald({"outcomes", "sale"}).out,
      "{\"number\":1,\"token\":\"a\",\"outcome\":\"malformed\",\"reason\":\"wrong_type\","
      "\"detail\":\"/formId: has no place in a message of push type 0\"}\n"
      "{\"number\":3,\"token\":\"c\",\"outcome\":\"malformed\",\"reason\":\"not_json\","
      "\"detail\":\"it is no JSON object, or has a member twice: is the file JSON Lines?\"}\n");
}

TEST_F(AudienceForms, FileOfTheWrongFormatIsAnInputError) {
  fresh("data");
  write_file(dir_ / "a.txt", "a\nb\n");
  const fs::path job = write_job_of(R"({"file": "a.txt", "format": "jsonl"})");
  const Ended ended = herald({"run", job.string(), "--progress", "none"});
  EXPECT_EQ(ended.status, 5);
  EXPECT_THAT(ended.err, HasSubstr("all of its 2 records are malformed"));
}

}  // namespace
}  // namespace herald::e2e
