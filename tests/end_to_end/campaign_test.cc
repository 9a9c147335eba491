// What a campaign does when all is well.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

using CampaignEndToEnd = EndToEnd;

constexpr AudienceShape kMixed{
    .tokens = 20000, .duplicate_every = 50, .malformed_every = 400, .invalid_every = 333};

TEST_F(CampaignEndToEnd, ReportEqualsTheServicesAccountAndTheGeneratorsCounts) {
  const auto service = pushsim();
  const Audience audience = write_audience("tokens.txt", kMixed);
  const Ended ended = run("sale", audience);
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  const Json account = service->stop();

  expect_bounds(report_, account);
  EXPECT_EQ(report_.at("state"), "finished");
  EXPECT_EQ(number(report_, "/records"), audience.records);
  EXPECT_EQ(number(report_, "/outcomes/accepted"), audience.good());
  EXPECT_EQ(number(report_, "/outcomes/invalid"), audience.invalid);
  EXPECT_EQ(number(report_, "/outcomes/duplicate"), audience.duplicates);
  EXPECT_EQ(number(report_, "/outcomes/malformed"), audience.malformed);
  EXPECT_EQ(number(report_, "/outcomes/ambiguous"), 0u);
  EXPECT_EQ(number(report_, "/pending"), 0u);
  EXPECT_EQ(number(report_, "/reasons/invalid.tokenFormatError"), audience.invalid);
  EXPECT_EQ(number(report_, "/requests/sent"), (audience.tokens + 999) / 1000);
  EXPECT_EQ(number(report_, "/requests/retried"), 0u);

  EXPECT_EQ(number(account, "/by_campaign/sale/accepted"), audience.good());
  EXPECT_EQ(number(account, "/by_campaign/sale/invalid"), audience.invalid);
  EXPECT_EQ(number(account, "/requests/received"), (audience.tokens + 999) / 1000);
  EXPECT_EQ(number(account, "/devices"), audience.good());
}

// Each run is a process of its own, so the second and third know the first only by the store.
TEST_F(CampaignEndToEnd, TheThirdCampaignOfADayMeetsTheQuota) {
  const auto service = pushsim();
  const Audience all = write_audience("all.txt", {.tokens = 6000, .invalid_every = 100});
  const Audience part = write_audience("part.txt", {.tokens = 3000, .first = 1});
  EXPECT_EQ(run("one", all).status, 0);
  EXPECT_EQ(run("two", part).status, 0);
  EXPECT_EQ(number(report_, "/outcomes/accepted"), 3000u);
  EXPECT_EQ(run("three", all).status, 0);
  const Json account = service->stop();
  expect_bounds(report_, account);
  EXPECT_EQ(number(account, "/max_per_device/marketing"), 2u);

  // Of the tokens 1 to 3000 those had two that were good the first time: what is invalid is given
  // back.
  const std::uint64_t invalid_in_part = 3000 / 100;
  EXPECT_EQ(number(report_, "/reasons/over_quota.marketing"), 3000 - invalid_in_part);
  EXPECT_EQ(number(report_, "/outcomes/over_quota"), 3000 - invalid_in_part);
  EXPECT_EQ(number(report_, "/outcomes/invalid"), all.invalid);
  EXPECT_EQ(number(report_, "/outcomes/accepted"), all.good() - (3000 - invalid_in_part));
}

TEST_F(CampaignEndToEnd, ALimitOfZeroSendsNothing) {
  const auto service = pushsim();
  Settings settings;
  settings.port = service->port();
  settings.app_more = "marketing_per_day = 0\n";
  write_config(settings);
  const Audience audience = write_audience("tokens.txt", {.tokens = 2500});
  EXPECT_EQ(run("none", audience).status, 0);
  EXPECT_EQ(number(report_, "/outcomes/over_quota"), audience.tokens);
  EXPECT_EQ(number(service->stop(), "/requests/received"), 0u);
}

TEST_F(CampaignEndToEnd, AnEmptyAudienceIsASuccessWithNothing) {
  const auto service = pushsim();
  EXPECT_EQ(run("empty", write_audience("tokens.txt", {.tokens = 0})).status, 0);
  EXPECT_EQ(report_.at("state"), "finished");
  EXPECT_EQ(number(report_, "/records"), 0u);
  EXPECT_EQ(number(service->stop(), "/requests/received"), 0u);
}

TEST_F(CampaignEndToEnd, ExpiredCampaignsSendNothing) {
  const auto service = pushsim();
  const Audience audience = write_audience("tokens.txt", {.tokens = 2500, .duplicate_every = 100});
  EXPECT_EQ(run("late", audience, R"({"expires": "2020-01-01T00:00:00+08:00"})").status, 0);
  EXPECT_EQ(number(report_, "/outcomes/expired"), audience.tokens);
  EXPECT_EQ(number(report_, "/outcomes/duplicate"), audience.duplicates);
  EXPECT_EQ(number(service->stop(), "/requests/received"), 0u);
  const Ended dump = herald({"ledger", "dump"});
  EXPECT_EQ(dump.status, 0) << dump.err;
  EXPECT_EQ(dump.out, "");
}

TEST_F(CampaignEndToEnd, AFileThatIsMostlyNoTokensStopsEarlyWithFive) {
  const auto service = pushsim();
  const Audience audience = write_audience("tokens.txt", {.tokens = 30000, .malformed_every = 4});
  const Ended ended = run("wrong", audience);
  expect_one_line(ended, 5, {"wrong", "malformed", "maxMalformed"});
  expect_bounds(report_, service->stop());
  EXPECT_EQ(report_.at("state"), "input_error");
  EXPECT_EQ(number(report_, "/pending"), 0u);
  EXPECT_LT(number(report_, "/records"), audience.records);
}

// --- reading afterwards ---

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST_F(CampaignEndToEnd, OutcomesListEveryRecordOnceInOrder) {
  const auto service = pushsim();
  const Audience audience = write_audience("tokens.txt", kMixed);
  const fs::path file = dir_ / "outcomes.jsonl";
  const Ended ended = herald({"run", write_job("sale", audience.file), "--outcomes", file,
                              "--progress", "none", "--json"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  report_ = parse_json(ended.out);
  service->stop();

  const Ended jsonl = herald({"outcomes", "sale", "--all"});
  const Ended tsv = herald({"outcomes", "sale", "--all", "--format", "tsv"});
  ASSERT_EQ(jsonl.status, 0) << jsonl.err;
  ASSERT_EQ(tsv.status, 0) << tsv.err;
  const auto objects = lines_of(jsonl.out);
  const auto rows = lines_of(tsv.out);
  ASSERT_EQ(objects.size(), audience.records);
  ASSERT_EQ(rows.size(), audience.records);

  std::map<std::string, std::uint64_t> totals;
  std::string not_simply_accepted;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const Json object = parse_json(objects[i]);
    ASSERT_EQ(number(object, "/number"), i + 1);
    const std::string outcome(object.at("outcome").as_string());
    const std::string reason(object.at("reason").as_string());
    ++totals[outcome];
    if (outcome != "accepted") not_simply_accepted += objects[i] + '\n';

    std::istringstream row(rows[i]);
    std::string cells[4];
    for (std::string& cell : cells) std::getline(row, cell, '\t');
    ASSERT_EQ(cells[0], std::to_string(i + 1));
    if (outcome != "malformed") {
      ASSERT_EQ(cells[1], object.at("token").as_string());
    }
    ASSERT_EQ(cells[2], outcome);
    ASSERT_EQ(cells[3], reason.empty() ? "-" : reason);
  }
  for (const auto& outcome : report_.at("outcomes").as_object()) {
    EXPECT_EQ(totals[std::string(outcome.key())], outcome.value().to_number<std::uint64_t>())
        << outcome.key();
  }

  // The file of the run, and the listing without --all, are the same bytes.
  EXPECT_EQ(content(file), not_simply_accepted);
  EXPECT_EQ(herald({"outcomes", "sale"}).out, not_simply_accepted);
  EXPECT_EQ(herald({"outcomes", "sale", "--all"}).out, jsonl.out);
}

TEST_F(CampaignEndToEnd, OutcomesOfAChangedAudienceAreRefused) {
  const auto service = pushsim();
  const Audience audience = write_audience("tokens.txt", {.tokens = 2000});
  ASSERT_EQ(run("sale", audience).status, 0);
  std::string text = content(audience.file);
  text[20] = text[20] == 'z' ? 'y' : 'z';
  write_file(audience.file, text);
  const Ended same_size = herald({"outcomes", "sale", "--all"});
  EXPECT_EQ(same_size.status, 2);
  EXPECT_THAT(same_size.err, testing::HasSubstr("changed"));
  write_file(audience.file, text + "more\n");
  expect_one_line(herald({"outcomes", "sale"}), 2, {"tokens.txt", "sale"});
  fs::remove(audience.file);
  expect_one_line(herald({"outcomes", "sale"}), 2, {"tokens.txt"});
}

TEST_F(CampaignEndToEnd, ReportsAreTheSameBytesEachTime) {
  const auto service = pushsim();
  const Audience audience = write_audience("tokens.txt", kMixed);
  ASSERT_EQ(run("sale", audience).status, 0);
  const std::string first = herald({"report", "sale", "--json"}).out;
  EXPECT_EQ(first, content(dir_ / "sale.report"));
  EXPECT_EQ(herald({"report", "sale", "--json"}).out, first);
  const Ended table = herald({"report", "sale"});
  EXPECT_EQ(table.status, 0);
  EXPECT_THAT(table.out, testing::HasSubstr("accepted"));
  expect_one_line(herald({"report", "other"}), 2, {"other", "data"});
}

TEST_F(CampaignEndToEnd, CheckForecastsWithoutSending) {
  const auto service = pushsim();
  const Audience audience = write_audience("tokens.txt", kMixed);
  Settings settings;
  settings.port = service->port();
  settings.app_more = "rate = 1000\n";
  write_config(settings);
  const fs::path job = write_job("sale", audience.file, R"({"rate": 500})");
  const Ended ended = herald({"check", job, "--json"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  const Json forecast = parse_json(ended.out);
  EXPECT_EQ(number(forecast, "/records"), audience.records);
  EXPECT_EQ(number(forecast, "/requests"), (audience.records + 999) / 1000);
  EXPECT_EQ(number(forecast, "/rate"), 500u);
  EXPECT_NEAR(forecast.at("minutes").to_number<double>(),
              static_cast<double>(audience.records) / 500 / 60, 0.01);
  EXPECT_EQ(number(forecast, "/per_device_and_day"), 2u);
  EXPECT_EQ(forecast.at("counts_as_marketing"), true);
  EXPECT_EQ(herald({"check", job}).status, 0);
  EXPECT_FALSE(fs::exists(dir_ / "data"));

  use(*service);
  ASSERT_EQ(run("sale", audience).status, 0);
  EXPECT_EQ(number(report_, "/body_bytes"), number(forecast, "/body_bytes"));
  EXPECT_EQ(number(service->stop(), "/requests/received"), (audience.tokens + 999) / 1000);
}

TEST_F(CampaignEndToEnd, TheLedgerNamesWhatTheServiceCounted) {
  const auto service = pushsim();
  const Audience audience = write_audience("tokens.txt", {.tokens = 5000, .invalid_every = 50});
  ASSERT_EQ(run("one", audience).status, 0);
  ASSERT_EQ(run("two", audience).status, 0);
  service->stop();
  const Ended dump = herald({"ledger", "dump", "--tokens", audience.file});
  ASSERT_EQ(dump.status, 0) << dump.err;
  std::vector<std::string> charged = lines_of(dump.out);
  std::vector<std::string> counted = lines_of(content(service->devices()));
  std::sort(charged.begin(), charged.end());
  std::sort(counted.begin(), counted.end());
  EXPECT_EQ(charged.size(), 2 * audience.good());
  EXPECT_TRUE(charged == counted);

  const Ended nameless = herald({"ledger", "dump"});
  EXPECT_EQ(lines_of(nameless.out).size(), charged.size());
  EXPECT_THAT(nameless.out, testing::Not(testing::HasSubstr("IQAAAACy")));
}

}  // namespace
}  // namespace herald::e2e
