// How a body is taken apart: the quick way for plain tokens, the whole document for anything else.
#include "tools/pushsim/body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

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

// Whatever the bytes: the quick way says what a parse of the whole body says.
TEST_F(BodyTest, AgreesWithAParseOfTheWholeBody) {
  const std::string seeds[] = {
      R"({"payload":{"a":[1,"x"]},"target":{"token":["abcdefgh","ij","k"]},"pushOptions":{"t":"]"}})",
      R"({ "target" : {"token" : [ "a\\n" , "b" ] , "o":{}} , "payload":{"token":["no"]} })",
      R"({"target":{"token":[]},"token":["x"],"payload":null})"};
  constexpr std::string_view kBytes =
      "\"\\[]{},: \n\x01"
      "a9\x80"
      "tru";
  const std::uint32_t seed = 11;
  std::mt19937 random(seed);
  int legal = 0;
  for (int i = 0; i < 60000; ++i) {
    std::string text = seeds[random() % 3];
    for (std::uint32_t changes = random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      const char byte = kBytes[random() % kBytes.size()];
      if (random() % 3 == 0) {
        text.erase(at, 1);
      } else if (random() % 2 == 0) {
        text.insert(at, 1, byte);
      } else {
        text[at] = byte;
      }
    }
    SCOPED_TRACE(text);
    simdjson::dom::parser parser;
    simdjson::dom::object whole;
    const bool json = parser.parse(text).get(whole) == simdjson::SUCCESS;
    const SendBody& body = read(text);
    if (!json) {
      ASSERT_FALSE(body.json);
      continue;
    }
    if (!body.json) continue;  // a member that stands twice: the test above
    ++legal;
    std::vector<std::string> expected;
    bool strings = true;
    simdjson::dom::array array;
    const bool found = whole["target"]["token"].get(array) == simdjson::SUCCESS;
    if (found) {
      for (const auto element : array) {
        std::string_view token;
        strings = strings && element.get(token) == simdjson::SUCCESS;
        expected.emplace_back(token);
      }
    }
    // A name written with escapes is not found: nobody writes "t\u006fken".
    ASSERT_EQ(body.has_tokens, found && strings);
    if (body.has_tokens) {
      ASSERT_THAT(body.tokens, testing::ElementsAreArray(expected));
    }
  }
  EXPECT_GT(legal, 10000);
}

}  // namespace
}  // namespace pushsim
