// Push types 2, 6 and 10, rule by rule (api.md 13, 14, 17): data for the app, with or without a
// notification.
#include <gtest/gtest.h>

#include <string>

#include "tests/message/support.h"

namespace herald::message {
namespace {

constexpr std::string_view kSpoken =
    R"({"notification": {"category": "PLAY_VOICE", "title": "Paid", "body": "18.50",
        "clickAction": {"actionType": 0}}, "extraData": "{}"})";

TEST(TextToSpeechRules, V16CategoryIsPlayVoiceOnly) {
  EXPECT_EQ(broken_of(2, kSpoken), "");
  EXPECT_EQ(broken_of(2, with(kSpoken, "/notification/category", "\"IM\"")),
            "/payload/notification/category V16 80100003");
}

TEST(TextToSpeechRules, V16ExtraDataIsAStringAndRequired) {
  EXPECT_EQ(broken_of(2, with(kSpoken, "/extraData", "")), "/payload/extraData V16 80100003");
  EXPECT_EQ(broken_of(2, with(kSpoken, "/extraData", "{}")), "/payload/extraData types 80100003");
}

TEST(TextToSpeechRules, V8NotificationHasTheRulesOfAnAlert) {
  EXPECT_EQ(broken_of(2, R"({"extraData": ""})"), "/payload/notification V8 80100003");
  EXPECT_EQ(broken_of(2, with(kSpoken, "/notification/title", "")),
            "/payload/notification/title V8 80100003");
  EXPECT_EQ(broken_of(2, with(kSpoken, "/notification/badge", R"({"addNum": 100})")),
            "/payload/notification/badge/addNum V10 80100003");
  EXPECT_EQ(broken_of(2, with(kSpoken, "/notification/category", "\"SPEECH\"")),
            "/payload/notification/category V8 80100003; "
            "/payload/notification/category V16 80100003");
}

TEST(TextToSpeechRules, V8BadgeAloneIsNoMessageOfThisType) {
  EXPECT_NE(broken_of(2, R"({"notification": {"badge": {"setNum": 1}}, "extraData": ""})"), "");
}

TEST(TextToSpeechRules, ForegroundShowWithoutEffectIsAWarning) {
  EXPECT_EQ(broken_of(2, with(kSpoken, "/notification/foregroundShow", "true")),
            "/payload/notification/foregroundShow V16 warning");
}

TEST(BackgroundRules, V16ExtraDataIsAStringAndRequired) {
  EXPECT_EQ(broken_of(6, R"({"extraData": ""})"), "");
  EXPECT_EQ(broken_of(6, "{}"), "/payload/extraData V16 80100003");
  EXPECT_EQ(broken_of(6, R"({"extraData": {"k": 1}})"), "/payload/extraData types 80100003");
}

TEST(BackgroundRules, V18ProxyDataIsExactlyEnable) {
  const auto proxy = [](const char* value) {
    return broken_of(6, fmt::format(R"({{"extraData": "x", "proxyData": "{}"}})", value));
  };
  EXPECT_EQ(proxy("ENABLE"), "");
  for (const char* value : {"enable", "DISABLE", "", "ENABLE "}) {
    EXPECT_EQ(proxy(value), "/payload/proxyData V18 80100003") << value;
  }
}

TEST(BackgroundRules, CollapseKeyWithoutEffectIsAWarning) {
  EXPECT_EQ(render(check(R"({"extraData": "x"})", R"({"collapseKey": 1, "backgroundMode": 1})", 6)),
            "/pushOptions/collapseKey unknown warning");
}

TEST(CallRules, V16ExtraDataIsAStringAndRequired) {
  EXPECT_EQ(broken_of(10, R"({"extraData": "{\"scene\":\"voice\"}"})"), "");
  EXPECT_EQ(broken_of(10, R"({"notification": {}})"),
            "/payload/notification unknown warning; /payload/extraData V16 80100003");
  EXPECT_EQ(broken_of(10, R"({"extraData": 1})"), "/payload/extraData types 80100003");
}

}  // namespace
}  // namespace herald::message
