// Whatever records bring: what is rendered without reading the rules again keeps them.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/message/live_view_samples.h"
#include "tests/message/rendering.h"

namespace herald::message {
namespace {

using base::RecordField;

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

INSTANTIATE_TEST_SUITE_P(Seeds, TemplateProperty, testing::Range(1u, 7u));

}  // namespace
}  // namespace herald::message
