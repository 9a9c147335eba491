// The account counts by device and natural day, and never forgets.
#include "tools/pushsim/account.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tools/pushsim/clock.h"

namespace pushsim {
namespace {

class AccountTest : public testing::Test {
 protected:
  void charge(const std::vector<std::string>& tokens, std::int32_t day = 1, bool marketing = true,
              std::string_view campaign = "sale") {
    std::vector<std::string_view> views(tokens.begin(), tokens.end());
    std::vector<std::uint64_t> hashes;
    for (const auto view : views) hashes.push_back(token_hash(view));
    account_.note_duplicates(hashes);
    account_.charge({.day = day,
                     .scenario = marketing ? Scenario::marketing : Scenario::none,
                     .campaign = campaign,
                     .tokens = views,
                     .hashes = hashes});
  }

  Account account_{{.marketing_limit = 2, .keep_tokens = true}};
};

TEST_F(AccountTest, TheThirdMarketingMessageOfADayIsOverTheLimit) {
  charge({"a"});
  charge({"a"});
  EXPECT_EQ(account_.totals().over_limit, 0u);
  charge({"a", "b"});
  EXPECT_EQ(account_.totals().over_limit, 1u);
  EXPECT_EQ(account_.totals().marketing_max, 3u);
  EXPECT_EQ(account_.marketing_of(1, "b"), 1u);
}

TEST_F(AccountTest, ANewDayBeginsAtZeroAndDevicesAreCountedOnce) {
  charge({"a", "b"}, 1);
  charge({"b", "c"}, 2);
  charge({"b"}, 2);
  EXPECT_EQ(account_.totals().over_limit, 0u);
  EXPECT_EQ(account_.devices(), 3u);
  EXPECT_EQ(account_.days().at(1).devices, 2u);
  EXPECT_EQ(account_.days().at(2).in(Scenario::marketing), 3u);
}

TEST_F(AccountTest, ServiceMessagesCountInTheTotalOnly) {
  for (int i = 0; i < 5; ++i) charge({"a"}, 1, false);
  EXPECT_EQ(account_.totals().over_limit, 0u);
  EXPECT_EQ(account_.marketing_of(1, "a"), 0u);
  EXPECT_EQ(account_.total_of(1, "a"), 5u);
}

TEST_F(AccountTest, TestMessagesCountForTheProjectNotForDevices) {
  const std::string_view token = "a";
  const std::uint64_t hash = token_hash(token);
  account_.charge({.day = 1, .test = true, .tokens = {&token, 1}, .hashes = {&hash, 1}});
  EXPECT_EQ(account_.days().at(1).test, 1u);
  EXPECT_EQ(account_.total_of(1, "a"), 0u);
}

TEST_F(AccountTest, TestMessagesAboveTheProjectsLimitAreCountedAsOver) {
  Account account({.test_limit = 3});
  const std::vector<std::string_view> tokens = {"a", "b"};
  const std::vector<std::uint64_t> hashes = {token_hash("a"), token_hash("b")};
  std::vector<Verdict> verdicts(2, Verdict::taken);
  const Charge charge{
      .day = 20781, .test = true, .tokens = tokens, .hashes = hashes, .verdicts = verdicts};
  account.charge(charge);
  EXPECT_EQ(account.totals().over_test, 0u);
  account.charge(charge);
  EXPECT_EQ(account.totals().over_test, 1u);
  EXPECT_EQ(account.totals().over_limit, 1u);
  EXPECT_EQ(verdicts, (std::vector<Verdict>{Verdict::taken, Verdict::over_quota}));
  EXPECT_EQ(account.device_lines(), "2026-11-24\t-\ttest\t-\t4\n");
}

TEST_F(AccountTest, ATotalAboveItsLimitIsCountedOnceAMessage) {
  Account account({.marketing_limit = 2, .total_limit = 3});
  const std::string_view token = "a";
  const std::uint64_t hash = token_hash(token);
  Verdict verdict{};
  const auto send = [&](Scenario scenario) {
    verdict = Verdict::taken;
    account.charge({.day = 1,
                    .scenario = scenario,
                    .campaign = "c",
                    .tokens = {&token, 1},
                    .hashes = {&hash, 1},
                    .verdicts = {&verdict, 1}});
    return verdict;
  };
  EXPECT_EQ(send(Scenario::marketing), Verdict::taken);
  EXPECT_EQ(send(Scenario::marketing), Verdict::taken);
  EXPECT_EQ(send(Scenario::marketing), Verdict::over_quota);
  EXPECT_EQ(send(Scenario::none), Verdict::over_total);
  EXPECT_EQ(send(Scenario::marketing),
            Verdict::over_quota);  // over both: the scenario's comes first
  EXPECT_EQ(account.totals().over[static_cast<std::size_t>(Scenario::marketing)], 2u);
  EXPECT_EQ(account.totals().over_total, 2u);
  EXPECT_EQ(account.totals().over_limit, 3u);
  EXPECT_EQ(account.campaigns().at("c").over_limit, 3u);
}

TEST_F(AccountTest, ATokenAcceptedAgainForACampaignIsCountedOnceAsTwice) {
  charge({"a", "b"});
  charge({"a"});
  charge({"a"});
  charge({"b"}, 1, true, "other");
  EXPECT_EQ(account_.totals().twice_in_campaign, 1u);
  EXPECT_EQ(account_.campaigns().at("sale").accepted, 4u);
  EXPECT_EQ(account_.campaigns().at("other").twice, 0u);
}

TEST_F(AccountTest, WithoutABiTagNothingIsTwice) {
  charge({"a"}, 1, true, "");
  charge({"a"}, 1, true, "");
  EXPECT_EQ(account_.totals().twice_in_campaign, 0u);
}

TEST_F(AccountTest, RepeatsWithinARequestAreCounted) {
  charge({"a", "b", "a", "a"});
  charge({"a"});
  EXPECT_EQ(account_.totals().duplicate_in_request, 2u);
  EXPECT_EQ(account_.total_of(1, "a"), 4u);
}

TEST_F(AccountTest, DeviceLinesNameTheTokenAndBothClasses) {
  charge({"a"}, 20781);
  charge({"b"}, 20781, false);
  EXPECT_EQ(account_.device_lines(),
            "2026-11-24\ta\tmarketing\t-\t1\n2026-11-24\ta\ttotal\t-\t1\n"
            "2026-11-24\tb\ttotal\t-\t1\n");
}

// Against a map, over enough devices that the table grows several times.
TEST_F(AccountTest, AgreesWithAMapOverManyDevices) {
  const std::uint32_t seed = 7;
  std::mt19937 random(seed);
  std::map<std::string, std::uint32_t> expected;
  std::uint64_t over = 0;
  for (int request = 0; request < 200; ++request) {
    std::vector<std::string> tokens;
    for (int i = 0; i < 100; ++i) tokens.push_back("token-" + std::to_string(random() % 8000));
    for (const std::string& token : tokens) over += ++expected[token] > 2 ? 1 : 0;
    charge(tokens);
  }
  EXPECT_EQ(account_.devices(), expected.size());
  EXPECT_EQ(account_.totals().over_limit, over);
  for (const auto& [token, count] : expected) ASSERT_EQ(account_.marketing_of(1, token), count);
}

TEST(ServiceDay, ChangesAtMidnightOfTheOffset) {
  const std::int64_t midnight_ms = 1795449600000;  // 2026-11-24 00:00 at +08:00
  const std::chrono::minutes offset{480};
  EXPECT_EQ(day_text(service_day(midnight_ms, offset)), "2026-11-24");
  EXPECT_EQ(day_text(service_day(midnight_ms - 1, offset)), "2026-11-23");
  EXPECT_EQ(service_day(-1, std::chrono::minutes{0}), -1);
}

TEST(ServiceDay, DateHeaderIsWrittenAsHttpWantsIt) {
  EXPECT_EQ(http_date(784111777000), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace pushsim
