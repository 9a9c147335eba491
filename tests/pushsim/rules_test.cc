// What the service refuses, rule by rule, and with which code.
#include "tools/pushsim/rules.h"

#include <gtest/gtest.h>

#include "tests/pushsim/support.h"

namespace pushsim {
namespace {

std::string code(const std::string& text, int push_type = 0,
                 SizeRule rule = SizeRule::body_without_tokens) {
  BodyReader reader;
  Message message;
  const auto refusal = check_message(push_type, reader.read(text), rule, message);
  return refusal ? refusal->code : "";
}

// A full notification with these members added.
std::string with(const std::string& members) {
  return alert_body_with(
      R"({"category":"TRAVEL","title":"a","body":"b","clickAction":{"actionType":0})" +
      (members.empty() ? "" : "," + members) + "}");
}
std::string with_action(const std::string& action) {
  return alert_body_with(R"({"category":"IM","title":"a","body":"b","clickAction":)" + action +
                         "}");
}

struct Case {
  const char* members;
  bool legal;
};

class NotificationMembers : public testing::TestWithParam<Case> {};

TEST_P(NotificationMembers, AreCheckedAtTheirBounds) {
  EXPECT_EQ(code(with(GetParam().members)), GetParam().legal ? "" : "80100003")
      << GetParam().members;
}

INSTANTIATE_TEST_SUITE_P(
    Rules, NotificationMembers,
    testing::Values(
        Case{"", true}, Case{R"("badge":{"addNum":1})", true},
        Case{R"("badge":{"addNum":99})", true}, Case{R"("badge":{"addNum":0})", false},
        Case{R"("badge":{"addNum":100})", false}, Case{R"("badge":{"setNum":0})", true},
        Case{R"("badge":{"setNum":-1})", false}, Case{R"("badge":{"setNum":100})", false},
        Case{R"("badge":{"setNum":"5"})", false}, Case{R"("badge":5)", false},
        Case{R"("notifyId":-1)", true}, Case{R"("notifyId":2147483647)", true},
        Case{R"("notifyId":-2)", false}, Case{R"("notifyId":2147483648)", false},
        Case{R"("notifyId":1.5)", false}, Case{R"("style":0)", true}, Case{R"("style":2)", false},
        Case{R"("style":1)", false}, Case{R"("style":1,"bigTitle":"t","bigBody":"b")", true},
        Case{R"("style":1,"bigTitle":"t")", false}, Case{R"("style":3)", false},
        Case{R"("style":3,"inboxContent":["a","b","c"])", true},
        Case{R"("style":3,"inboxContent":["a","b","c","d"])", false},
        Case{R"("style":3,"inboxContent":[])", false}, Case{R"("inboxContent":[1])", false},
        Case{R"("appMessageId":"aZ9+/=-_ x")", true}, Case{R"("appMessageId":"")", false},
        Case{R"("appMessageId":"a#b")", false}, Case{R"("image":"https://x/y.png")", true},
        Case{R"("image":"http://x/y.png")", false}, Case{R"("overlayIcon":"ftp://x")", false},
        Case{R"("soundDuration":60)", true}, Case{R"("soundDuration":61)", false},
        Case{R"("soundDuration":0)", false}, Case{R"("foregroundShow":"true")", false},
        Case{R"("foregroundShow":false)", true}, Case{R"("unknownMember":{"x":1})", true}));

TEST(Rules, LengthsAreCountedInCharactersWhereNoUnitIsGiven) {
  std::string name;
  for (int i = 0; i < 64; ++i) name += "字";
  EXPECT_EQ(code(with("\"profileId\":\"" + name + "\"")), "");
  EXPECT_EQ(code(with("\"profileId\":\"" + name + "x\"")), "80100003");
}

TEST(Rules, ClickAction) {
  EXPECT_EQ(code(with_action(R"({"actionType":1,"uri":"app://x"})")), "");
  EXPECT_EQ(code(with_action(R"({"actionType":1,"data":{"k":"v"}})")), "80100003");
  EXPECT_EQ(code(with_action(R"({"actionType":3})")), "80100003");
  EXPECT_EQ(code(with_action(R"({"actionType":0,"data":"{}"})")), "80100003");
  EXPECT_EQ(code(with_action("{}")), "80100003");
}

TEST(Rules, RequiredMembers) {
  for (const char* text :
       {R"({"title":"a","body":"b","clickAction":{"actionType":0}})",
        R"({"category":"IM","body":"b","clickAction":{"actionType":0}})",
        R"({"category":"IM","title":"a","clickAction":{"actionType":0}})",
        R"({"category":"IM","title":"a","body":"b"})",
        R"({"category":"marketing","title":"a","body":"b","clickAction":{"actionType":0}})",
        "[]"}) {
    EXPECT_EQ(code(alert_body_with(text)), "80100003") << text;
  }
}

TEST(Rules, BadgeOnlyMessages) {
  EXPECT_EQ(code(alert_body_with(R"({"badge":{"setNum":5}})")), "");
  EXPECT_EQ(code(alert_body_with(R"({"badge":{"addNum":5}})")), "80100003");
  EXPECT_EQ(code(alert_body_with(R"({"badge":{"setNum":100}})")), "80100003");
  EXPECT_EQ(code(alert_body_with(R"({"title":"a","badge":{"setNum":5}})")), "80100003");
}

TEST(Rules, PushOptions) {
  const auto options = [](const char* text) { return code(alert_body({"t"}, text)); };
  EXPECT_EQ(options(R"({"ttl":1})"), "");
  EXPECT_EQ(options(R"({"ttl":1296000})"), "");
  EXPECT_EQ(options(R"({"ttl":1296001})"), "80100003");
  EXPECT_EQ(options(R"({"ttl":0})"), "80100004");
  EXPECT_EQ(options(R"({"ttl":-5})"), "80100004");
  EXPECT_EQ(options(R"({"ttl":"60"})"), "80100003");
  EXPECT_EQ(options(R"({"collapseKey":100})"), "");
  EXPECT_EQ(options(R"({"collapseKey":101})"), "80100003");
  EXPECT_EQ(options(R"({"collapseKey":-2})"), "80100003");
  EXPECT_EQ(options(R"({"testMessage":1})"), "80100003");
  EXPECT_EQ(options("[]"), "80100003");
  const std::string tag21 = "批批批批批批批批批批批批批批批批批批批批批";
  EXPECT_EQ(options(("{\"biTag\":\"" + tag21 + "x\"}").c_str()), "");
  EXPECT_EQ(options(("{\"biTag\":\"" + tag21 + "xx\"}").c_str()), "80100003");
}

TEST(Rules, TokenCounts) {
  const auto count = [](std::size_t tokens, const char* options = "{}", int type = 0) {
    return code(alert_body(std::vector<std::string>(tokens, "t"), options), type);
  };
  EXPECT_EQ(count(0), "80300010");
  EXPECT_EQ(count(1), "");
  EXPECT_EQ(count(1000), "");
  EXPECT_EQ(count(1001), "80300010");
  EXPECT_EQ(count(2, "{}", 1), "80300010");
  EXPECT_EQ(code(form_body("t", 1, 1), 1), "");
  EXPECT_EQ(code(form_body("t", 1, 1, R"({"testMessage":true})"), 1), "");
  EXPECT_EQ(count(2, R"({"testMessage":true})", 1), "80300030");
  EXPECT_EQ(count(0, R"({"testMessage":true})"), "80300010");
  EXPECT_EQ(count(10, R"({"testMessage":true})"), "");
  EXPECT_EQ(count(11, R"({"testMessage":true})"), "80300030");
}

TEST(Rules, SizeIsMeasuredWithoutTokens) {
  const auto padded = [](std::size_t size) {
    const std::string bare = with("\"x\":\"\"");
    return with("\"x\":\"" + std::string(size - (bare.size() - 4), '#') +
                "\"");  // "t1" does not count
  };
  EXPECT_EQ(code(padded(4096)), "");
  EXPECT_EQ(code(padded(4097)), "80300008");
  EXPECT_EQ(code(padded(4097), 0, SizeRule::payload_only), "");
}

TEST(Rules, TheOuterShape) {
  EXPECT_EQ(code("nonsense"), "80100001");
  EXPECT_EQ(code(R"({"target":{"token":["a"]}})"), "80100003");
  EXPECT_EQ(code(R"({"payload":{}})"), "80100003");
  EXPECT_EQ(code(R"({"payload":{},"target":{"token":"a"}})"), "80100003");
  EXPECT_EQ(code(alert_body({"t"}), -1), "80100003");
}

TEST(Rules, TextToSpeechIsPlayVoiceWithExtraData) {
  const auto speech = [](const char* category, const char* extra) {
    return code(std::string(R"({"payload":{"notification":{"category":")") + category +
                    R"(","title":"a","body":"b","clickAction":{"actionType":0}})" + extra +
                    R"(},"target":{"token":["t"]}})",
                2);
  };
  EXPECT_EQ(speech("PLAY_VOICE", R"(,"extraData":"x")"), "");
  EXPECT_EQ(speech("PLAY_VOICE", ""), "80100003");
  EXPECT_EQ(speech("PLAY_VOICE", R"(,"extraData":{})"), "80100003");
  EXPECT_EQ(speech("IM", R"(,"extraData":"x")"), "80100003");
  EXPECT_EQ(code(alert_body_with(R"({"badge":{"setNum":5}})"), 2), "80100003");
}

TEST(Rules, BackgroundMessagesAndCallsNeedExtraData) {
  const auto with_payload = [](const char* payload, int type) {
    return code(std::string(R"({"payload":)") + payload + R"(,"target":{"token":["t"]}})", type);
  };
  for (const int type : {6, 10}) {
    EXPECT_EQ(with_payload(R"({"extraData":""})", type), "");
    EXPECT_EQ(with_payload(R"({"extraData":{}})", type), "80100003");
    EXPECT_EQ(with_payload("{}", type), "80100003");
  }
  EXPECT_EQ(with_payload(R"({"extraData":"x","proxyData":"ENABLE"})", 6), "");
  EXPECT_EQ(with_payload(R"({"extraData":"x","proxyData":"enable"})", 6), "80100003");
  EXPECT_EQ(with_payload(R"({"extraData":"x","proxyData":true})", 6), "80100003");
}

TEST(Rules, PushTypes) {
  for (const char* good : {"0", "1", "2", "6", "7", "10"}) EXPECT_GE(push_type_of(good), 0) << good;
  for (const char* bad : {"", "9", "3", "00", "0 ", "-1", "alert"}) {
    EXPECT_EQ(push_type_of(bad), -1) << bad;
  }
}

}  // namespace
}  // namespace pushsim
