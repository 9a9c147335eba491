// {{vars.…}} and fields that records bring, as the job is read: what it may say, and what it may
// leave to the records.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/message/job_check.h"
#include "herald/job.h"

namespace herald {
namespace {

using testing::HasSubstr;

std::string text_of(int push_type, std::string_view payload, std::string_view format = "jsonl",
                    std::string_view more = {}) {
  return fmt::format(R"({{"id": "a", "app": "demo", "pushType": {}, "payload": {}, {}
"audience": {{"format": "{}"}}}})",
                     push_type, payload, more, format);
}

std::string fault_of(const std::string& text) {
  const auto job = Job::parse(text, "j.json");
  if (job) return "";
  EXPECT_EQ(job.error().code, Errc::job);
  return job.error().what;
}

std::string alert_with(std::string_view title, std::string_view more = {}) {
  return fmt::format(R"({{"notification": {{"category": "IM", "title": "{}", "body": "B",
                          "clickAction": {{"actionType": 0}}{}}}}})",
                     title, more);
}

TEST(JobVariables, MakeTheJobVary) {
  const auto varies = [](int push_type, std::string_view payload, std::string_view format) {
    return Job::parse(text_of(push_type, payload, format), "j").value().varies;
  };
  EXPECT_TRUE(varies(0, alert_with("Hi {{vars.name}}"), "jsonl"));
  EXPECT_FALSE(varies(0, alert_with("Hi"), "lines"));
  EXPECT_FALSE(varies(0, alert_with("{{status}} {{flightNo}}"), "lines"));
  EXPECT_TRUE(varies(6, R"({"extraData": "{{vars.x}}"})", "jsonl"));
  // Without variables a record may still bring a field, where the push type has one.
  EXPECT_TRUE(varies(0, alert_with("Hi"), "jsonl"));
  EXPECT_FALSE(varies(6, R"({"extraData": "x"})", "jsonl"));
  EXPECT_FALSE(varies(0, R"({"notification": {"badge": {"setNum": 1}}})", "jsonl"));
}

TEST(JobVariables, NeedAnAudienceOfFormatJsonl) {
  EXPECT_EQ(fault_of(text_of(0, alert_with("Hi {{vars.name}}"), "lines")),
            "j.json:1: /payload/notification/title: {{vars.…}} needs records that bring values: "
            "use an audience of format jsonl, with \"vars\" in each line");
  EXPECT_EQ(fault_of(text_of(0, alert_with("Hi {{vars.name}}"))), "");
}

TEST(JobVariables, ThatAreWrongAreErrors) {
  EXPECT_THAT(fault_of(text_of(0, alert_with("{{vars.name"))),
              HasSubstr("/payload/notification/title: {{vars.name is not closed"));
  EXPECT_THAT(fault_of(text_of(0, alert_with("{{vars.first name}}"))),
              HasSubstr("{{vars.first name}} has no good name"));
}

TEST(JobVariables, StandInValuesOfThePayloadOnly) {
  EXPECT_THAT(fault_of(text_of(6, R"({"extraData": "x", "{{vars.k}}": 1})")),
              HasSubstr("a key cannot hold it"));
  EXPECT_THAT(fault_of(text_of(6, R"({"extraData": "x"})", "jsonl",
                               R"("pushOptions": {"receiptId": "{{vars.r}}"},)")),
              HasSubstr("/pushOptions/receiptId: {{vars.…}} stands in the payload only"));
}

TEST(JobVariables, DoNotDecideWhichQuotaIsCharged) {
  EXPECT_THAT(fault_of(text_of(0, R"({"notification": {"category": "{{vars.c}}", "title": "T",
                                      "body": "B", "clickAction": {"actionType": 0}}})")),
              HasSubstr("/payload/notification/category: decides which quota is charged"));
  EXPECT_THAT(fault_of(text_of(7, R"({"event": "{{vars.e}}"})")),
              HasSubstr("/payload/event: decides which quota is charged"));
  EXPECT_THAT(fault_of(text_of(7, R"({"operation": "{{vars.o}}"})")),
              HasSubstr("/payload/operation: "));
}

TEST(JobVariables, LeaveWhatTheyHoldToTheRendering) {
  for (const char* more :
       {R"(, "image": "{{vars.url}}")", R"(, "image": "https{{vars.url}}")",
        R"(, "appMessageId": "{{vars.id}}")", R"(, "style": 3, "inboxContent": ["{{vars.line}}"])",
        R"(, "priorityScene": "{{vars.scene}}")"}) {
    EXPECT_EQ(fault_of(text_of(0, alert_with("T", more))), "") << more;
  }
}

TEST(JobVariables, AreRefusedWhereNoValueCouldMakeItRight) {
  EXPECT_THAT(fault_of(text_of(0, alert_with("T", R"(, "image": "http://{{vars.host}}")"))),
              HasSubstr("must start with https://"));
  EXPECT_THAT(fault_of(text_of(0, alert_with("T", R"(, "notifyId": "{{vars.id}}")"))),
              HasSubstr("must be a whole number, is a string"));
  const std::string line = std::string(1025, 'x') + "{{vars.x}}";
  EXPECT_THAT(fault_of(text_of(0, alert_with("T", fmt::format(R"(, "style": 3,
                               "inboxContent": ["{}"])",
                                                              line)))),
              HasSubstr("must have at most 1024 characters, has 1025"));
  EXPECT_THAT(fault_of(text_of(0, alert_with(std::string(4096, 'x') + "{{vars.x}}"))),
              HasSubstr("rule V5"));
}

TEST(JobVariables, PlaceholderOfTheServiceMayComeWithOne) {
  const auto live = [](std::string_view title) {
    return fmt::format(R"({{"activityId": 1, "operation": 0, "event": "TAXI", "status": "CALLING",
      "activityData": {{"notificationData": {{"type": 3, "contentTitle": "{}",
      "contentText": [{{"text": "a"}}], "clickAction": {{"actionType": 0}},
      "richProgress": {{"progress": 1, "nodeIcons": ["a", "b"]}}}}}}}})",
                       title);
  };
  EXPECT_EQ(fault_of(text_of(7, live("{{vars.title}}"))), "");
  EXPECT_THAT(fault_of(text_of(7, live("Car"))), HasSubstr("{{status}} must stand in"));
}

TEST(JobRecordFields, MayBeLeftOutOfThePayloadWithFormatJsonlOnly) {
  const std::string form = R"({"moduleName": "m", "formName": "f", "abilityName": "a"})";
  EXPECT_EQ(fault_of(text_of(1, form)), "");
  EXPECT_THAT(fault_of(text_of(1, form, "lines")), HasSubstr("is missing (rule V17"));
  const std::string live = R"({"operation": 2, "event": "TIMER", "activityData":
    {"notificationData": {"type": -1, "clickAction": {"actionType": 0}}}})";
  EXPECT_EQ(fault_of(text_of(7, live)), "");
  EXPECT_THAT(fault_of(text_of(7, live, "lines")), HasSubstr("/payload/activityId: is missing"));
}

TEST(JobRecordFields, OtherFieldsStayRequired) {
  EXPECT_THAT(fault_of(text_of(1, R"({"formName": "f", "abilityName": "a"})")),
              HasSubstr("/payload/moduleName: is missing"));
}

TEST(JobRecordFields, AreCheckedWhereThePayloadHasThem) {
  EXPECT_THAT(fault_of(text_of(1, R"({"moduleName": "m", "formName": "f", "abilityName": "a",
                                      "version": -1})")),
              HasSubstr("/payload/version: must be 0 to 2147483647"));
}

}  // namespace
}  // namespace herald
