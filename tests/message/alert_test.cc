// Push type 0, rule by rule (api.md 10, 11, 21): each limit from both sides.
#include <gtest/gtest.h>

#include <string>

#include "tests/message/support.h"

namespace herald::message {
namespace {

constexpr const char* kOk = "";

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::string member(std::string_view name, std::string_view text) {
  return fmt::format("\"{}\": \"{}\"", name, text);
}

// The notification with one required member left out.
std::string without(std::string_view name) {
  auto payload = parse_json(alert());
  Json& notification = payload->items.front();
  std::erase_if(notification.items, [&](const Json& item) { return item.key == name; });
  return render(check_message(0, *payload, nullptr));
}

TEST(AlertRules, V1PushTypesOfTheServiceAreKnownAndOthersRefused) {
  const auto payload = parse_json(alert());
  EXPECT_EQ(render(check_message(0, *payload, nullptr)), kOk);
  for (const int unknown : {-1, 3, 4, 5, 8, 9, 11, 100}) {
    EXPECT_EQ(render(check_message(unknown, *payload, nullptr)), "/pushType V1 80100003");
  }
}

TEST(AlertRules, V2PayloadIsAnObjectWithANotification) {
  EXPECT_EQ(broken("[]"), "/payload V2 80100003");
  EXPECT_EQ(broken("{}"), "/payload/notification V8 80100003");
  EXPECT_EQ(broken(R"({"notification": "x"})"), "/payload/notification types 80100003");
}

TEST(AlertRules, V8CategoryTitleBodyAndClickActionAreRequired) {
  EXPECT_EQ(without("category"), "/payload/notification/category V8 80100003");
  EXPECT_EQ(without("title"), "/payload/notification/title V8 80100003");
  EXPECT_EQ(without("body"), "/payload/notification/body V8 80100003");
  EXPECT_EQ(without("clickAction"), "/payload/notification/clickAction V8 80100003");
}

TEST(AlertRules, V8CategoriesAreThoseOfTheService) {
  for (const char* category :
       {"IM", "VOIP", "MISS_CALL", "SUBSCRIPTION", "TRAVEL", "HEALTH", "WORK", "ACCOUNT", "EXPRESS",
        "FINANCE", "DEVICE_REMINDER", "MAIL", "MARKETING"}) {
    EXPECT_EQ(broken_with("", category), kOk) << category;
  }
  for (const char* category : {"PROMO", "marketing", "", " MARKETING"}) {
    EXPECT_EQ(broken_with("", category), "/payload/notification/category V8 80100003") << category;
  }
}

TEST(AlertRules, V8EmptyTitleIsAWarningOnly) {
  EXPECT_EQ(broken(R"({"notification": {"category": "IM", "title": "", "body": "B",
                       "clickAction": {"actionType": 0}}})"),
            "/payload/notification/title V8 warning");
}

TEST(AlertRules, V8BodyThatEqualsTheTitleIsAWarningOnly) {
  EXPECT_EQ(broken(R"({"notification": {"category": "IM", "title": "S", "body": "S",
                       "clickAction": {"actionType": 0}}})"),
            "/payload/notification/body V8 warning");
}

TEST(BadgeOnlyRules, V8SetNumAloneIsAMessageWithAWarningAboutItsEntitlement) {
  EXPECT_EQ(broken(R"({"notification": {"badge": {"setNum": 0}}})"),
            "/payload/notification/badge V8 warning");
  EXPECT_EQ(broken(R"({"notification": {"category": "IM", "badge": {"setNum": 99}}})"),
            "/payload/notification/badge V8 warning");
}

TEST(BadgeOnlyRules, V8AddNumAloneIsNoMessage) {
  EXPECT_EQ(broken(R"({"notification": {"badge": {"addNum": 1}}})"),
            "/payload/notification/badge/setNum V8 80100003; /payload/notification/badge V8 "
            "warning");
}

TEST(BadgeOnlyRules, V8AnythingBesideTheBadgeMakesItANotification) {
  for (const char* more :
       {R"("title": "x")", R"("body": "x")", R"("clickAction": {"actionType": 0})",
        R"("notifyId": 1)", R"("unheardOf": 1)"}) {
    const std::string found =
        broken(fmt::format(R"({{"notification": {{"badge": {{"setNum": 5}}, {}}}}})", more));
    EXPECT_NE(found.find("/category V8 80100003"), std::string::npos) << more << ": " << found;
  }
}

TEST(BadgeOnlyRules, V10LimitsHoldInBothForms) {
  EXPECT_EQ(broken(R"({"notification": {"badge": {"setNum": 100}}})"),
            "/payload/notification/badge/setNum V10 80100003; /payload/notification/badge V8 "
            "warning");
}

TEST(AlertRules, V9ActionTypeIs0Or1) {
  for (const int type : {-1, 2, 3, 5}) {
    EXPECT_EQ(broken(fmt::format(R"({{"notification": {{"category": "IM", "title": "T", "body": "B",
                                "clickAction": {{"actionType": {}}}}}}})",
                                 type)),
              "/payload/notification/clickAction/actionType V9 80100003");
  }
}

std::string broken_action(std::string_view action) {
  return broken(fmt::format(R"({{"notification": {{"category": "IM", "title": "T", "body": "B",
                                 "clickAction": {}}}}})",
                            action));
}

TEST(AlertRules, V9ActionType1NeedsActionOrUri) {
  EXPECT_EQ(broken_action(R"({"actionType": 1, "action": "a"})"), kOk);
  EXPECT_EQ(broken_action(R"({"actionType": 1, "uri": "u"})"), kOk);
  EXPECT_EQ(broken_action(R"({"actionType": 1, "data": {"k": 1}})"),
            "/payload/notification/clickAction V9 80100003");
  EXPECT_EQ(broken_action(R"({"actionType": 1, "action": "", "uri": ""})"),
            "/payload/notification/clickAction V9 80100003");
}

TEST(AlertRules, V9ActionTypeIsRequiredAndDataIsAnObject) {
  EXPECT_EQ(broken_action("{}"), "/payload/notification/clickAction/actionType V9 80100003");
  EXPECT_EQ(broken_action(R"({"actionType": 0, "data": "{}"})"),
            "/payload/notification/clickAction/data types 80100003");
  EXPECT_EQ(broken_action(R"({"actionType": 0, "data": {"any": [1, {"thing": null}]}})"), kOk);
}

TEST(AlertRules, V10BadgeAddNumIs1To99) {
  EXPECT_EQ(broken_with(R"("badge": {"addNum": 1})"), kOk);
  EXPECT_EQ(broken_with(R"("badge": {"addNum": 99})"), kOk);
  for (const char* number : {"0", "100", "-1", "99999999999999999999", "-99999999999999999999"}) {
    EXPECT_EQ(broken_with(fmt::format(R"("badge": {{"addNum": {}}})", number)),
              "/payload/notification/badge/addNum V10 80100003");
  }
}

TEST(AlertRules, V10BadgeSetNumIs0To99AndMayStandBesideAddNum) {
  EXPECT_EQ(broken_with(R"("badge": {"setNum": 0})"), kOk);
  EXPECT_EQ(broken_with(R"("badge": {"setNum": 99, "addNum": 1})"), kOk);
  for (const int number : {-1, 100}) {
    EXPECT_EQ(broken_with(fmt::format(R"("badge": {{"setNum": {}}})", number)),
              "/payload/notification/badge/setNum V10 80100003");
  }
}

TEST(AlertRules, V11StyleIs0Or1Or3) {
  EXPECT_EQ(broken_with(R"("style": 0)"), kOk);
  for (const int style : {-1, 2, 4}) {
    EXPECT_EQ(broken_with(fmt::format("\"style\": {}", style)),
              "/payload/notification/style V11 80100003");
  }
}

TEST(AlertRules, V11Style1NeedsBigTitleAndBigBody) {
  EXPECT_EQ(broken_with(R"("style": 1, "bigTitle": "T", "bigBody": "B")"), kOk);
  EXPECT_EQ(broken_with(R"("style": 1, "bigTitle": "T")"),
            "/payload/notification/bigBody V11 80100003");
  EXPECT_EQ(broken_with(R"("style": 1, "bigBody": "B")"),
            "/payload/notification/bigTitle V11 80100003");
}

TEST(AlertRules, V11Style3Needs1To3Lines) {
  EXPECT_EQ(broken_with(R"("style": 3, "inboxContent": ["a"])"), kOk);
  EXPECT_EQ(broken_with(R"("style": 3, "inboxContent": ["a", "b", "c"])"), kOk);
  for (const char* more : {R"("style": 3)", R"("style": 3, "inboxContent": [])",
                           R"("style": 3, "inboxContent": ["a", "b", "c", "d"])"}) {
    EXPECT_EQ(broken_with(more), "/payload/notification/inboxContent V11 80100003") << more;
  }
}

TEST(AlertRules, V11LinesHave1024CharactersNotBytes) {
  const auto lines = [](std::string_view line) {
    return fmt::format(R"("style": 3, "inboxContent": ["a", "{}"])", line);
  };
  EXPECT_EQ(broken_with(lines(repeat("字", 1024))), kOk);
  EXPECT_EQ(broken_with(lines(repeat("😀", 1024))), kOk);
  EXPECT_EQ(broken_with(lines(repeat("m", 1025))),
            "/payload/notification/inboxContent/1 V11 80100003");
}

TEST(AlertRules, V12NotifyIdIsMinus1Or0To2147483647) {
  for (const char* id : {"-1", "0", "2147483647"}) {
    EXPECT_EQ(broken_with(fmt::format("\"notifyId\": {}", id)), kOk) << id;
  }
  for (const char* id : {"-2", "2147483648", "9223372036854775808"}) {
    EXPECT_EQ(broken_with(fmt::format("\"notifyId\": {}", id)),
              "/payload/notification/notifyId V12 80100003");
  }
}

TEST(AlertRules, V13AppMessageIdHas1To64AllowedCharacters) {
  EXPECT_EQ(broken_with(member("appMessageId", "aZ09+/=-_ \\t\\n")), kOk);
  EXPECT_EQ(broken_with(member("appMessageId", repeat("x", 64))), kOk);
  for (const std::string& id : {std::string(), repeat("x", 65), std::string("a#b"),
                                std::string("字"), std::string("a.b")}) {
    EXPECT_EQ(broken_with(member("appMessageId", id)),
              "/payload/notification/appMessageId V13 80100003")
        << id;
  }
}

TEST(AlertRules, V13ProfileIdHasAtMost64Characters) {
  EXPECT_EQ(broken_with(member("profileId", repeat("字", 64))), kOk);
  EXPECT_EQ(broken_with(member("profileId", repeat("p", 65))),
            "/payload/notification/profileId V13 80100003");
}

TEST(AlertRules, V14SoundDurationIs1To60) {
  for (const int seconds : {1, 60}) {
    EXPECT_EQ(broken_with(fmt::format(R"("sound": "a.mp3", "soundDuration": {})", seconds)), kOk);
  }
  for (const int seconds : {-1, 0, 61}) {
    EXPECT_EQ(broken_with(fmt::format(R"("sound": "a.mp3", "soundDuration": {})", seconds)),
              "/payload/notification/soundDuration V14 80100003");
  }
}

TEST(AlertRules, V14bSoundDurationNeedsSoundByOurPolicy) {
  EXPECT_EQ(broken_with(R"("soundDuration": 10)"),
            "/payload/notification/soundDuration V14b local");
}

TEST(AlertRules, V14bSoundDoesNotGoWithMarketingByOurPolicy) {
  EXPECT_EQ(broken_with(R"("sound": "a.mp3")"), kOk);
  EXPECT_EQ(broken_with(R"("sound": "a.mp3")", "MARKETING"),
            "/payload/notification/sound V14b local");
}

TEST(AlertRules, V15ImagesStartWithHttps) {
  EXPECT_EQ(broken_with(member("image", "https://***.png")), kOk);
  for (const char* url : {"http://a/b.png", "HTTPS://a/b.png", "//a/b.png", "a.png", ""}) {
    EXPECT_EQ(broken_with(member("image", url)), "/payload/notification/image V15 80100003") << url;
    EXPECT_EQ(broken_with(member("overlayIcon", url), "IM"),
              "/payload/notification/overlayIcon V15 80100003");
  }
}

TEST(AlertRules, V15OverlayIconWithoutEffectIsAWarning) {
  EXPECT_EQ(broken_with(member("overlayIcon", "https://a/b.png"), "VOIP"), kOk);
  EXPECT_EQ(broken_with(member("overlayIcon", "https://a/b.png"), "EXPRESS"),
            "/payload/notification/overlayIcon V15 warning");
}

TEST(AlertRules, V16PlayVoiceGoesWithPushType2Only) {
  EXPECT_EQ(broken_with("", "PLAY_VOICE"), "/payload/notification/category V16 80300007");
}

TEST(AlertRules, PrioritySceneIsOneOfTheList) {
  for (const char* scene : {"PRIMARY_CONTACT", "AT_ME", "URGENT_MESSAGE", "SCHEDULE_REMINDER"}) {
    EXPECT_EQ(broken_with(member("priorityScene", scene)), kOk);
  }
  EXPECT_EQ(broken_with(member("priorityScene", "at_me")),
            "/payload/notification/priorityScene lists 80100003");
}

TEST(AlertRules, TypesAreEnforced) {
  for (const char* name : {"image", "bigTitle", "appMessageId", "sound", "priorityScene"}) {
    EXPECT_EQ(broken_with(fmt::format("\"{}\": 1", name)),
              fmt::format("/payload/notification/{} types 80100003", name));
  }
  for (const char* name : {"style", "notifyId"}) {
    for (const char* value : {"\"1\"", "1.0", "1e0", "null", "true", "[]"}) {
      EXPECT_EQ(broken_with(fmt::format("\"{}\": {}", name, value)),
                fmt::format("/payload/notification/{} types 80100003", name));
    }
  }
  EXPECT_EQ(broken_with(R"("foregroundShow": "false")"),
            "/payload/notification/foregroundShow types 80100003");
  EXPECT_EQ(broken_with(R"("foregroundShow": false)"), kOk);
  EXPECT_EQ(broken_with(R"("badge": 3)"), "/payload/notification/badge types 80100003");
  EXPECT_EQ(broken_with(R"("inboxContent": "a")"),
            "/payload/notification/inboxContent types 80100003");
  EXPECT_EQ(broken_with(R"("inboxContent": ["a", 1])"),
            "/payload/notification/inboxContent/1 types 80100003");
}

TEST(AlertRules, UnknownMembersAreWarningsAtEveryDepth) {
  EXPECT_EQ(broken_with(R"("newThing": {"x": 1}, "badge": {"addNum": 1, "addnum": 2})"),
            "/payload/notification/newThing unknown warning; "
            "/payload/notification/badge/addnum unknown warning");
  EXPECT_EQ(broken(R"({"extra": 1, "notification": {"category": "IM", "title": "T", "body": "B",
                      "clickAction": {"actionType": 0, "kind": 1}}})"),
            "/payload/extra unknown warning; "
            "/payload/notification/clickAction/kind unknown warning");
}

TEST(AlertRules, AllViolationsAreReportedNotTheFirstOnly) {
  EXPECT_EQ(check(alert(R"("style": 2, "notifyId": -2, "badge": {"addNum": 0})")).size(), 3u);
}

TEST(Violation, LineSaysRuleAndCode) {
  EXPECT_EQ(to_string(check(alert(R"("badge": {"addNum": 0})")).at(0)),
            "must be 1 to 99, is 0 (rule V10, service code 80100003)");
  EXPECT_EQ(to_string(check(alert(R"("soundDuration": 9)")).at(0)),
            "has no effect without sound: remove it, or set sound (rule V14b, local policy)");
  EXPECT_EQ(to_string(check(alert(R"("new": 9)")).at(0)), "unknown member, sent as it is");
}

}  // namespace
}  // namespace herald::message
