// What a live view shows: layouts, capsule, outer screen (api.md 15.4 to 15.7).
#include <gtest/gtest.h>

#include <string>

#include "tests/message/live_view_samples.h"

namespace herald::message {
namespace {

// One member of notificationData changed, and what that breaks.
std::string broken_data(std::string_view payload, const std::string& name,
                        const std::string& value) {
  return broken_live(payload, kData + '/' + name, value);
}

TEST(LiveViewLayouts, V19TypeAndClickActionAreAlwaysRequired) {
  EXPECT_EQ(broken_data(kScoreUpdate, "type", ""), v19(kData + "/type"));
  EXPECT_EQ(broken_data(kScoreUpdate, "clickAction", ""), v19(kData + "/clickAction"));
}

TEST(LiveViewLayouts, V19TitleAndTextAreRequiredOnCreationOnly) {
  for (const char* name : {"contentTitle", "contentText"}) {
    EXPECT_NE(broken_data(kTaxi, name, "").find(v19(fmt::format("{}/{}", kData, name))),
              std::string::npos);
  }
  EXPECT_EQ(broken_data(kTaxi, "contentText", "[]"), v19(kData + "/contentText"));
  EXPECT_EQ(broken_data(kScoreUpdate, "contentTitle", "\"\""), "");
}

TEST(LiveViewLayouts, V19TextsHave1024CharactersInAll) {
  EXPECT_EQ(broken_data(kScoreUpdate, "contentTitle", characters(1024)), "");
  EXPECT_EQ(broken_data(kScoreUpdate, "contentTitle", characters(1025)),
            v19(kData + "/contentTitle"));
  const auto two = [](std::size_t first, std::size_t second) {
    return fmt::format(R"([{{"text": {}}}, {{"text": {}}}])", characters(first),
                       characters(second));
  };
  EXPECT_EQ(broken_data(kScoreUpdate, "contentText", two(1000, 24)), "");
  EXPECT_EQ(broken_data(kScoreUpdate, "contentText", two(1000, 25)), v19(kData + "/contentText"));
}

TEST(LiveViewLayouts, V19RichTextHasTextAndOneColour) {
  EXPECT_EQ(broken_data(kScoreUpdate, "contentText", "[{}]"), v19(kData + "/contentText/0/text"));
  EXPECT_EQ(broken_data(kScoreUpdate, "contentText", R"(["a"])"),
            "/payload" + kData + "/contentText/0 types 80100003");
  const auto colours = [](const char* first, const char* second) {
    return fmt::format(
        R"([{{"text": "a", "foregroundColor": "{}"}}, {{"text": "b", "foregroundColor": "{}"}}])",
        first, second);
  };
  EXPECT_EQ(broken_data(kScoreUpdate, "contentText", colours("#FF0A59F7", "#FF0A59F7")), "");
  EXPECT_EQ(broken_data(kScoreUpdate, "contentText", colours("#FF0A59F7", "#FFE84026")),
            v19(kData + "/contentText"));
  for (const char* colour : {"#0A59F7", "FF0A59F7#", "#GG0A59F7", "#FF0A59F700", ""}) {
    EXPECT_EQ(broken_data(kScoreUpdate, "contentText", colours(colour, colour)),
              v19(kData + "/contentText/0/foregroundColor") + "; " +
                  v19(kData + "/contentText/1/foregroundColor"));
  }
}

TEST(LiveViewLayouts, V19ProgressLayout) {
  EXPECT_EQ(broken_data(kTaxi, "richProgress", ""), v19(kData + "/richProgress"));
  const auto progress = [](const std::string& name, const std::string& value) {
    return broken_data(kTaxi, "richProgress/" + name, value);
  };
  const std::string here = kData + "/richProgress";
  EXPECT_EQ(progress("progress", ""), v19(here + "/progress"));
  EXPECT_EQ(progress("progress", "100"), "");
  EXPECT_EQ(progress("progress", "101"), v19(here + "/progress"));
  EXPECT_EQ(progress("nodeIcons", ""), v19(here + "/nodeIcons"));
  EXPECT_EQ(progress("nodeIcons", R"(["1"])"), v19(here + "/nodeIcons"));
  EXPECT_EQ(progress("nodeIcons", R"(["1", "2", "3", "4", "5"])"), "");
  EXPECT_EQ(progress("nodeIcons", R"(["1", "2", "3", "4", "5", "6"])"), v19(here + "/nodeIcons"));
  EXPECT_EQ(progress("indicatorType", "0"), "");
  EXPECT_EQ(progress("indicatorType", "1"), v19(here + "/indicatorIcon"));
  EXPECT_EQ(progress("indicatorType", "3"),
            v19(here + "/indicatorType") + "; " + v19(here + "/indicatorIcon"));
  EXPECT_EQ(progress("type", "3"), v19(here + "/type"));
  EXPECT_EQ(progress("color", "\"red\""), v19(here + "/color"));
}

TEST(LiveViewLayouts, V19UpdateOfProgressNeedsTheProgressAlone) {
  EXPECT_EQ(broken_live(with(kTaxi, "/operation", "1"), kData + "/richProgress",
                        R"({"progress": 1, "indicatorType": 1})"),
            "");
}

TEST(LiveViewLayouts, V19EmphasisLayout) {
  const std::string emphasis =
      with(with(with(kTaxi, kData + "/type", "4"), kData + "/descPic", "\"d.png\""),
           kData + "/singleTextBlock", R"({"firstLine": "a", "secondLine": "b"})");
  EXPECT_EQ(broken_live(emphasis), "");
  EXPECT_EQ(broken_data(emphasis, "singleTextBlock", ""), v19(kData + "/singleTextBlock"));
  EXPECT_EQ(broken_data(emphasis, "singleTextBlock/secondLine", ""),
            v19(kData + "/singleTextBlock/secondLine"));
  EXPECT_EQ(broken_data(emphasis, "singleTextBlock/firstLine", characters(128)), "");
  for (const std::string& line : {characters(0), characters(129)}) {
    EXPECT_EQ(broken_data(emphasis, "singleTextBlock/firstLine", line),
              v19(kData + "/singleTextBlock/firstLine"));
  }
  EXPECT_EQ(broken_data(emphasis, "descPic", "\"\""), v19(kData + "/descPic"));
  EXPECT_EQ(broken_live(with(emphasis, "/operation", "1"), kData + "/descPic", ""), "");
}

TEST(LiveViewLayouts, V19LeftRightLayout) {
  EXPECT_EQ(broken_data(kFlight, "firstTextBlock", ""), v19(kData + "/firstTextBlock"));
  EXPECT_EQ(broken_data(kFlight, "lastTextBlock", ""), v19(kData + "/lastTextBlock"));
  EXPECT_EQ(broken_data(kFlight, "lastTextBlock/firstLine", characters(129)),
            v19(kData + "/lastTextBlock/firstLine"));
  EXPECT_EQ(broken_data(kFlight, "spaceIcon", ""), v19(kData + "/spaceIcon"));
  EXPECT_EQ(broken_data(kFlight, "spaceType", "1"), v19(kData + "/spaceText"));
  EXPECT_EQ(broken_data(with(kFlight, kData + "/spaceText", "\"4 h\""), "spaceType", "1"), "");
  EXPECT_EQ(broken_data(kFlight, "spaceType", "2"), v19(kData + "/spaceType"));
  EXPECT_EQ(broken_data(kFlight, "style", "2"), v19(kData + "/style"));
  EXPECT_EQ(broken_data(kFlight, "backgroundType", "100"), "");
  EXPECT_EQ(broken_data(kFlight, "backgroundType", "1"), v19(kData + "/backgroundType"));
}

TEST(LiveViewLayouts, V19SuperscriptThatIsNotShownIsAWarning) {
  EXPECT_EQ(broken_data(kFlight, "lastTextBlock/firstLineSuperscript", "\"+9\""), "");
  for (const char* text : {"\"+0\"", "\"+10\"", "\"1\"", "\"\""}) {
    EXPECT_EQ(broken_data(kFlight, "lastTextBlock/secondLineSuperscript", text),
              "/payload" + kData + "/lastTextBlock/secondLineSuperscript V19 warning");
  }
}

TEST(LiveViewLayouts, V19WeatherThatIsNotShownIsAWarning) {
  const auto weather = [](int kind, int place, int high, int low) {
    return broken_data(kFlight, "weather",
                       fmt::format(R"({{"weatherType": {}, "locationType": {},
                                        "highTemperature": {}, "lowTemperature": {}}})",
                                   kind, place, high, low));
  };
  const std::string warning = "/payload" + kData + "/weather V19 warning";
  EXPECT_EQ(weather(0, 1, 58, -95), "");
  EXPECT_EQ(weather(67, 2, 1, 0), "");
  EXPECT_EQ(weather(2, 1, 20, 10), warning);
  EXPECT_EQ(weather(0, 3, 20, 10), warning);
  EXPECT_EQ(weather(0, 1, 59, 10), warning);
  EXPECT_EQ(weather(0, 1, 20, -96), warning);
  EXPECT_EQ(weather(0, 1, 20, 20), warning);
  EXPECT_EQ(broken_data(kFlight, "weather", "{}"), warning);
}

TEST(LiveViewLayouts, V19MembersOfOtherLayoutsAreWarnings) {
  for (const char* member : {"additionalText", "style", "displayHorizontalLine"}) {
    const char* value = member == std::string("style")            ? "1"
                        : member == std::string("additionalText") ? "\"x\""
                                                                  : "false";
    EXPECT_EQ(broken_data(kTaxi, member, value),
              fmt::format("/payload{}/{} V19 warning", kData, member));
    EXPECT_EQ(broken_data(kFlight, member, value), "");
  }
  EXPECT_EQ(broken_data(kScoreUpdate, "displayHorizontalLine", "false"), "");
}

TEST(LiveViewLayouts, V19ScoreLayout) {
  EXPECT_EQ(broken_data(kScoreUpdate, "game", ""), v19(kData + "/game"));
  EXPECT_EQ(broken_data(kScoreUpdate, "game/guest", ""), v19(kData + "/game/guest"));
  EXPECT_EQ(broken_data(kScoreUpdate, "game/host", "{}"), "");
  EXPECT_EQ(broken_data(kScoreUpdate, "game/competition", "{}"), "");
  const std::string created =
      with(with(with(kTaxi, kData + "/type", "7"), kData + "/richProgress", ""), kData + "/game",
           R"({"host": {"icon": "h", "name": "N", "score": "2"},
               "guest": {"icon": "g", "name": "S", "score": "1"},
               "competition": {"time": "67", "richDesc": [{"text": "F"}]}})");
  EXPECT_EQ(broken_live(created), "");
  EXPECT_EQ(broken_data(created, "game/host/name", ""), v19(kData + "/game/host/name"));
  EXPECT_EQ(broken_data(created, "game/guest/score", "\"\""), v19(kData + "/game/guest/score"));
  EXPECT_EQ(broken_data(created, "game/competition/time", ""),
            v19(kData + "/game/competition/time"));
  EXPECT_EQ(broken_data(created, "game/competition/richDesc", ""),
            v19(kData + "/game/competition"));
}

TEST(LiveViewLayouts, V19Extend) {
  const auto extend = [](const char* value) { return broken_data(kTaxi, "extend", value); };
  const std::string here = kData + "/extend";
  EXPECT_EQ(extend("{}"), "");
  EXPECT_EQ(extend(R"({"type": 1, "text": "x"})"), "");
  EXPECT_EQ(extend(R"({"type": 2, "text": ""})"), v19(here + "/text"));
  EXPECT_EQ(extend(R"({"type": 3, "pic": "x"})"), "");
  EXPECT_EQ(extend(R"({"type": 4, "image": "x"})"), "");
  EXPECT_EQ(extend(R"({"type": 4, "image": ""})"), v19(here + "/image"));
  EXPECT_EQ(extend(R"({"type": 5})"), v19(here + "/type"));
}

TEST(LiveViewLayouts, V9ActionTypesDependOnThePlace) {
  const auto action = [](const std::string& place, const char* value) {
    return broken_data(with(kTaxi, kData + "/extend", "{}"), place + "clickAction", value);
  };
  EXPECT_EQ(action("extend/", R"({"actionType": 3})"), "");
  EXPECT_EQ(action("", R"({"actionType": 3})"),
            "/payload" + kData + "/clickAction/actionType V9 80100003");
  EXPECT_EQ(action("extend/", R"({"actionType": 2})"),
            "/payload" + kData + "/extend/clickAction/actionType V9 80100003");
}

TEST(LiveViewLayouts, V9DiallingNeedsANumber) {
  const auto dial = [](const std::string& data) {
    return broken_data(kTaxi, "extend",
                       fmt::format(R"({{"clickAction": {{"actionType": 5{}}}}})", data));
  };
  const auto tel = [&](const char* number) {
    return dial(fmt::format(R"(, "data": {{"tel": "{}"}})", number));
  };
  for (const char* number : {"10086", "+86 10-5555 0101", "1#", "12345678901234567890"}) {
    EXPECT_EQ(tel(number), "") << number;
  }
  const std::string broken = "/payload" + kData + "/extend/clickAction/data/tel V9 80100003";
  for (const char* number : {"", "0800-CAB", "1+2", "-1", " 1", "#1", "123456789012345678901"}) {
    EXPECT_EQ(tel(number), broken) << number;
  }
  EXPECT_EQ(dial(""), broken);
  EXPECT_EQ(dial(R"(, "data": {"tel": 10086})"), broken);
}

TEST(LiveViewLayouts, V19KeepTimeIs0To3600) {
  EXPECT_EQ(broken_data(kTaxi, "keepTime", "3600"), "");
  for (const char* seconds : {"-1", "3601"}) {
    EXPECT_EQ(broken_data(kTaxi, "keepTime", seconds), v19(kData + "/keepTime"));
  }
}

constexpr std::string_view kCapsule =
    R"({"type": 1, "status": 1, "icon": "c.png", "bgColor": "#FF0A59F7", "title": "T",
        "content": "C"})";

std::string with_capsule(std::string_view payload, std::string_view capsule) {
  return with(payload, "/activityData/capsuleData", std::string(capsule));
}

std::string broken_capsule(std::string_view capsule, const std::string& name,
                           const std::string& value) {
  return broken_live(with_capsule(kTaxi, with(capsule, '/' + name, value)));
}

std::string capsule_v19(const std::string& name) {
  return v19("/activityData/capsuleData/" + name);
}

TEST(LiveViewCapsule, V19FieldsAndTheirBounds) {
  EXPECT_EQ(broken_live(with_capsule(kTaxi, kCapsule)), "");
  for (const char* name : {"type", "status", "icon", "bgColor", "title", "content"}) {
    EXPECT_EQ(broken_capsule(kCapsule, name, ""), capsule_v19(name));
  }
  EXPECT_EQ(broken_capsule(kCapsule, "status", "-1"), "");
  EXPECT_EQ(broken_capsule(kCapsule, "status", "0"), capsule_v19("status"));
  EXPECT_EQ(broken_capsule(kCapsule, "type", "4"), capsule_v19("type"));
  EXPECT_EQ(broken_capsule(kCapsule, "title", characters(128)), "");
  EXPECT_EQ(broken_capsule(kCapsule, "title", characters(129)), capsule_v19("title"));
  EXPECT_EQ(broken_capsule(kCapsule, "remind", "\"FLIP\""), "");
  EXPECT_EQ(broken_capsule(kCapsule, "remind", "\"flip\""), capsule_v19("remind"));
}

TEST(LiveViewCapsule, V19BackgroundHasNineCharactersAndIsNotBlackWhiteOrGrey) {
  for (const char* colour : {"\"#FF000000\"", "\"#FFFFFFFF\"", "\"#FFF1F3F5\"", "\"#fff1f3f5\"",
                             "\"#0A59F7\"", "\"\""}) {
    EXPECT_EQ(broken_capsule(kCapsule, "bgColor", colour), capsule_v19("bgColor")) << colour;
  }
}

TEST(LiveViewCapsule, V19TitleAndContentAreForCreation) {
  const std::string capsule = with(with(kCapsule, "/title", ""), "/content", "");
  EXPECT_EQ(broken_live(with_capsule(kScoreUpdate, capsule)), "");
}

TEST(LiveViewCapsule, V19Timer) {
  const std::string timer = with(with(kCapsule, "/type", "2"), "/capsuleTimer",
                                 R"({"time": 90000, "countDown": true, "pause": false})");
  EXPECT_EQ(broken_capsule(timer, "title", ""), "");
  EXPECT_EQ(broken_capsule(timer, "content", ""), capsule_v19("content"));
  EXPECT_EQ(broken_capsule(timer, "capsuleTimer", ""), capsule_v19("capsuleTimer"));
  EXPECT_EQ(broken_capsule(timer, "capsuleTimer/pause", "0"),
            "/payload/activityData/capsuleData/capsuleTimer/pause types 80100003");
}

TEST(LiveViewCapsule, V19Progress) {
  const std::string progress =
      with(with(kCapsule, "/type", "3"), "/progress", R"({"max": 200, "progress": 200})");
  EXPECT_EQ(broken_live(with_capsule(kTaxi, progress)), "");
  EXPECT_EQ(broken_capsule(progress, "progress", ""), capsule_v19("progress"));
  EXPECT_EQ(broken_capsule(progress, "progress/progress", "201"), capsule_v19("progress/progress"));
  EXPECT_EQ(broken_capsule(progress, "progress/progress", "-1"), capsule_v19("progress/progress"));
  EXPECT_EQ(broken_capsule(progress, "progress/max", "0"),
            capsule_v19("progress/max") + "; " + capsule_v19("progress/progress"));
  EXPECT_EQ(broken_capsule(progress, "progress", R"({"progress": 1})"), "");
  EXPECT_EQ(broken_capsule(progress, "progress", R"({"progress": 2})"),
            capsule_v19("progress/progress"));
}

TEST(LiveViewOuterScreen, V19FieldsAndTheirBounds) {
  const std::string outer =
      R"({"type": 1, "bgColor": "#0A59F7", "bgImage": "b.png", "title": "T",
          "body": [{"text": "B"}]})";
  const std::string here = "/activityData/externalData";
  const std::string live = with(kTaxi, here, outer);
  EXPECT_EQ(broken_live(live), "");
  for (const char* name : {"bgImage", "title", "body"}) {
    EXPECT_EQ(broken_live(live, fmt::format("{}/{}", here, name), ""),
              v19(fmt::format("{}/{}", here, name)));
  }
  EXPECT_EQ(broken_live(with(live, here + "/bgImage", ""), here + "/type", "0"), "");
  EXPECT_EQ(broken_live(live, here + "/type", "2"), v19(here + "/type"));
  EXPECT_EQ(broken_live(live, here + "/bgColor", "\"#FF0A59F7\""), v19(here + "/bgColor"));
  EXPECT_EQ(broken_live(live, here + "/title", characters(129)), v19(here + "/title"));
  EXPECT_EQ(broken_live(live, here + "/body", fmt::format(R"([{{"text": {}}}])", characters(129))),
            v19(here + "/body"));
}

}  // namespace
}  // namespace herald::message
