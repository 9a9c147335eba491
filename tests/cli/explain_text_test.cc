#include "tools/herald/explain_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace herald::cli {
namespace {

using testing::HasSubstr;

DeviceAccount account() {
  DeviceAccount account;
  account.app = "demo";
  account.fingerprint = 0xabc;
  account.charges = {{"2026-11-24", "marketing", "-", 2, 2}, {"2026-11-24", "form", "10086", 1, 2}};
  account.outcomes = {
      {"sale-1", 17, Outcome::accepted, "", "-",
       std::chrono::system_clock::time_point{std::chrono::milliseconds{1'795'485'603'000}}, "1795"},
      {"sale-2", 99, Outcome::over_quota, "marketing", "-", {}, ""},
      {"sale-3", 5, std::nullopt, "", "7", {}, ""}};
  return account;
}

TEST(ExplainText, SaysWhatWasChargedAndWhyNot) {
  const std::string text = explain_text({account()}, std::chrono::hours{8});
  EXPECT_THAT(text, HasSubstr("app demo, device 0000000000000abc"));
  EXPECT_THAT(text, HasSubstr("marketing                    2 of 2"));
  EXPECT_THAT(text, HasSubstr("form 10086                   1 of 2"));
  EXPECT_THAT(text, HasSubstr("sale-1 record 17: accepted"));
  EXPECT_THAT(text, HasSubstr("request 1795"));
  EXPECT_THAT(text, HasSubstr("over_quota.marketing"));
  EXPECT_THAT(text, HasSubstr("had had its marketing messages of the day"));
  EXPECT_THAT(text, HasSubstr("sale-3 record 5: pending"));
}

TEST(ExplainText, ShowsTimesAtTheServicesOffset) {
  EXPECT_THAT(explain_text({account()}, std::chrono::hours{8}), HasSubstr("2026-11-24 10:00:03"));
  EXPECT_THAT(explain_text({account()}, std::chrono::hours{0}), HasSubstr("2026-11-24 02:00:03"));
}

TEST(ExplainText, AnUnknownDeviceIsSaidToBe) {
  DeviceAccount unknown;
  unknown.app = "demo";
  unknown.unread = {"sale-1: gone.txt: cannot open"};
  const std::string text = explain_text({unknown}, std::chrono::hours{8});
  EXPECT_THAT(text, HasSubstr("charged: nothing today"));
  EXPECT_THAT(text, HasSubstr("campaigns: in none"));
}

TEST(ExplainText, CampaignsThatCouldNotBeReadAreOneLine) {
  DeviceAccount account;
  account.unread = {"sale-1: gone.txt: cannot open"};
  EXPECT_THAT(explain_text({account}, std::chrono::hours{8}),
              HasSubstr("  of 1 campaign only what was sent is known, as its audience could not be "
                        "read again: sale-1\n"));
  account.unread.push_back("sale-2: old.txt: cannot open");
  EXPECT_THAT(explain_text({account}, std::chrono::hours{8}),
              HasSubstr("  of 2 campaigns only what was sent is known, as their audiences could "
                        "not be read again: sale-1, sale-2\n"));
  EXPECT_THAT(explain_json({account}), HasSubstr("sale-2: old.txt: cannot open"));
}

TEST(ExplainText, OffsetOfTheTimesIsSaidOnce) {
  const std::string text = explain_text({account(), account()}, std::chrono::hours{8});
  EXPECT_THAT(text, HasSubstr("  campaigns, times at +08:00\n"));
  EXPECT_EQ(text.find("+08:00"), text.rfind("+08:00"));
  EXPECT_THAT(explain_text({account()}, std::chrono::minutes{-210}), HasSubstr("at -03:30\n"));
}

TEST(ExplainText, JsonHasTheSame) {
  const auto parsed = boost::json::parse(explain_json({account()})).as_array();
  const auto& first = parsed[0].as_object();
  EXPECT_EQ(first.at("app").as_string(), "demo");
  EXPECT_EQ(first.at("charges").as_array().size(), 2u);
  EXPECT_EQ(first.at("outcomes").as_array()[1].as_object().at("outcome").as_string(), "over_quota");
  EXPECT_EQ(first.at("outcomes").as_array()[2].as_object().at("outcome").as_string(), "pending");
}

TEST(ExplainText, EveryOutcomeHasAMeaning) {
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (outcome == Outcome::suppressed || outcome == Outcome::over_quota) continue;  // by reason
    EXPECT_NE(meaning_of(outcome, ""), "") << to_string(outcome);
  }
}

}  // namespace
}  // namespace herald::cli
