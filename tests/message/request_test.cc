// A complete send request: V1 to V5.
#include <gtest/gtest.h>

#include <string>

#include "tests/message/support.h"

namespace herald::message {
namespace {

std::string request(std::string_view target, std::string_view more = {}) {
  return fmt::format(R"({{"payload": {}, "target": {}{}{}}})", alert(), target,
                     more.empty() ? "" : ", ", more);
}

std::string tokens(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += fmt::format("{}\"t{}\"", i == 0 ? "" : ",", i);
  return fmt::format("{{\"token\": [{}]}}", out);
}

std::string broken_request(std::string_view body, std::string_view push_type = "0") {
  return render(check_request(push_type, body));
}

TEST(RequestRules, V1HeaderIsThereAndDigits) {
  EXPECT_EQ(broken_request(request(tokens(1))), "");
  for (const char* header : {"", "alert", "-1", "0x0", "0 ", " 0", "+0", "99999999999"}) {
    EXPECT_EQ(broken_request(request(tokens(1)), header), "/pushType V1 80100003") << header;
  }
  EXPECT_EQ(broken_request(request(tokens(1)), "9"), "/pushType V1 80100003");
}

TEST(RequestRules, V2PayloadAndTargetArePresentAndObjects) {
  EXPECT_EQ(broken_request(R"({"target": {"token": ["t"]}})"), "/payload V2 80100003");
  EXPECT_EQ(broken_request(fmt::format(R"({{"payload": {}}})", alert())), "/target V2 80100003");
  EXPECT_EQ(broken_request(request("[]")), "/target V2 80100003");
  EXPECT_EQ(broken_request(request("{}")), "/target/token V2 80100003");
  EXPECT_EQ(broken_request(request(R"({"token": "t"})")), "/target/token V2 80100003");
  EXPECT_EQ(broken_request("[]"), " V2 80100003");
  EXPECT_EQ(broken_request("{\"payload\": "), " V2 80100003");
}

TEST(RequestRules, TokensAreStrings) {
  EXPECT_EQ(broken_request(request(R"({"token": ["t", 1]})")), "/target/token/1 types 80100003");
}

TEST(RequestRules, V3TokenCountIs1To1000) {
  EXPECT_EQ(broken_request(request(tokens(1000))), "");
  EXPECT_EQ(broken_request(request(tokens(0))), "/target/token V3 80300010");
  EXPECT_EQ(broken_request(request(tokens(1001))), "/target/token V3 80300010");
}

TEST(RequestRules, V4TestMessageHasAtMost10Tokens) {
  const std::string test = R"("pushOptions": {"testMessage": true})";
  EXPECT_EQ(broken_request(request(tokens(10), test)), "");
  EXPECT_EQ(broken_request(request(tokens(11), test)), "/target/token V4 80300030");
  EXPECT_EQ(broken_request(request(tokens(11), R"("pushOptions": {"testMessage": false})")), "");
}

TEST(RequestRules, V5SizeIsThatWithoutTokens) {
  EXPECT_EQ(broken_request(request(tokens(900))), "");
  const std::string long_tag =
      fmt::format(R"("pushOptions": {{"receiptId": "{}"}})", std::string(4096, 'r'));
  EXPECT_EQ(broken_request(request(tokens(1), long_tag)), "/payload V5 80300008");
}

TEST(RequestRules, UnknownMembersAreWarnings) {
  EXPECT_EQ(broken_request(request(tokens(1), R"("validate_only": false)")),
            "/validate_only unknown warning");
}

TEST(RequestRules, PushOptionsAreAnObjectWhenPresent) {
  EXPECT_EQ(broken_request(request(tokens(1), R"("pushOptions": null)")),
            "/pushOptions types 80100003");
}

}  // namespace
}  // namespace herald::message
