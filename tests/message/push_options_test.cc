// pushOptions (api.md 8): V6, V7.
#include <gtest/gtest.h>

#include <string>

#include "tests/message/support.h"

namespace herald::message {
namespace {

std::string broken_options(std::string_view options) { return broken(alert(), options); }

std::string tag(std::string_view character, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += character;
  return fmt::format(R"({{"biTag": "{}"}})", text);
}

TEST(PushOptionsRules, EmptyAndDefaultsAreFine) {
  EXPECT_EQ(broken_options("{}"), "");
  EXPECT_EQ(broken_options(R"({"testMessage": false, "ttl": 86400, "biTag": "b", "receiptId": "r",
                               "collapseKey": -1})"),
            "");
}

TEST(PushOptionsRules, V6TtlIs1To1296000Seconds) {
  EXPECT_EQ(broken_options(R"({"ttl": 1})"), "");
  EXPECT_EQ(broken_options(R"({"ttl": 1296000})"), "");
  EXPECT_EQ(broken_options(R"({"ttl": 1296001})"), "/pushOptions/ttl V6 80100003");
  EXPECT_EQ(broken_options(R"({"ttl": 99999999999999999999})"), "/pushOptions/ttl V6 80100003");
}

TEST(PushOptionsRules, V6TtlThatExpiresAtOnceHasItsOwnCode) {
  EXPECT_EQ(broken_options(R"({"ttl": 0})"), "/pushOptions/ttl V6 80100004");
  EXPECT_EQ(broken_options(R"({"ttl": -5})"), "/pushOptions/ttl V6 80100004");
}

TEST(PushOptionsRules, V7BiTagHasAtMost64BytesNotCharacters) {
  EXPECT_EQ(broken_options(tag("t", 64)), "");
  EXPECT_EQ(broken_options(tag("t", 65)), "/pushOptions/biTag V7 80100003");
  EXPECT_EQ(broken_options(tag("批", 21)), "");
  EXPECT_EQ(broken_options(tag("批", 22)), "/pushOptions/biTag V7 80100003");
}

TEST(PushOptionsRules, V7BiTagIsCountedDecoded) {
  EXPECT_EQ(broken_options(tag("\\u6279", 21)), "");
  EXPECT_EQ(broken_options(tag("\\u6279", 22)), "/pushOptions/biTag V7 80100003");
}

TEST(PushOptionsRules, V7CollapseKeyIsMinus1To100) {
  for (const int key : {-1, 0, 100}) {
    EXPECT_EQ(broken_options(fmt::format(R"({{"collapseKey": {}}})", key)), "");
  }
  for (const int key : {-2, 101}) {
    EXPECT_EQ(broken_options(fmt::format(R"({{"collapseKey": {}}})", key)),
              "/pushOptions/collapseKey V7 80100003");
  }
}

TEST(PushOptionsRules, TypesAreEnforced) {
  EXPECT_EQ(broken_options(R"({"ttl": "60"})"), "/pushOptions/ttl types 80100003");
  EXPECT_EQ(broken_options(R"({"testMessage": 1})"), "/pushOptions/testMessage types 80100003");
  EXPECT_EQ(broken_options(R"({"receiptId": 1})"), "/pushOptions/receiptId types 80100003");
  EXPECT_EQ(broken_options("[]"), "/pushOptions types 80100003");
}

TEST(PushOptionsRules, UnknownOptionsAndThoseWithoutEffectAreWarnings) {
  EXPECT_EQ(broken_options(R"({"timeToLive": 60})"), "/pushOptions/timeToLive unknown warning");
  EXPECT_EQ(broken_options(R"({"backgroundMode": 0})"),
            "/pushOptions/backgroundMode unknown warning");
}

}  // namespace
}  // namespace herald::message
