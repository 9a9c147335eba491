// What the accounts say together: cards, campaigns that may send a card once, and the lines of a
// dump.
#include "tools/pushsim/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/pushsim/support.h"
#include "tools/pushsim/live_view_rules.h"

namespace pushsim {
namespace {

class AccountsTest : public testing::Test {
 protected:
  static Options with_tokens() {
    Options options;
    options.keep_tokens = true;
    return options;
  }
  std::uint64_t send(const Message& message, const std::vector<std::string>& tokens,
                     std::int32_t day = 20781) {
    const std::vector<std::string_view> views(tokens.begin(), tokens.end());
    std::vector<std::uint64_t> hashes;
    for (const auto view : views) hashes.push_back(token_hash(view));
    return accounts_.charge({.message = message,
                             .marketing = message.push_type == 0,
                             .day = day,
                             .wall_ms = TestClock::kStartMs,
                             .tokens = views,
                             .hashes = hashes});
  }
  std::uint64_t send_form(const std::string& token, std::int64_t form_id, std::int64_t version,
                          std::int32_t day = 20781) {
    Message message;
    message.push_type = 1;
    message.campaign = "cards";
    message.test = test_;
    message.form = {form_id, version};
    return send(message, {token}, day);
  }
  const FormTotals& forms() const { return accounts_.forms().totals(); }

  Accounts accounts_{with_tokens()};
  bool test_ = false;
};

TEST_F(AccountsTest, ACardHasItsOwnQuotaADay) {
  for (int i = 1; i <= 2; ++i) send_form("a", 1, i);
  send_form("a", 2, 1);
  send_form("b", 1, 1);
  EXPECT_EQ(forms().over_limit, 0u);
  send_form("a", 1, 3);
  EXPECT_EQ(forms().over_limit, 1u);
  EXPECT_EQ(accounts_.verdicts()[0], Verdict::over_quota);
  send_form("a", 1, 4, 20782);
  EXPECT_EQ(forms().over_limit, 1u);
  EXPECT_EQ(accounts_.forms().counts().max(), 3u);
  EXPECT_EQ(accounts_.forms().cards(), 3u);
  EXPECT_EQ(accounts_.devices().totals().over[static_cast<std::size_t>(Scenario::form)], 1u);
  EXPECT_EQ(accounts_.devices().totals().over_limit, 1u);
  EXPECT_EQ(accounts_.devices().campaigns().at("cards").over_limit, 1u);
  EXPECT_EQ(accounts_.devices().total_of(20781, "a"), 4u);
}

TEST_F(AccountsTest, ATestMessageIsOutsideTheCardsQuotaAndTheTotal) {
  test_ = true;
  for (int i = 1; i <= 5; ++i) send_form("a", 1, i);
  EXPECT_EQ(forms().messages, 5u);
  EXPECT_EQ(forms().over_limit, 0u);
  EXPECT_EQ(accounts_.devices().total_of(20781, "a"), 0u);
  EXPECT_EQ(accounts_.devices().days().at(20781).test, 5u);
}

TEST_F(AccountsTest, ACardsVersionGrowsAndZeroBeginsAnew) {
  send_form("a", 1, 5);
  send_form("a", 1, 5);
  EXPECT_EQ(forms().version_not_greater, 1u);
  send_form("a", 1, 4);
  EXPECT_EQ(forms().version_not_greater, 2u);
  send_form("b", 1, 1);
  send_form("a", 1, 0);
  send_form("a", 1, 0);
  send_form("a", 1, 1);
  send_form("a", 1, 2147483647);
  EXPECT_EQ(forms().version_not_greater, 2u);
}

TEST_F(AccountsTest, ACampaignSendsACardOnceAndADeviceOftener) {
  send_form("a", 1, 1);
  send_form("a", 2, 1);
  send_form("b", 1, 1);
  EXPECT_EQ(accounts_.devices().totals().twice_in_campaign, 0u);
  send_form("a", 1, 2);
  EXPECT_EQ(accounts_.devices().totals().twice_in_campaign, 1u);
}

TEST_F(AccountsTest, ACampaignSendsAnActivityOnceADevice) {
  Message message;
  message.push_type = 7;
  message.campaign = "trips";
  for (const std::int64_t activity : {1, 2}) {
    message.live_view = {activity, kCreate, "TAXI", {}};
    send(message, {"a", "b"});
  }
  EXPECT_EQ(accounts_.devices().totals().twice_in_campaign, 0u);
  send(message, {"b"});
  EXPECT_EQ(accounts_.devices().totals().twice_in_campaign, 1u);
}

TEST_F(AccountsTest, RequestsForACardOverlapUntilTheyAreAnswered) {
  const std::uint64_t first = send_form("a", 1, 1);
  EXPECT_NE(first, 0u);
  send_form("a", 2, 1);
  EXPECT_EQ(accounts_.overlapping_forms(), 0u);
  const std::uint64_t second = send_form("a", 1, 2);
  EXPECT_EQ(accounts_.overlapping_forms(), 1u);
  accounts_.answered(first);
  accounts_.answered(second);
  send_form("a", 1, 3);
  EXPECT_EQ(accounts_.overlapping_forms(), 1u);
  EXPECT_EQ(send({}, {"a"}), 0u);
}

TEST_F(AccountsTest, LinesNameTheCardOrActivity) {
  send_form("a", 9223372036854775807, 1);
  Message message;
  message.push_type = 7;
  message.live_view = {-5, kUpdate, "SCORE", {}};
  send(message, {"a", "b"});
  send(message, {"a"});
  test_ = true;
  send_form("c", 1, 1);
  std::vector<std::string> lines;
  std::string text = accounts_.device_lines();
  for (std::size_t end = 0; (end = text.find('\n')) != text.npos; text.erase(0, end + 1)) {
    lines.push_back(text.substr(0, end));
  }
  EXPECT_THAT(lines,
              testing::UnorderedElementsAre(
                  "2026-11-24\t-\ttest\t-\t1", "2026-11-24\ta\ttotal\t-\t3",
                  "2026-11-24\tb\ttotal\t-\t1", "2026-11-24\ta\tform\t9223372036854775807\t1",
                  "2026-11-24\ta\tlive_view\t-5\t2", "2026-11-24\tb\tlive_view\t-5\t1"));
}

TEST_F(AccountsTest, WithoutNamesALineHasTheDevicesHash) {
  Accounts nameless{Options{}};
  Message message;
  message.push_type = 1;
  message.form = {3, 1};
  const std::string_view token = "a";
  const std::uint64_t hash = token_hash(token);
  nameless.charge({.message = message, .day = 20781, .tokens = {&token, 1}, .hashes = {&hash, 1}});
  char line[64];
  std::snprintf(line, sizeof line, "2026-11-24\t%016lx\tform\t3\t1\n", hash);
  EXPECT_THAT(nameless.device_lines(), testing::HasSubstr(line));
}

// A million cards are a matter of tens of megabytes; here the counts of many are held against a
// map.
TEST_F(AccountsTest, AgreesWithAMapOverManyCards) {
  std::map<std::pair<std::string, std::int64_t>, std::uint32_t> expected;
  std::uint64_t over = 0;
  for (int i = 0; i < 30000; ++i) {
    const std::string token = "t" + std::to_string(i * 7919 % 4001);
    const std::int64_t card = i % 3;
    send_form(token, card, 0);
    over += ++expected[{token, card}] > 2 ? 1 : 0;
  }
  EXPECT_EQ(forms().over_limit, over);
  EXPECT_EQ(accounts_.forms().cards(), expected.size());
  for (const auto& [card, count] : expected) {
    ASSERT_EQ(accounts_.forms().counts().count_of(20781, token_hash(card.first), card.second),
              count);
  }
}

}  // namespace
}  // namespace pushsim
