// How a body is taken apart: the quick way for plain tokens, the whole document for anything else.
#include "tools/pushsim/body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pushsim {
namespace {

using testing::ElementsAre;

class BodyTest : public testing::Test {
 protected:
  const SendBody& read(std::string_view text) { return reader_.read(text); }
  BodyReader reader_;
};

TEST_F(BodyTest, TokensAndTheSizeWithoutThem) {
  const std::string_view text = R"({"payload":{},"target":{"token":["abc","def"]}})";
  const SendBody& body = read(text);
  EXPECT_TRUE(body.json);
  EXPECT_THAT(body.tokens, ElementsAre("abc", "def"));
  EXPECT_EQ(body.size_without_tokens, text.size() - std::string_view(R"("abc","def")").size());
}

TEST_F(BodyTest, MembersInAnyOrderAndWhiteSpaceAnywhere) {
  const SendBody& body = read(
      "{ \"target\" : { \"x\" : [ 1, {\"token\":[\"no\"]} ] , \"token\" : [ \"a\" ,\n\"b\" ] } ,"
      " \"payload\" : { \"target\": {\"token\":[\"no\"]}, \"s\": \"]}\\\"{[\" } }");
  EXPECT_TRUE(body.json);
  EXPECT_THAT(body.tokens, ElementsAre("a", "b"));
}

TEST_F(BodyTest, EscapedTokensAreRead) {
  const SendBody& body = read(R"({"payload":{},"target":{"token":["a\"],\u0041","\\"]}})");
  EXPECT_TRUE(body.json);
  EXPECT_TRUE(body.has_tokens);
  EXPECT_THAT(body.tokens, ElementsAre("a\"],A", "\\"));
}

TEST_F(BodyTest, TokensBeyondAsciiAreRead) {
  EXPECT_THAT(read(R"({"target":{"token":["a€b"]}})").tokens, ElementsAre("a€b"));
  EXPECT_FALSE(read("{\"target\":{\"token\":[\"\xff\"]}}").json);
}

TEST_F(BodyTest, AnEmptyArrayHasNoTokens) {
  const SendBody& body = read(R"({"payload":{},"target":{"token":[ ]}})");
  EXPECT_TRUE(body.has_tokens);
  EXPECT_TRUE(body.tokens.empty());
}

TEST_F(BodyTest, AnArrayOfOtherThingsIsNoTokenArray) {
  for (const char* text : {R"({"target":{"token":[1,"a"]}})", R"({"target":{"token":["a",["b"]]}})",
                           R"({"target":{"token":"a"}})", R"({"target":["token"]})", "{}"}) {
    const SendBody& body = read(text);
    EXPECT_TRUE(body.json) << text;
    EXPECT_FALSE(body.has_tokens) << text;
  }
}

TEST_F(BodyTest, WhatIsNoJsonObjectIsFound) {
  for (const char* text : {"", "x", "[]", "null", R"({"target":{"token":["a",]}})",
                           R"({"target":{"token":["a" "b"]}})", R"({"target":{"token":["a"]})",
                           R"({"target":{"token":["a]}})", R"({"target":{"token":["a")",
                           "{\"target\":{\"token\":[\"a\nb\"]}}", R"({"target":{"token":[,"a"]}})",
                           R"({"target":{"token":["a"]}}})", R"({"target":{"token":["\x"]}})"}) {
    EXPECT_FALSE(read(text).json) << text;
  }
}

TEST_F(BodyTest, AMemberThatStandsTwiceIsNotGuessedAt) {
  EXPECT_FALSE(read(R"({"target":{"token":["a"],"token":["b"]}})").json);
  EXPECT_FALSE(read(R"({"target":{"token":["a"]},"target":{}})").json);
  EXPECT_FALSE(read(R"({"payload":{},"payload":{},"target":{"token":["a"]}})").json);
}

// The eight-bytes-at-once scan against every place a special byte can stand.
TEST_F(BodyTest, SpecialBytesAreFoundAtEveryPlace) {
  for (std::size_t length = 1; length <= 24; ++length) {
    for (std::size_t place = 0; place < length; ++place) {
      for (const char special : {'"', '\\', '\x1f', '\x80', ' ', '!', '#', '[', ']', '\x7f'}) {
        std::string token(length, 'a');
        token[place] = special;
        const std::string inside = "\"" + token + "\"";
        std::vector<std::string_view> tokens;
        const bool plain = static_cast<unsigned char>(special) >= 0x20 &&
                           static_cast<unsigned char>(special) < 0x80 && special != '"' &&
                           special != '\\';
        ASSERT_EQ(split_plain_tokens(inside, tokens), plain) << length << " " << place;
        if (plain) {
          ASSERT_THAT(tokens, ElementsAre(token));
        }
      }
    }
  }
}

}  // namespace
}  // namespace pushsim
