// What records make of a template: variables, fields, and what is malformed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/message/template.h"
#include "tests/message/live_view_samples.h"
#include "tests/message/rendering.h"

namespace herald::message {
namespace {

using base::RecordField;
using testing::HasSubstr;

TEST(Render, PutsVariablesInSeveralToAString) {
  EXPECT_EQ(Rendering(0, title("Hi {{vars.a}} and {{vars.b}}{{vars.a}}!"))
                .variable("b", "Bo")
                .variable("a", "Al")
                .variable("unused", "x")
                .text(),
            title("Hi Al and BoAl!"));
  EXPECT_EQ(Rendering(0, title("{{vars.a}}")).variable("a", "").text(), title(""));
}

TEST(Render, EscapesWhatVariablesHold) {
  EXPECT_EQ(Rendering(0, title("{{vars.a}}")).variable("a", "\"\\\n\x01 字\x7f").text(),
            title(R"(\"\\\n\u0001 字)"
                  "\x7f"));
}

TEST(Render, LeavesWhatIsTheServicesAndWhatVariablesBring) {
  EXPECT_EQ(Rendering(0, title("{{status}} {{vars.a}}")).variable("a", "{{vars.b}}").text(),
            title("{{status}} {{vars.b}}"));
}

TEST(Render, WithoutAVariableIsMalformed) {
  EXPECT_EQ(Rendering(0, title("{{vars.a}}")).text(), "missing_variable");
  EXPECT_EQ(Rendering(0, title("{{vars.a}}")).variable("A", "x").text(), "missing_variable");
}

TEST(Render, OfTextThatIsNotUtf8IsMalformed) {
  EXPECT_EQ(Rendering(0, title("{{vars.a}}")).variable("a", "\xff").text(), "not_utf8");
}

TEST(Render, OfAFixedTemplateIsItsPrefix) {
  Rendering fixed(0, title("T"), {}, AudienceSpec::Format::lines);
  EXPECT_FALSE(fixed.made().varies());
  EXPECT_EQ(fixed.text(), title("T"));
  EXPECT_EQ(R"({"payload":)" + title("T") + std::string(kTarget), fixed.made().prefix());
}

TEST(Render, FieldOfARecordWinsOverThePayloads) {
  Rendering form(1, kForm);
  form.field(RecordField::form_id, "-7")
      .field(RecordField::version, "9")
      .field(RecordField::form_data, R"({"n":1})");
  EXPECT_EQ(form.text(),
            R"({"moduleName":"m","formName":"f","abilityName":"a","formId":-7,"version":9,)"
            R"("formData":{"n":1}})");
  EXPECT_EQ(form.run().surface, -7);
  EXPECT_EQ(form.run().version, 9);
  EXPECT_EQ(Rendering(1, kForm).text(), kForm);
  EXPECT_EQ(Rendering(1, kForm).run().surface, 1);
  EXPECT_EQ(Rendering(1, kForm).run().version, 2);
}

TEST(Render, FieldThatThePayloadLacksIsPutThere) {
  Rendering form(1, R"({"moduleName":"m","formName":"f","abilityName":"a"})");
  EXPECT_EQ(form.text(), "missing_field");
  form.field(RecordField::form_data, "{}").field(RecordField::version, "0");
  EXPECT_EQ(form.text(), "missing_field");
  form.field(RecordField::form_id, "9223372036854775807");
  EXPECT_EQ(form.text(),
            R"({"moduleName":"m","formName":"f","abilityName":"a","formId":9223372036854775807,)"
            R"("version":0,"formData":{}})");
}

TEST(Render, OptionalFieldMayBeInNeither) {
  const std::string live = with(kScoreUpdate, "/activityId", "");
  Rendering view(7, live);
  EXPECT_EQ(view.text(), "missing_field");
  view.field(RecordField::activity_id, "-5");
  EXPECT_THAT(view.text(), testing::EndsWith(R"(,"activityId":-5})"));
  EXPECT_EQ(view.run().surface, -5);
  EXPECT_EQ(view.run().version, std::nullopt);
  view.field(RecordField::version, "3000000000");
  EXPECT_THAT(view.text(), testing::EndsWith(R"(,"activityId":-5,"version":3000000000})"));
}

TEST(Render, ProfileIdGoesIntoTheNotification) {
  EXPECT_EQ(Rendering(0, title("T")).field(RecordField::profile_id, R"("p\"1")").text(),
            with(title("T"), "/notification/profileId", R"("p\"1")"));
  EXPECT_EQ(Rendering(2, R"({"notification":{},"extraData":""})")
                .field(RecordField::profile_id, "\"p\"")
                .text(),
            R"({"notification":{"profileId":"p"},"extraData":""})");
}

TEST(Render, PayloadsOwnVariablesAreNotAskedForWhereARecordBringsTheField) {
  const std::string form = with(kForm, "/formData", R"({"k":"{{vars.k}}"})");
  EXPECT_EQ(Rendering(1, form).text(), "missing_variable");
  EXPECT_EQ(Rendering(1, form).variable("k", "x").text(), with(kForm, "/formData", R"({"k":"x"})"));
  EXPECT_EQ(Rendering(1, form).field(RecordField::form_data, "{}").text(),
            with(kForm, "/formData", "{}"));
}

TEST(Render, FieldWithoutAPlaceIsOfTheWrongType) {
  EXPECT_EQ(Rendering(0, title("T")).field(RecordField::form_id, "1").text(), "wrong_type");
  EXPECT_EQ(Rendering(0, title("T")).field(RecordField::version, "1").text(), "wrong_type");
  EXPECT_EQ(Rendering(6, R"({"extraData":""})").field(RecordField::profile_id, "\"p\"").text(),
            "wrong_type");
  EXPECT_EQ(Rendering(0, R"({"notification":{"badge":{"setNum":1}}})")
                .field(RecordField::profile_id, "\"p\"")
                .text(),
            "wrong_type");
}

TEST(Render, FieldOutOfItsRangeIsOfTheWrongType) {
  for (const char* id : {"\"7\"", "7.5", "1e3", "9223372036854775808", "null", "{}"}) {
    EXPECT_EQ(Rendering(1, kForm).field(RecordField::form_id, id).text(), "wrong_type") << id;
  }
  for (const char* version : {"-1", "2147483648", "\"1\""}) {
    EXPECT_EQ(Rendering(1, kForm).field(RecordField::version, version).text(), "wrong_type");
  }
  for (const char* id : {"2147483648", "-2147483649"}) {
    EXPECT_EQ(Rendering(7, kScoreUpdate).field(RecordField::activity_id, id).text(), "wrong_type");
  }
  EXPECT_EQ(Rendering(7, kScoreUpdate).field(RecordField::version, "-1").text(), "wrong_type");
  EXPECT_EQ(Rendering(1, kForm).field(RecordField::form_data, "[]").text(), "wrong_type");
  EXPECT_EQ(Rendering(0, title("T")).field(RecordField::profile_id, "7").text(), "wrong_type");
}

TEST(Render, ProfileIdHas64CharactersHoweverWritten) {
  const auto profile = [](std::string_view character, int count) {
    std::string json = "\"";
    for (int i = 0; i < count; ++i) json += character;
    return Rendering(0, title("T")).field(RecordField::profile_id, json + '"').text();
  };
  for (const char* character : {"p", "字", "\\n", "\\u5b57", "\\ud83d\\ude00", "\\\\", "😀"}) {
    EXPECT_NE(profile(character, 64), "wrong_type") << character;
    EXPECT_EQ(profile(character, 65), "wrong_type") << character;
  }
}

TEST(Render, V17FormDataThatBreaksARuleIsMalformed) {
  for (const char* data : {R"({"a":null})", R"({"datashareproxy://x":1})",
                           R"({"n":9007199254740992})", R"({"a":1,"a":2})"}) {
    EXPECT_EQ(Rendering(1, kForm).field(RecordField::form_data, data).text(), "payload_rule");
  }
}

TEST(Render, VariableThatBreaksARuleIsMalformed) {
  const std::string pictured = with(title("T"), "/notification/image", "\"{{vars.url}}\"");
  EXPECT_EQ(Rendering(0, pictured).variable("url", "http://a").text(), "payload_rule");
  EXPECT_THAT(Rendering(0, pictured).variable("url", "https://a").text(), HasSubstr("https://a"));
  const std::string page =
      with(title("T"), "/notification/clickAction", R"({"actionType":1,"uri":"{{vars.uri}}"})");
  EXPECT_EQ(Rendering(0, page).variable("uri", "").text(), "payload_rule");
  EXPECT_NE(Rendering(0, page).variable("uri", "x").text(), "payload_rule");
  const std::string taxi = with(kTaxi, kData + "/contentTitle", "\"{{vars.title}}\"");
  EXPECT_EQ(Rendering(7, taxi).variable("title", "Car").text(), "payload_rule");
  EXPECT_NE(Rendering(7, taxi).variable("title", "{{status}}").text(), "payload_rule");
}

TEST(Render, RuleThatOnlyWarnsDoesNotMakeItMalformed) {
  const std::string pictured = with(title("T"), "/notification/image", "\"{{vars.url}}\"");
  EXPECT_THAT(Rendering(0, pictured, {.warn = {"V15"}}).variable("url", "ftp://a").text(),
              HasSubstr("ftp://a"));
}

TEST(Render, V5RenderingHasAtMost4096Bytes) {
  Rendering probe(0, title("{{vars.a}}"));
  const std::size_t around = probe.made().size_at_least().body;
  EXPECT_NE(probe.variable("a", std::string(4096 - around, 'x')).text(), "payload_too_long");
  EXPECT_EQ(Rendering(0, title("{{vars.a}}")).variable("a", std::string(4097 - around, 'x')).text(),
            "payload_too_long");
  // An escape counts as it is sent.
  EXPECT_EQ(Rendering(0, title("{{vars.a}}"))
                .variable("a", std::string(4096 - around - 1, 'x') + '\n')
                .text(),
            "payload_too_long");
}

TEST(Render, V5MarginAndMeasureHoldForRenderings) {
  const RulesConfig rules{.size = MeasuredPart::payload, .size_margin = 96};
  Rendering probe(0, title("{{vars.a}}"), rules);
  const std::size_t around = probe.made().size_at_least().payload;
  EXPECT_NE(probe.variable("a", std::string(4000 - around, 'x')).text(), "payload_too_long");
  EXPECT_EQ(Rendering(0, title("{{vars.a}}"), rules)
                .variable("a", std::string(4001 - around, 'x'))
                .text(),
            "payload_too_long");
}

TEST(TemplateKind, SaysWhatChargesAndOrders) {
  const auto made = [](int push_type, std::string_view payload, std::string_view options = {}) {
    Job job;
    job.push_type = push_type;
    job.payload = payload;
    job.push_options = options;
    return Template::make(job).value();
  };
  EXPECT_TRUE(made(7, kTaxi).creates());
  EXPECT_TRUE(made(7, kTaxi).large_windows());
  EXPECT_FALSE(made(7, kScoreUpdate).creates());
  EXPECT_TRUE(made(7, kScoreUpdate).large_windows());
  EXPECT_FALSE(made(7, kFlight).large_windows());
  EXPECT_TRUE(made(0, title("T")).shows_notification());
  EXPECT_FALSE(made(0, R"({"notification":{"badge":{"setNum":1}}})").shows_notification());
  EXPECT_FALSE(made(7, kTaxi).shows_notification());
  EXPECT_EQ(made(0, title("T")).tokens_max(), 1000u);
  EXPECT_EQ(made(1, kForm).tokens_max(), 1u);
  const Template test = made(0, title("T"), R"({"testMessage":true})");
  EXPECT_TRUE(test.test_message());
  EXPECT_EQ(test.tokens_max(), 10u);
  EXPECT_FALSE(test.marketing([](std::string_view) { return true; }));
  EXPECT_EQ(made(1, kForm, R"({"testMessage":true})").tokens_max(), 1u);
}

TEST(Render, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(Rendering(0, title("{{vars.a}}")).variable("a", "x").why(), "");
  EXPECT_EQ(Rendering(0, title("{{vars.a}}")).why(),
            "/vars/a: is missing, and the payload has {{vars.a}}");
  EXPECT_EQ(Rendering(0, title("T")).field(RecordField::form_id, "7").why(),
            "/formId: has no place in a message of push type 0");
  EXPECT_EQ(Rendering(1, kForm).field(RecordField::version, "-1").why(),
            "/version: is not of its type, or out of its range");
  EXPECT_THAT(Rendering(1, kForm).field(RecordField::form_data, R"({"n":null})").why(),
              testing::AllOf(HasSubstr("/payload/formData/n: "), HasSubstr("rule V17"),
                             HasSubstr("80100003")));
  EXPECT_THAT(Rendering(0, title("{{vars.a}}")).variable("a", std::string(5000, 'x')).why(),
              testing::AllOf(HasSubstr("shorten it by"), HasSubstr("80300008")));
}

}  // namespace
}  // namespace herald::message
