// Revoke requests (api.md 18): their own shape, their own codes.
#include <gtest/gtest.h>

#include <string>

#include "tests/message/support.h"

namespace herald::message {
namespace {

std::string broken_revoke(std::string_view body, std::string_view push_type = "0") {
  return render(check_revoke(push_type, body));
}

std::string of_tokens(int count) {
  std::string tokens;
  for (int i = 0; i < count; ++i) tokens += fmt::format("{}\"t{}\"", i == 0 ? "" : ",", i);
  return fmt::format(R"({{"notifyId": 1, "token": [{}]}})", tokens);
}

TEST(RevokeRules, V1PushTypeIs0Or2) {
  EXPECT_EQ(broken_revoke(of_tokens(1), "0"), "");
  EXPECT_EQ(broken_revoke(of_tokens(1), "2"), "");
  for (const char* header : {"1", "6", "7", "10", "", "alert"}) {
    EXPECT_EQ(broken_revoke(of_tokens(1), header), "/pushType V1 80100003") << header;
  }
}

TEST(RevokeRules, V2BodyIsAnObjectWithAnArrayOfTokens) {
  EXPECT_EQ(broken_revoke("[]"), " V2 80100003");
  EXPECT_EQ(broken_revoke("{"), " V2 80100003");
  EXPECT_EQ(broken_revoke(R"({"notifyId": 1, "token": "t"})"), "/token V2 80100003");
  EXPECT_EQ(broken_revoke(R"({"notifyId": 1, "token": [1]})"), "/token/0 types 80100003");
}

TEST(RevokeRules, V3TokensAre1To1000AndStandAtTheTop) {
  EXPECT_EQ(broken_revoke(of_tokens(1000)), "");
  EXPECT_EQ(broken_revoke(of_tokens(1001)), "/token V3 80300010");
  EXPECT_EQ(broken_revoke(of_tokens(0)), "/token V3 80300010");
  EXPECT_EQ(broken_revoke(R"({"notifyId": 1, "target": {"token": ["t"]}})"),
            "/target unknown warning; /token V3 80300010");
}

TEST(RevokeRules, V5SizeIsThatWithoutTokens) {
  const std::string big =
      fmt::format(R"({{"notifyId": 1, "token": ["t"], "more": "{}"}})", std::string(4096, 'x'));
  EXPECT_EQ(broken_revoke(big), "/more unknown warning; /payload V5 80300008");
}

TEST(RevokeRules, V12NotifyIdIsRequiredAndNotNegative) {
  EXPECT_EQ(broken_revoke(R"({"token": ["t"]})"), "/notifyId V12 80300032");
  for (const char* id : {"0", "2147483647"}) {
    EXPECT_EQ(broken_revoke(fmt::format(R"({{"notifyId": {}, "token": ["t"]}})", id)), "");
  }
  for (const char* id : {"-1", "2147483648"}) {
    EXPECT_EQ(broken_revoke(fmt::format(R"({{"notifyId": {}, "token": ["t"]}})", id)),
              "/notifyId V12 80100003");
  }
}

}  // namespace
}  // namespace herald::message
