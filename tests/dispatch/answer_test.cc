// Answers are read strictly: what cannot be believed is not.
#include "engine/dispatch/answer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/escape.h"

namespace herald::dispatch {
namespace {

class Reading : public testing::Test {
 protected:
  Reading() {
    for (const std::string_view token : {"one", "two", "qu\"ote", "back\\slash", "tr\\\"icky"}) {
      batch_.append(token, token.find_first_of("\"\\") != std::string_view::npos, batch_.size() + 1,
                    batch_.size());
    }
  }
  const Answer& read(std::string_view body, int status = 200, bool oversize = false) {
    return reader_.read(status, body, oversize, batch_);
  }
  const Answer& read_list(std::string_view list, std::string_view code = "80100000") {
    std::string text;
    base::append_json(text, list);
    return read(fmt::format(R"({{"code":"{}","msg":{}}})", code, text));
  }
  bool believed() {
    return answer().list_readable && answer().list_within && answer().counts_agree;
  }
  const Answer& answer() { return *last_; }
  void list(std::string_view text, std::string_view code = "80100000") {
    last_ = &read_list(text, code);
  }
  std::vector<std::uint32_t> indexes() {
    std::vector<std::uint32_t> found;
    for (const Listed& listed : answer().listed) found.push_back(listed.index);
    return found;
  }

  batch::Batch batch_;
  AnswerReader reader_;
  const Answer* last_ = nullptr;
};

TEST_F(Reading, CodeMessageAndRequestId) {
  const Answer& answer = read(R"({"code":"80000000","msg":"Success","requestId":"1574"})");
  EXPECT_EQ(answer.code, Code::success);
  EXPECT_TRUE(answer.has_code);
  EXPECT_EQ(answer.message, "Success");
  EXPECT_EQ(answer.request_id, "1574");
}

TEST_F(Reading, MembersItDoesNotKnowAndTheirOrderDoNotMatter) {
  EXPECT_EQ(read(R"({"x":[{"y":1}],"msg":"ok","code":"80000000"})").code, Code::success);
}

TEST_F(Reading, WhatIsNoStrictJsonWithACodeHasNone) {
  for (const char* body : {
           "",
           "<html></html>",
           R"({"code":"80000000")",
           R"({"code":"80000000"} trailing)",
           R"({"code":"80000000"}{"code":"80000000"})",
           R"(["80000000"])",
           R"("80000000")",
           R"({"code":80000000})",
           R"({"code":null})",
           R"({"msg":"Success"})",
           R"({"code":"80000000","code":"80000000"})",
           R"({"code":"80000000","c\u006fde":"80100001"})",
           R"({"code":"80000000","msg":"a","msg":"b"})",
           "{\"code\":\"80000000\",\"msg\":\"\xff\"}",
           "{\"code\":\"80000000\",\"msg\":\"a\nb\"}",
       }) {
    const Answer& answer = read(body);
    EXPECT_FALSE(answer.has_code) << body;
    EXPECT_EQ(answer.code, Code::none) << body;
  }
}

TEST_F(Reading, UnknownCodesAreCodesAndNotKnown) {
  for (const char* code : {"80000001", "8000000", "080000000", " 80000000", "80000000 ", "+8000000",
                           "-8000000", "0x4c4b400", "", "99999999999999999999"}) {
    const Answer& answer = read(fmt::format(R"({{"code":"{}"}})", code));
    EXPECT_TRUE(answer.has_code) << code;
    EXPECT_EQ(answer.code, Code::none) << code;
  }
}

TEST_F(Reading, DepthOfSixteenIsReadSeventeenIsNot) {
  const auto nested = [](std::size_t depth) {
    return R"({"code":"80000000","x":)" + std::string(depth - 1, '[') +
           std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(read(nested(15)).code, Code::success);
  EXPECT_EQ(read(nested(18)).code, Code::none);
  EXPECT_EQ(read(std::string(200000, '[')).code, Code::none);
}

TEST_F(Reading, OversizeIsNotLookedAt) {
  const std::string body = R"({"code":"80000000"})";
  EXPECT_FALSE(read(body, 200, true).has_code);
  EXPECT_FALSE(read(body + std::string((1 << 20) + 1, ' ')).has_code);
  EXPECT_TRUE(read(body + std::string((1 << 20) - body.size(), ' ')).has_code);
}

TEST_F(Reading, NothingStaysFromTheAnswerBefore) {
  list(R"({"illegalTokens":{"noPushTypeRight":["one"]},"success":4,"failure":1})");
  EXPECT_TRUE(answer().app_reason);
  const Answer& answer = read("junk", 400);
  EXPECT_FALSE(answer.app_reason);
  EXPECT_TRUE(answer.listed.empty());
  EXPECT_TRUE(answer.message.empty());
}

TEST_F(Reading, MessageIsPrintableAndShort) {
  const Answer& answer =
      read(R"({"code":"80100003","msg":"a\u0007b\u007f)" + std::string(1000, 'x') + "\"}");
  EXPECT_EQ(answer.message.substr(0, 4), "a?b?");
  EXPECT_LE(answer.message.size(), 200u);
}

TEST_F(Reading, ListsTokensByTheirReasons) {
  list(
      R"({"illegalTokens":{"tokenFormatError":["two"],"noRight":["one"]},"success":3,"failure":2})");
  EXPECT_TRUE(believed());
  EXPECT_THAT(indexes(), testing::ElementsAre(1, 0));
  EXPECT_EQ(answer().listed[0].reason, Reason::tokenFormatError);
  EXPECT_EQ(answer().listed[1].reason, Reason::noRight);
  EXPECT_FALSE(answer().app_reason);
}

TEST_F(Reading, BlanksAroundAReasonAreNotPartOfIt) {
  list(R"({"illegalTokens":{" tokenFormatError ":["two"]},"success":4,"failure":1})");
  EXPECT_TRUE(believed());
  EXPECT_EQ(answer().listed[0].reason, Reason::tokenFormatError);
}

TEST_F(Reading, UnknownReasonKeepsItsName) {
  list(R"({"illegalTokens":{"somethingNew":["two"]},"success":4,"failure":1})");
  EXPECT_TRUE(believed());
  EXPECT_EQ(answer().listed[0].reason, Reason::other);
  EXPECT_EQ(answer().other_reason, "somethingNew");
}

TEST_F(Reading, ReasonsAboutTheAppAreKnownAsSuch) {
  for (const char* reason :
       {"noPushTypeRight", "noRightToSendThisLiveNotificationEvent", "notSupportPlayVoice",
        "differentImgVerifyPolicy", "appinfoError", "atomicUnableSendUnsubscribedMsg",
        "disableSendHuaweiMsgBecauseOfPenalty"}) {
    list(fmt::format(R"({{"illegalTokens":{{"{}":["one"]}},"success":4,"failure":1}})", reason));
    EXPECT_TRUE(answer().app_reason) << reason;
  }
  for (const char* reason :
       {"tokenFormatError", "noRight", "tokenPlatformNotSupport", "countryNotSupport", "new"}) {
    list(fmt::format(R"({{"illegalTokens":{{"{}":["one"]}},"success":4,"failure":1}})", reason));
    EXPECT_FALSE(answer().app_reason) << reason;
  }
}

TEST_F(Reading, EscapedTokensAreFoundAsTheFileHasThem) {
  list(
      R"({"illegalTokens":{"noRight":["qu\"ote","back\\slash","tr\\\"icky"]},"success":2,"failure":3})");
  EXPECT_TRUE(believed());
  EXPECT_THAT(indexes(), testing::ElementsAre(2, 3, 4));
}

TEST_F(Reading, TokenAsItLooksOnTheWireIsAnotherToken) {
  list(R"({"illegalTokens":{"noRight":["qu\\\"ote"]},"success":4,"failure":1})");
  EXPECT_FALSE(answer().list_within);
  EXPECT_TRUE(answer().listed.empty());
}

TEST_F(Reading, TokensOutsideTheBatchOrTwiceAreNotWithin) {
  list(R"({"illegalTokens":{"noRight":["one","three"]},"success":3,"failure":2})");
  EXPECT_TRUE(answer().list_readable);
  EXPECT_FALSE(answer().list_within);
  EXPECT_THAT(indexes(), testing::ElementsAre(0));
  list(R"({"illegalTokens":{"noRight":["one","one"]},"success":3,"failure":2})");
  EXPECT_FALSE(answer().list_within);
  EXPECT_THAT(indexes(), testing::ElementsAre(0));
  list(
      R"({"illegalTokens":{"noRight":["one"],"tokenFormatError":["one"]},"success":3,"failure":2})");
  EXPECT_FALSE(answer().list_within);
}

TEST_F(Reading, CountsMustAgreeWithTheListAndTheBatch) {
  const auto counts = [&](const char* text) {
    list(fmt::format(R"({{"illegalTokens":{{"noRight":["one"]}}{}}})", text));
    return answer().counts_agree;
  };
  EXPECT_TRUE(counts(R"(,"success":4,"failure":1)"));
  EXPECT_TRUE(counts(R"(,"failure":1)"));
  EXPECT_FALSE(counts(R"(,"success":5,"failure":1)"));
  EXPECT_FALSE(counts(R"(,"success":3,"failure":2)"));
  EXPECT_FALSE(counts(R"(,"success":4)"));
  EXPECT_FALSE(counts(R"(,"success":4,"failure":"1")"));
  EXPECT_FALSE(counts(R"(,"success":4,"failure":-1)"));
  EXPECT_FALSE(counts(R"(,"success":18446744073709551615,"failure":1)"));
}

TEST_F(Reading, ListsThatAreNoListsAreNotReadable) {
  for (const char* text :
       {"", "All the tokens are invalid", "[]", "{}", R"({"illegalTokens":[]})",
        R"({"illegalTokens":{"a":[],"a":[]}})", R"({"illegalTokens":{},"illegalTokens":{}})"}) {
    list(text);
    EXPECT_FALSE(believed()) << text;
  }
}

TEST_F(Reading, ReadablePartOfAListCounts) {
  list(R"({"illegalTokens":{"noRight":["one",7,"two"],"x":"y"},"success":3,"failure":2})");
  EXPECT_FALSE(answer().list_readable);
  EXPECT_THAT(indexes(), testing::ElementsAre(0, 1));
}

TEST_F(Reading, AllInvalidNeedsNoSuccessCount) {
  list(R"({"failure":2,"illegalTokens":{"noRight":["one","two"]}})", "80300007");
  EXPECT_TRUE(believed());
  list(R"({"failure":2,"success":0,"illegalTokens":{"noRight":["one","two"]}})", "80300007");
  EXPECT_TRUE(believed());
  list(R"({"failure":2,"success":3,"illegalTokens":{"noRight":["one","two"]}})", "80300007");
  EXPECT_FALSE(believed());
}

TEST_F(Reading, ListIsOnlyReadWhereTheCodeHasOne) {
  list(R"({"illegalTokens":{"noRight":["one"]},"success":4,"failure":1})", "80000000");
  EXPECT_TRUE(answer().listed.empty());
}

// Each token that was not there was looked for through the whole batch.
TEST_F(Reading, ListLongerThanTheBatchIsNotReadToItsEnd) {
  std::string tokens;
  for (int i = 0; i < 50000; ++i) tokens += R"("x",)";
  list(R"({"illegalTokens":{"noRight":[)" + tokens + R"("one"]},"success":4,"failure":1})");
  EXPECT_FALSE(believed());
  EXPECT_TRUE(answer().listed.empty()) << "it stands behind more tokens than were sent";
}

}  // namespace
}  // namespace herald::dispatch
