// What records make of a template: variables, fields, and what is malformed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "engine/message/template.h"
#include "tests/message/live_view_samples.h"
#include "tests/message/support.h"

namespace herald::message {
namespace {

using base::RecordField;
using base::Variable;
using testing::HasSubstr;

constexpr std::string_view kTarget = R"(,"target":{"token":[)";

class Rendering {
 public:
  explicit Rendering(int push_type, std::string_view payload, const RulesConfig& rules = {},
                     AudienceSpec::Format format = AudienceSpec::Format::jsonl) {
    Job job;
    job.push_type = push_type;
    job.payload = compact(*parse_json(payload));
    job.audience.format = format;
    template_.emplace(Template::make(job, rules).value());
  }

  Rendering& variable(std::string_view name, std::string_view value) {
    variables_.push_back({name, value});
    return *this;
  }
  Rendering& field(RecordField field, std::string_view json) {
    fields_.json[static_cast<std::size_t>(field)] = json;
    return *this;
  }

  Rendered run() {
    fields_.variables = variables_;
    out_ = "kept";
    return template_->render(fields_, out_);
  }
  // The payload alone, or the reason.
  std::string text() {
    const Rendered rendered = run();
    EXPECT_TRUE(out_.starts_with("kept"));
    if (rendered.malformed != Reason::none) {
      EXPECT_EQ(out_, "kept") << "nothing is appended for a malformed record";
      return std::string(herald::to_string(rendered.malformed));
    }
    const std::string_view body = std::string_view(out_).substr(4);
    EXPECT_TRUE(body.starts_with(R"({"payload":)") && body.ends_with(kTarget)) << body;
    return std::string(body.substr(11, body.size() - 11 - kTarget.size()));
  }
  const Template& made() const { return *template_; }

 private:
  std::optional<Template> template_;
  base::RecordFields fields_;
  std::vector<Variable> variables_;
  std::string out_;
};

std::string title(std::string_view text) {
  return fmt::format(R"({{"notification":{{"category":"IM","title":"{}","body":"B",)"
                     R"("clickAction":{{"actionType":0}}}}}})",
                     text);
}

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

constexpr std::string_view kForm =
    R"({"moduleName":"m","formName":"f","abilityName":"a","formId":1,"version":2,"formData":{"k":"v"}})";

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

// The property behind the free places: whatever records bring, what is rendered without looking at
// the rules again keeps them, and what is refused breaks one.
class TemplateProperty : public testing::TestWithParam<unsigned> {
 protected:
  std::string pick(const std::vector<std::string>& from) {
    return from[std::uniform_int_distribution<std::size_t>(0, from.size() - 1)(random_)];
  }
  std::string any_value() {
    std::string value = pick({"",
                              "x",
                              "{{status}}",
                              "{{flightNo}}",
                              "{{vars.a}}",
                              "https://a/b",
                              "http://",
                              "T",
                              "ENABLE",
                              "CALLING",
                              "#FF0A59F7",
                              "\"",
                              "\\",
                              "\n",
                              std::string(1, '\0'),
                              "字",
                              "+86 10",
                              "line",
                              "null",
                              "datashareproxy://",
                              "MARKETING",
                              "/n:~1"});
    if (pick({"a", "b", "c", "d"}) == "a") value += std::string(random_() % 2000, 'x');
    return value;
  }

  std::mt19937 random_{GetParam()};
};

// Every string of the samples becomes a variable in turn, and some at once.
struct Sample {
  int push_type;
  std::string payload;
};

std::vector<Sample> samples() {
  return {
      {0, with(title("T"), "/notification/clickAction",
               R"({"actionType":1,"uri":"u","action":"a","data":{"k":["v",{"n":"w"}]}})")},
      {0, with(with(with(title("T"), "/notification/image", "\"https://a\""),
                    "/notification/inboxContent", R"(["a","b"])"),
               "/notification/style", "3")},
      {0, with(with(with(title("T"), "/notification/appMessageId", "\"id\""),
                    "/notification/profileId", "\"p\""),
               "/notification/unheardOf", R"({"x":["y"]})")},
      {0, with(with(title("T"), "/notification/sound", "\"s\""), "/notification/priorityScene",
               "\"AT_ME\"")},
      {1, with(kForm, "/images", R"([{"keyName":"map","url":"https://a"}])")},
      {2, R"({"notification":{"category":"PLAY_VOICE","title":"T","body":"B",
              "clickAction":{"actionType":0}},"extraData":"x"})"},
      {6, R"({"extraData":"x","proxyData":"ENABLE"})"},
      {7, with(with(std::string(kTaxi), kData + "/extend",
                    R"({"type":1,"text":"x","clickAction":{"actionType":5,
                        "data":{"tel":"10086","k":"v"}}})"),
               "/activityData/capsuleData",
               R"({"type":1,"status":1,"icon":"c","bgColor":"#FF0A59F7","title":"T","content":"C",
                   "remind":"FLIP"})")},
      {7, with(with(std::string(kFlight), kData + "/weather", R"({"weatherType":"x"})"),
               "/activityData/externalData",
               R"({"type":1,"bgColor":"#0A59F7","bgImage":"b","title":"T",
                   "body":[{"text":"B","foregroundColor":"#FF0A59F7"}]})")},
      {7, std::string(kScoreUpdate)},
      {10, R"({"extraData":"x"})"},
  };
}

void collect_strings(const Json& value, const std::string& pointer, std::vector<std::string>& out) {
  if (value.kind == Json::Kind::string) out.push_back(pointer);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Json& item = value.items[i];
    collect_strings(
        item, value.kind == Json::Kind::object ? child(pointer, item.key) : child(pointer, i), out);
  }
}

bool decides_a_quota(const std::string& pointer) {
  return pointer == "/notification/category" || pointer == "/event";
}

TEST_P(TemplateProperty, WhatIsRenderedKeepsTheRulesAndWhatIsRefusedBreaksOne) {
  for (const Sample& sample : samples()) {
    std::vector<std::string> strings;
    collect_strings(*parse_json(sample.payload), "", strings);
    for (int round = 0; round < 40; ++round) {
      std::string pattern = sample.payload;
      std::string expected = sample.payload;
      const std::string value = any_value();
      for (const std::string& pointer : strings) {
        if (decides_a_quota(pointer) || random_() % strings.size() > 2) continue;
        const bool alone = random_() % 2 == 0;
        const std::string before = alone ? "" : "p";
        pattern = with(pattern, pointer, '"' + before + "{{vars.v}}\"");
        std::string json = "\"" + before;
        append_escaped(json, value);
        expected = with(expected, pointer, json + '"');
      }
      Rendering rendering(sample.push_type, pattern);
      const std::string text = rendering.variable("v", value).text();
      bool breaks = false;
      for (const Violation& v : check_message(sample.push_type, *parse_json(expected), nullptr)) {
        breaks = breaks || !v.warning;
      }
      const std::string context = fmt::format("seed {}: {} with {}", GetParam(), pattern, value);
      const std::size_t bytes = rendering.made().suffix().size() + 11 + kTarget.size() +
                                compact(*parse_json(expected)).size();
      if (pattern == sample.payload) continue;
      if (bytes > kMessageBytesMax) {
        ASSERT_EQ(text, "payload_too_long") << context;
      } else if (breaks) {
        ASSERT_EQ(text, "payload_rule") << context;
      } else {
        ASSERT_EQ(text, compact(*parse_json(expected))) << context;
      }
    }
  }
}

// The same for fields, which are checked without reading the payload again.
TEST_P(TemplateProperty, FieldIsRefusedIfAndOnlyIfThePayloadWithItBreaksARule) {
  struct Target {
    RecordField field;
    int push_type;
    std::string payload;
    std::string pointer;
  };
  const std::vector<Target> targets{
      {RecordField::form_id, 1, std::string(kForm), "/formId"},
      {RecordField::version, 1, std::string(kForm), "/version"},
      {RecordField::form_data, 1, std::string(kForm), "/formData"},
      {RecordField::activity_id, 7, std::string(kTaxi), "/activityId"},
      {RecordField::version, 7, std::string(kTaxi), "/version"},
      {RecordField::profile_id, 0, title("T"), "/notification/profileId"},
  };
  for (int round = 0; round < 200; ++round) {
    const Target& target = targets[random_() % targets.size()];
    const std::string json = pick({"0",
                                   "-1",
                                   "1",
                                   "2147483647",
                                   "2147483648",
                                   "-2147483648",
                                   "-2147483649",
                                   "9223372036854775807",
                                   "9223372036854775808",
                                   "-9223372036854775809",
                                   "1.5",
                                   "1e2",
                                   "null",
                                   "true",
                                   "[]",
                                   "{}",
                                   R"({"k":null})",
                                   R"({"k":[null]})",
                                   R"({"k":9007199254740992})",
                                   R"({"datashareproxy://k":1})",
                                   R"("x")",
                                   R"("")",
                                   '"' + std::string(64, 'p') + '"',
                                   '"' + std::string(65, 'p') + '"',
                                   R"("\ud83d\ude00\"")"});
    const std::string expected = with(target.payload, target.pointer, json);
    bool breaks = false;
    for (const Violation& v : check_message(target.push_type, *parse_json(expected), nullptr)) {
      breaks = breaks || !v.warning;
    }
    Rendering rendering(target.push_type, target.payload);
    const std::string text = rendering.field(target.field, json).text();
    const bool refused = text == "wrong_type" || text == "payload_rule";
    ASSERT_EQ(refused, breaks) << fmt::format("seed {}: {} {}: {}", GetParam(), target.pointer,
                                              json, text);
    if (!refused) {
      ASSERT_EQ(compact(*parse_json(text)), compact(*parse_json(expected)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TemplateProperty, testing::Range(1u, 13u));

}  // namespace
}  // namespace herald::message
