// The switches of [rules], and rules of the table that no other test is about.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/message/job_check.h"
#include "tests/message/live_view_samples.h"
#include "tests/message/support.h"

namespace herald::message {
namespace {

using testing::HasSubstr;

std::string broken_under(const RulesConfig& rules, std::string_view payload,
                         std::string_view options = {}, int push_type = 0) {
  return render(check(payload, options, push_type, rules));
}

TEST(RulesSwitches, V20ImagesAreTheServicesToVerify) {
  EXPECT_EQ(broken_with(R"("image": "https://never.verified/a.png")"), "");
}

TEST(RulesSwitches, RuleThatOnlyWarnsIsAWarningThatSaysSo) {
  const RulesConfig rules{.warn = {"V10"}};
  const auto found = check(alert(R"("badge": {"addNum": 100}, "style": 2)"), {}, 0, rules);
  EXPECT_EQ(render(found),
            "/payload/notification/badge/addNum V10 warning; "
            "/payload/notification/style V11 80100003");
  EXPECT_EQ(to_string(found[0]),
            "must be 1 to 99, is 100 (rule V10, which the configuration makes a warning)");
}

TEST(RulesSwitches, TypesMayOnlyWarnButNotWhereAQuotaHangsOnThem) {
  const RulesConfig rules{.warn = {"types", "V17", "V19"}};
  EXPECT_EQ(broken_under(rules, alert(R"("notifyId": "1")")),
            "/payload/notification/notifyId types warning");
  const char* form = R"({"formId": "1", "version": "1", "formData": {}})";
  EXPECT_THAT(broken_under(rules, form, {}, 1),
              testing::AllOf(HasSubstr("/payload/formId types 80100003"),
                             HasSubstr("/payload/version types 80100003"),
                             HasSubstr("/payload/moduleName V17 warning")));
  EXPECT_THAT(broken_under(rules, "{}", {}, 7),
              testing::AllOf(HasSubstr("/payload/activityId V19 80100003"),
                             HasSubstr("/payload/operation V19 80100003"),
                             HasSubstr("/payload/event V19 warning")));
  EXPECT_EQ(broken_under(rules, alert(), R"({"testMessage": "true", "ttl": "1"})"),
            "/pushOptions/testMessage types 80100003; /pushOptions/ttl types warning");
}

TEST(RulesSwitches, StrictRefusesUnknownMembersByLocalPolicy) {
  const RulesConfig rules{.strict = true};
  EXPECT_EQ(broken_under(rules, alert(R"("new": 1)")), "/payload/notification/new unknown local");
  EXPECT_EQ(broken_with(R"("new": 1)"), "/payload/notification/new unknown warning");
}

TEST(RulesSwitches, ListsCanBeExtended) {
  const RulesConfig rules{.extra_categories = {"NEWEST"},
                          .extra_events = {"PARTY"},
                          .extra_priority_scenes = {"SOON"},
                          .extra_reminds = {"SHAKE"}};
  EXPECT_EQ(broken_under(rules, alert("", "NEWEST")), "");
  EXPECT_EQ(broken_under(rules, alert(R"("priorityScene": "SOON")")), "");
  EXPECT_EQ(broken_under(rules, with(kScoreUpdate, "/event", "\"PARTY\""), {}, 7), "");
  const std::string capsule = with(kTaxi, "/activityData/capsuleData",
                                   R"({"type": 2, "status": 1, "icon": "c", "content": "c",
                                       "bgColor": "#FF0A59F7", "capsuleTimer": {},
                                       "remind": "SHAKE"})");
  EXPECT_EQ(broken_under(rules, capsule, {}, 7), "");
  EXPECT_EQ(broken_live(capsule), v19("/activityData/capsuleData/remind"));
}

TEST(RulesSwitches, ListsMayOnlyWarn) {
  const RulesConfig rules{.warn = {"lists"}};
  EXPECT_EQ(broken_under(rules, alert("", "NEWEST")),
            "/payload/notification/category lists warning");
  EXPECT_EQ(broken_under(rules, alert(R"("priorityScene": "SOON")")),
            "/payload/notification/priorityScene lists warning");
  EXPECT_EQ(broken_under(rules, with(kScoreUpdate, "/event", "\"PARTY\""), {}, 7),
            "/payload/event lists warning");
}

TEST(RulesSwitches, CreateEventsSayWhatAMessageMayCreate) {
  const RulesConfig three{.create_events = {"FLIGHT", "TAXI", "TRAIN"}};
  EXPECT_EQ(broken_under(three, kTaxi, {}, 7), "");
  EXPECT_EQ(broken_under(three, with(kTaxi, "/event", "\"DELIVERY\""), {}, 7), v19("/operation"));
}

TEST(RulesSwitches, V6TtlZeroMayBeAccepted) {
  const RulesConfig rules{.ttl_zero = ZeroTtl::accept};
  EXPECT_EQ(broken_under(rules, alert(), R"({"ttl": 0})"), "");
  EXPECT_EQ(broken_under(rules, alert(), R"({"ttl": -1})"), "/pushOptions/ttl V6 80100004");
}

TEST(RulesSwitches, V8BadgeAloneMayBeAddedTo) {
  const RulesConfig rules{.badge_add_only = true};
  constexpr std::string_view kAdd = R"({"notification": {"badge": {"addNum": 1}}})";
  EXPECT_EQ(broken_under(rules, kAdd), "/payload/notification/badge V8 warning");
  EXPECT_NE(broken_under(rules, R"({"notification": {"badge": {}}})"),
            "/payload/notification/badge V8 warning");
}

TEST(RulesSwitches, V16OtherCategoriesMayBeSpoken) {
  const RulesConfig rules{.warn = {"V16"}};
  EXPECT_EQ(broken_under(rules,
                         R"({"notification": {"category": "IM", "title": "T", "body": "B",
                             "clickAction": {"actionType": 0}}, "extraData": ""})",
                         {}, 2),
            "/payload/notification/category V16 warning");
}

TEST(RulesSwitches, V5MayBeMeasuredOnThePayloadAloneWithAMargin) {
  const MessageSize size{.body = 4200, .payload = 4000};
  EXPECT_TRUE(check_size(size).has_value());
  EXPECT_EQ(check_size(size, {.size = MeasuredPart::payload}), std::nullopt);
  EXPECT_EQ(check_size(size, {.size = MeasuredPart::payload, .size_margin = 96}), std::nullopt);
  const auto over = check_size(size, {.size = MeasuredPart::payload, .size_margin = 97});
  ASSERT_TRUE(over.has_value());
  EXPECT_EQ(over->text,
            "the payload has 4000 bytes, the service's 4096 less size_margin leave 3999; shorten "
            "it by 1");
  EXPECT_TRUE(check_size(size, {.warn = {"V5"}})->warning);
}

std::string job_with(std::string_view notification) {
  return fmt::format(R"({{"id": "a", "app": "demo", "pushType": 0,
                          "payload": {{"notification": {{"title": "T", "body": "B",
                          "clickAction": {{"actionType": 0}}, {}}}}}}})",
                     notification);
}

TEST(RulesSwitches, V14bWarnsAndStripsWhatHasNoEffect) {
  const RulesConfig rules{.warn = {"V14b"}};
  const std::string marketing =
      job_with(R"("category": "MARKETING", "sound": "a.mp3", "soundDuration": 5, "notifyId": 1)");
  EXPECT_TRUE(Job::parse(marketing, "j").has_error());
  const Job stripped = Job::parse(marketing, "j", rules).value();
  EXPECT_EQ(stripped.payload,
            R"({"notification":{"title":"T","body":"B","clickAction":{"actionType":0},)"
            R"("category":"MARKETING","notifyId":1}})");
  ASSERT_EQ(stripped.warnings.size(), 1u);
  EXPECT_THAT(stripped.warnings[0], HasSubstr("/payload/notification/sound"));

  const Job idle =
      Job::parse(job_with(R"("category": "IM", "soundDuration": 5)"), "j", rules).value();
  EXPECT_THAT(idle.payload, testing::Not(HasSubstr("soundDuration")));
  const Job kept =
      Job::parse(job_with(R"("category": "IM", "sound": "a", "soundDuration": 5)"), "j", rules)
          .value();
  EXPECT_THAT(kept.payload, HasSubstr("soundDuration"));
}

TEST(RulesSwitches, V5ThatOnlyWarnsLetsTheJobThrough) {
  const std::string job =
      job_with(fmt::format(R"("category": "IM", "bigTitle": "{}")", std::string(4096, 'x')));
  EXPECT_TRUE(Job::parse(job, "j").has_error());
  const auto warned = Job::parse(job, "j", {.warn = {"V5"}});
  ASSERT_TRUE(warned.has_value()) << warned.error().what;
  ASSERT_EQ(warned->warnings.size(), 1u);
  EXPECT_THAT(warned->warnings[0], HasSubstr("rule V5"));
  EXPECT_GT(body_bytes_without_tokens(*warned), 4096u);
}

}  // namespace
}  // namespace herald::message
