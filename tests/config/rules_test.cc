// [rules]: what is read, and what cannot be switched off.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "herald/config.h"

namespace herald {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<Config> parse(const std::string& rules) {
  return Config::parse("data_dir = \"x\"\n[rules]\n" + rules, "conf/x.toml");
}

std::string mistake(const std::string& rules) {
  const auto config = parse(rules);
  if (config) return "no error";
  EXPECT_EQ(config.error().code, Errc::config);
  EXPECT_EQ(config.error().what.find('\n'), std::string::npos);
  return config.error().what;
}

TEST(RulesConfig, HasTheServicesRulesByDefault) {
  const RulesConfig rules = parse("").value().rules;
  EXPECT_TRUE(rules.warn.empty());
  EXPECT_FALSE(rules.strict);
  EXPECT_EQ(rules.create_events.size(), 10u);
  EXPECT_EQ(rules.ttl_zero, ZeroTtl::refuse);
  EXPECT_EQ(rules.size, MeasuredPart::body);
  EXPECT_EQ(rules.size_margin, 0u);
  EXPECT_FALSE(rules.badge_add_only);
}

TEST(RulesConfig, IsRead) {
  const RulesConfig rules = parse(R"(warn = ["V14b", "types", "lists"]
strict = true
extra_categories = ["NEW_ONE"]
extra_events = ["E1"]
extra_priority_scenes = ["P"]
extra_reminds = ["R"]
create_events = ["FLIGHT"]
ttl_zero = "accept"
size = "payload"
size_margin = 64
badge_add_only = true)")
                                .value()
                                .rules;
  EXPECT_THAT(rules.warn, ElementsAre("V14b", "types", "lists"));
  EXPECT_TRUE(rules.only_warns("types"));
  EXPECT_FALSE(rules.only_warns("V14"));
  EXPECT_TRUE(rules.strict);
  EXPECT_THAT(rules.extra_categories, ElementsAre("NEW_ONE"));
  EXPECT_THAT(rules.extra_events, ElementsAre("E1"));
  EXPECT_THAT(rules.extra_priority_scenes, ElementsAre("P"));
  EXPECT_THAT(rules.extra_reminds, ElementsAre("R"));
  EXPECT_THAT(rules.create_events, ElementsAre("FLIGHT"));
  EXPECT_EQ(rules.ttl_zero, ZeroTtl::accept);
  EXPECT_EQ(rules.size, MeasuredPart::payload);
  EXPECT_EQ(rules.size_margin, 64u);
  EXPECT_TRUE(rules.badge_add_only);
}

TEST(RulesConfig, UnknownRuleIsNamedWithItsLine) {
  EXPECT_THAT(
      mistake("warn = [\"V5\", \"V99\"]"),
      testing::StartsWith("conf/x.toml:3: [rules]: warn: \"V99\" is no rule; there are V5, "));
  EXPECT_THAT(mistake("warn = [\"v14\"]"), HasSubstr("\"v14\" is no rule"));
}

TEST(RulesConfig, RulesThatProtectQuotasCannotBeMadeToWarn) {
  for (const char* rule : {"V1", "V2", "V3", "V4"}) {
    EXPECT_THAT(mistake(std::string("warn = [\"") + rule + "\"]"),
                HasSubstr(std::string(rule) +
                          " cannot be made to warn: what it refuses could not be counted against "
                          "a quota"));
  }
}

TEST(RulesConfig, RulesThatAreNotCheckedHereSaySo) {
  EXPECT_THAT(mistake("warn = [\"V20\"]"), HasSubstr("V20 is the service's to decide"));
  EXPECT_THAT(mistake("warn = [\"unknown\"]"), HasSubstr("unless strict = true"));
}

TEST(RulesConfig, MistakesAreNamed) {
  EXPECT_THAT(mistake("extra_events = [\"taxi\"]"), HasSubstr("\"taxi\" is no name"));
  EXPECT_THAT(mistake("ttl_zero = true"), HasSubstr("ttl_zero: must be a string"));
  EXPECT_THAT(mistake("size = \"all\""), HasSubstr("write \"body\" or \"payload\""));
  EXPECT_THAT(mistake("size_margin = 4001"), HasSubstr("0 to 4000"));
  EXPECT_THAT(mistake("warns = []"), HasSubstr("unknown key \"warns\""));
}

}  // namespace
}  // namespace herald
