// What the service refuses of a live view. A case is a whole legal message with one thing changed.
#include "tools/pushsim/live_view_rules.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/pushsim/support.h"

namespace pushsim {
namespace {

namespace json = boost::json;

constexpr const char* kTaxi = R"({
  "activityId": 7, "operation": 0, "event": "TAXI", "status": "CALLING",
  "activityData": {
    "notificationData": {
      "type": 3, "contentTitle": "Car {{status}}", "contentText": [{"text": "x"}],
      "clickAction": {"actionType": 0},
      "richProgress": {"progress": 5, "nodeIcons": ["a", "b"]}},
    "capsuleData": {"type": 1, "status": 1, "icon": "i", "bgColor": "#FF0A59F7", "title": "t",
                    "content": "c"}}})";
constexpr const char* kFlight = R"({
  "activityId": 7, "operation": 0, "event": "FLIGHT", "status": "BOARDED",
  "activityData": {
    "notificationData": {
      "type": 5, "contentTitle": "{{flightNo}}", "contentText": [{"text": "{{status}}"}],
      "keywords": {"flightNo": "ZZ 1"}, "clickAction": {"actionType": 0},
      "firstTextBlock": {"firstLine": "a", "secondLine": "b"},
      "lastTextBlock": {"firstLine": "a", "secondLine": "b"}, "spaceIcon": "s"}}})";
constexpr const char* kScore = R"({
  "activityId": 7, "operation": 1, "event": "SCORE",
  "activityData": {
    "notificationData": {
      "type": 7, "clickAction": {"actionType": 0},
      "game": {"host": {"icon": "", "name": "n", "score": "1"},
               "guest": {"icon": "", "name": "n", "score": "1"}, "competition": {}}}}})";

const std::string kNotification = "/activityData/notificationData";
const std::string kCapsule = "/activityData/capsuleData";

// JSON pointers and the values that go there; a value that is empty takes the member out.
using Changes = std::vector<std::pair<std::string, const char*>>;

void change(json::value& root, const std::string& pointer, const char* text) {
  const std::size_t slash = pointer.rfind('/');
  boost::system::error_code error;
  json::value* parent = root.find_pointer(pointer.substr(0, slash), error);
  ASSERT_NE(parent, nullptr) << pointer;
  const std::string name = pointer.substr(slash + 1);
  if (*text == '\0') {
    parent->as_object().erase(name);
  } else {
    parent->as_object()[name] = json::parse(text);
  }
}

std::string tip(const char* base, const Changes& changes) {
  json::value root = json::parse(base);
  for (const auto& [pointer, text] : changes) change(root, pointer, text);
  const std::string whole = json::serialize(root);
  simdjson::dom::parser parser;
  object parsed;
  EXPECT_EQ(parser.parse(whole).get(parsed), simdjson::SUCCESS);
  Message message;
  const Tip found = check_live_view(parsed, message);
  return found ? *found : "";
}

#define EXPECT_LEGAL(...) EXPECT_EQ(tip(__VA_ARGS__), "")
#define EXPECT_REFUSED(...) EXPECT_NE(tip(__VA_ARGS__), "")

TEST(LiveViewRules, TopLevel) {
  EXPECT_LEGAL(kTaxi, {});
  EXPECT_LEGAL(kFlight, {});
  EXPECT_LEGAL(kScore, {});
  EXPECT_REFUSED(kTaxi, {{"/activityId", ""}});
  EXPECT_LEGAL(kTaxi, {{"/activityId", "-2147483648"}});
  EXPECT_REFUSED(kTaxi, {{"/activityId", "2147483648"}});
  EXPECT_REFUSED(kTaxi, {{"/operation", "3"}});
  EXPECT_REFUSED(kTaxi, {{"/operation", ""}});
  EXPECT_REFUSED(kTaxi, {{"/event", "\"BUS\""}});
  EXPECT_REFUSED(kTaxi, {{"/version", "-1"}});
  EXPECT_LEGAL(kTaxi, {{"/version", "0"}});
  EXPECT_REFUSED(kTaxi, {{"/mute", "0"}});
  EXPECT_REFUSED(kTaxi, {{"/title", "1"}});
  EXPECT_REFUSED(kTaxi, {{"/activityData", ""}});
  EXPECT_REFUSED(kTaxi, {{kNotification, ""}});
}

TEST(LiveViewRules, StatusesOfTheEventsThatTheServiceFillsIn) {
  EXPECT_REFUSED(kTaxi, {{"/status", ""}});
  EXPECT_REFUSED(kTaxi, {{"/status", "\"BOARDED\""}});
  EXPECT_LEGAL(kTaxi, {{"/status", ""}, {"/operation", "1"}});  // may have been created locally
  EXPECT_REFUSED(kTaxi, {{"/status", "\"BOARDED\""}, {"/operation", "1"}});
  EXPECT_LEGAL(kTaxi, {{"/event", "\"DELIVERY\""}, {"/status", "\"ANY WORD\""}});
  EXPECT_REFUSED(kTaxi, {{"/event", "\"DELIVERY\""}, {"/status", "\"\""}});
}

TEST(LiveViewRules, WhatMayBeCreated) {
  for (const char* event : {"\"SCORE\"", "\"PICK_UP\"", "\"TIMER\"", "\"WORKOUT\""}) {
    EXPECT_REFUSED(kTaxi, {{"/event", event}}) << event;
  }
  EXPECT_REFUSED(kFlight, {{kNotification + "/type", "4"}});
  EXPECT_LEGAL(kFlight, {{kNotification + "/type", "-1"}});
  EXPECT_REFUSED(kTaxi, {{kNotification + "/type", "6"}});
  EXPECT_LEGAL(kTaxi, {{kNotification + "/type", "6"}, {"/operation", "1"}});
}

TEST(LiveViewRules, PlaceholdersHaveToStandWhereTheLayoutShowsThem) {
  const std::string title = kNotification + "/contentTitle";
  EXPECT_REFUSED(kTaxi, {{title, "\"Car\""}});
  EXPECT_LEGAL(kTaxi,
               {{title, "\"Car\""},
                {kNotification + "/contentText", R"([{"text":"x"},{"text":"{{status}}"}])"}});
  EXPECT_LEGAL(kTaxi, {{title, "\"Car\""},
                       {kNotification + "/extend", R"({"type":1,"text":"{{status}}"})"}});
  const char* lines = R"({"firstLine":"{{status}}","secondLine":"b"})";
  EXPECT_REFUSED(kTaxi, {{title, "\"Car\""}, {kNotification + "/singleTextBlock", lines}});
  EXPECT_LEGAL(kTaxi, {{title, "\"Car\""},
                       {kNotification + "/type", "4"},
                       {kNotification + "/descPic", "\"p\""},
                       {kNotification + "/singleTextBlock", lines}});
  EXPECT_REFUSED(kFlight, {{title, "\"Flight\""}});
  EXPECT_LEGAL(kFlight, {{title, "\"Flight\""},
                         {kNotification + "/lastTextBlock",
                          R"({"firstLine":"{{flightNo}}","secondLine":"b"})"}});
  EXPECT_REFUSED(kTaxi, {{"/operation", "1"}, {title, "\"Car\""}});
  EXPECT_LEGAL(kTaxi, {{"/operation", "2"}, {title, "\"Car\""}});
}

TEST(LiveViewRules, Keywords) {
  const std::string keywords = kNotification + "/keywords";
  EXPECT_REFUSED(kFlight, {{keywords, ""}});
  EXPECT_REFUSED(kFlight, {{keywords, R"({"trainNo":"x"})"}});
  EXPECT_REFUSED(kFlight, {{keywords, R"({"flightNo":"x","other":"y"})"}});
  EXPECT_REFUSED(kFlight, {{keywords, R"({"flightNo":1})"}});
  EXPECT_LEGAL(kFlight, {{keywords, ""}, {"/operation", "1"}});
}

TEST(LiveViewRules, TitleAndText) {
  EXPECT_REFUSED(kTaxi, {{kNotification + "/contentTitle", ""}});
  EXPECT_REFUSED(kTaxi, {{kNotification + "/contentText", "[]"}});
  EXPECT_REFUSED(kTaxi, {{kNotification + "/contentText", "[{}]"}});
  EXPECT_LEGAL(kTaxi, {{"/operation", "1"}, {kNotification + "/contentText", ""}});
  const auto text = [](std::size_t size) {
    return "[{\"text\":\"" + std::string(size - 1, 'x') + "\"},{\"text\":\"y\"}]";
  };
  EXPECT_LEGAL(kTaxi, {{kNotification + "/contentText", text(1024).c_str()}});
  EXPECT_REFUSED(kTaxi, {{kNotification + "/contentText", text(1025).c_str()}});
  EXPECT_LEGAL(kTaxi, {{kNotification + "/contentText",
                        R"([{"text":"a","foregroundColor":"#FF0a59f7"},{"text":"b"},
                            {"text":"c","foregroundColor":"#FF0A59F7"}])"}});
  EXPECT_REFUSED(kTaxi, {{kNotification + "/contentText",
                          R"([{"text":"a","foregroundColor":"#FF0A59F7"},
                              {"text":"c","foregroundColor":"#FF0A59F8"}])"}});
  EXPECT_REFUSED(
      kTaxi, {{kNotification + "/contentText", R"([{"text":"a","foregroundColor":"#0A59F7"}])"}});
}

TEST(LiveViewRules, ProgressLayout) {
  const std::string progress = kNotification + "/richProgress";
  EXPECT_REFUSED(kTaxi, {{progress, ""}});
  EXPECT_REFUSED(kTaxi, {{progress + "/progress", "101"}});
  EXPECT_REFUSED(kTaxi, {{progress + "/progress", ""}});
  EXPECT_REFUSED(kTaxi, {{progress + "/nodeIcons", R"(["a"])"}});
  EXPECT_REFUSED(kTaxi, {{progress + "/nodeIcons", R"(["a",1])"}});
  EXPECT_LEGAL(kTaxi, {{progress + "/nodeIcons", ""}, {"/operation", "1"}});
  EXPECT_REFUSED(kTaxi, {{progress + "/indicatorType", "1"}});
  EXPECT_LEGAL(kTaxi, {{progress + "/indicatorType", "1"}, {progress + "/indicatorIcon", "\"i\""}});
  EXPECT_REFUSED(kTaxi, {{progress + "/type", "3"}});
  EXPECT_REFUSED(kTaxi, {{progress + "/color", "\"red\""}});
}

TEST(LiveViewRules, BlockLayouts) {
  EXPECT_REFUSED(kFlight, {{kNotification + "/firstTextBlock", ""}});
  EXPECT_REFUSED(kFlight, {{kNotification + "/lastTextBlock/secondLine", "\"\""}});
  EXPECT_REFUSED(kFlight, {{kNotification + "/lastTextBlock/secondLine",
                            ("\"" + std::string(129, 'x') + "\"").c_str()}});
  EXPECT_LEGAL(kFlight, {{kNotification + "/lastTextBlock/firstLineSuperscript", "\"+10\""}});
  EXPECT_REFUSED(kFlight, {{kNotification + "/spaceIcon", ""}});
  EXPECT_REFUSED(kFlight, {{kNotification + "/spaceType", "1"}});
  EXPECT_LEGAL(kFlight,
               {{kNotification + "/spaceType", "1"}, {kNotification + "/spaceText", "\"4 h\""}});
  EXPECT_LEGAL(kFlight, {{kNotification + "/weather", R"({"weatherType":99})"}});
  EXPECT_REFUSED(kFlight, {{kNotification + "/backgroundType", "1"}});
  EXPECT_REFUSED(kScore, {{kNotification + "/game/guest", ""}});
  EXPECT_REFUSED(kScore, {{kNotification + "/game/competition", ""}});
  EXPECT_REFUSED(kScore, {{kNotification + "/game/host/score", "1"}});
}

TEST(LiveViewRules, ClicksAndTheCornerOnTheRight) {
  const std::string click = kNotification + "/clickAction";
  EXPECT_REFUSED(kTaxi, {{click, ""}});
  EXPECT_REFUSED(kTaxi, {{click, R"({"actionType":3})"}});
  const std::string extend = kNotification + "/extend";
  EXPECT_LEGAL(kTaxi, {{extend, R"({"clickAction":{"actionType":3}})"}});
  EXPECT_REFUSED(kTaxi, {{extend, R"({"type":1})"}});
  EXPECT_LEGAL(kTaxi, {{extend, R"({"type":3,"pic":"p"})"}});
  EXPECT_REFUSED(kTaxi, {{extend, R"({"type":4})"}});
  EXPECT_REFUSED(kTaxi, {{extend, R"({"type":5})"}});
  const auto dial = [&](const std::string& tel) {
    return tip(kTaxi,
               {{extend,
                 (R"({"clickAction":{"actionType":5,"data":{"tel":")" + tel + R"("}}})").c_str()}});
  };
  EXPECT_EQ(dial("+86 10-5555#1"), "");
  EXPECT_NE(dial(""), "");
  EXPECT_NE(dial("-1"), "");
  EXPECT_NE(dial("1+1"), "");
  EXPECT_NE(dial(std::string(21, '1')), "");
}

TEST(LiveViewRules, Capsule) {
  EXPECT_REFUSED(kTaxi, {{kCapsule, "[]"}});
  EXPECT_LEGAL(kTaxi, {{kCapsule, ""}});
  EXPECT_REFUSED(kTaxi, {{kCapsule + "/type", "4"}});
  EXPECT_REFUSED(kTaxi, {{kCapsule + "/status", "0"}});
  EXPECT_REFUSED(kTaxi, {{kCapsule + "/status", ""}});
  EXPECT_REFUSED(kTaxi, {{kCapsule + "/icon", ""}});
  EXPECT_REFUSED(kTaxi, {{kCapsule + "/bgColor", "\"#fff1f3f5\""}});
  EXPECT_REFUSED(kTaxi, {{kCapsule + "/remind", "\"LOUD\""}});
  EXPECT_REFUSED(kTaxi, {{kCapsule + "/title", ""}});
  EXPECT_LEGAL(kTaxi, {{kCapsule + "/title", ""}, {"/operation", "1"}});
  EXPECT_REFUSED(kTaxi, {{kCapsule + "/type", "2"}});
  EXPECT_LEGAL(kTaxi, {{kCapsule + "/type", "2"}, {kCapsule + "/capsuleTimer", "{}"}});
  EXPECT_REFUSED(kTaxi,
                 {{kCapsule + "/type", "2"}, {kCapsule + "/capsuleTimer", R"({"pause":0})"}});
  const auto progress = [&](const char* value) {
    return tip(kTaxi, {{kCapsule + "/type", "3"}, {kCapsule + "/progress", value}});
  };
  EXPECT_EQ(progress(R"({"max":9,"progress":9})"), "");
  EXPECT_NE(progress(R"({"max":9,"progress":10})"), "");
  EXPECT_NE(progress(R"({"max":0,"progress":0})"), "");
  EXPECT_NE(progress(R"({"progress":2})"), "");  // max is 1 when it is left out
  EXPECT_NE(progress("{}"), "");
}

TEST(LiveViewRules, OuterScreenAndFence) {
  const auto outer = [](const char* value) {
    return tip(kTaxi, {{"/activityData/externalData", value}});
  };
  EXPECT_EQ(outer(R"({"title":"t","body":[{"text":"b"}],"bgColor":"#0A59F7"})"), "");
  EXPECT_NE(outer(R"({"title":"t","body":[{"text":"b"}],"bgColor":"#FF0A59F7"})"), "");
  EXPECT_NE(outer(R"({"body":[{"text":"b"}]})"), "");
  EXPECT_NE(outer(R"({"title":"t"})"), "");
  EXPECT_NE(outer(R"({"title":"t","body":[{"text":"b"}],"type":1})"), "");
  const auto fence = [](const std::string& radius, const char* more = "") {
    return tip(kTaxi, {{"/operation", "4"},
                       {"/status", ""},
                       {"/trigger", (R"({"type":1,"condition":{"longitude":121.5,"latitude":31,
                    "coordinateSystemType":2,"monitorEvent":1,"radius":)" +
                                     radius + "}" + more + "}")
                                        .c_str()}});
  };
  EXPECT_EQ(fence("200.5"), "");
  EXPECT_EQ(fence("2000", R"(,"displayTime":1800)"), "");
  EXPECT_NE(fence("199"), "");
  EXPECT_NE(fence("2000", R"(,"displayTime":14)"), "");
}

TEST(LiveViewRules, TheMessageSaysWhatTheAccountNeeds) {
  json::value root = json::parse(kTaxi);
  root.as_object()["version"] = 12;
  simdjson::dom::parser parser;
  object parsed;
  const std::string text = json::serialize(root);
  ASSERT_EQ(parser.parse(text).get(parsed), simdjson::SUCCESS);
  Message message;
  ASSERT_FALSE(check_live_view(parsed, message).has_value());
  ASSERT_TRUE(message.live_view.has_value());
  EXPECT_EQ(message.live_view->activity_id, 7);
  EXPECT_EQ(message.live_view->operation, kCreate);
  EXPECT_EQ(message.live_view->event, "TAXI");
  EXPECT_EQ(message.live_view->version, 12);
}

}  // namespace
}  // namespace pushsim
