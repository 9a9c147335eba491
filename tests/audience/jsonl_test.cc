// What reads as a record of JSON Lines, and what is said of one that does not.
#include <gmock/gmock.h>

#include "tests/audience/formats.h"

namespace herald::audience {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Of one line; "!reason" alone where it is malformed.
std::string read(const std::string& line) {
  const Records records = read_jsonl(line + "\n");
  EXPECT_EQ(records.size(), 1u) << line;
  if (records.empty()) return "";
  const std::size_t reason = records[0].find(" !");
  return reason == std::string::npos ? records[0] : records[0].substr(reason + 1);
}

// The same for further members of a record with a token.
std::string with(const std::string& members) { return read(R"({"token":"t",)" + members + "}"); }

TEST(JsonLines, GivesTokensInOrder) {
  EXPECT_THAT(read_jsonl("{\"token\":\"t1\"}\n{\"token\":\"t2\"}\r\n{ \"token\" : \"t3\" } "),
              ElementsAre("t1", "t2", "t3"));
  EXPECT_THAT(read_jsonl("\xef\xbb\xbf{\"token\":\"t1\"}\n"), ElementsAre("t1"));
  EXPECT_THAT(read_jsonl(""), IsEmpty());
  EXPECT_THAT(read_jsonl("\n{\"token\":\"t\"}\n\r\n"), ElementsAre(" !empty", "t", " !empty"));
}

TEST(JsonLines, TokensAreUnescapedAndThenHeldToTheRulesOfLines) {
  EXPECT_EQ(read(R"({"token":"a\u0062\/c"})"), "ab/c");
  EXPECT_EQ(read(R"({"token":"a\"b\\c"})"), R"(a"b\c escape)");
  EXPECT_EQ(read(R"({"token":"\u534e\ud83d\ude00"})"), "\xe5\x8d\x8e\xf0\x9f\x98\x80");
  EXPECT_EQ(read(R"({"to\u006ben":"t"})"), "t");
  EXPECT_EQ(read(R"({"token":""})"), "!empty");
  EXPECT_EQ(read(R"({"token":"a\u0000"})"), "!control_byte");
  EXPECT_EQ(read(R"({"token":"a\n"})"), "!control_byte");
  EXPECT_EQ(read(R"({"token":"a b"})"), "!space_inside");
  EXPECT_EQ(read(R"({"token":")" + std::string(513, 'a') + "\"}"), "!too_long");
}

TEST(JsonLines, GivesTheFieldsAsTheyGoIntoThePayload) {
  EXPECT_EQ(with(R"("formId":0,"version":2147483647,"activityId":-2147483648)"),
            "t formId=0 activityId=-2147483648 version=2147483647");
  EXPECT_EQ(with(R"( "formId" : 9223372036854775807 , "profileId" : "a\u0062 \"" )"),
            R"(t formId=9223372036854775807 profileId="a\u0062 \"")");
  EXPECT_EQ(with(R"("formData":{"a":[1.50,-0,1e2,true,null],"b c":{"d":"\ud83d\ude00"}})"),
            R"(t formData={"a":[1.50,-0,1e2,true,null],"b c":{"d":"\ud83d\ude00"}})");
  EXPECT_EQ(with(R"("formData": { "a" : [ 1 ,2 ], "b c" : " \" x " } )"),
            R"(t formData={"a":[1,2],"b c":" \" x "})");
  EXPECT_EQ(with(R"("formData":{})"), "t formData={}");
}

TEST(JsonLines, FieldsMayStandBeforeTheToken) {
  EXPECT_EQ(read(R"({"vars":{"n\u0061me":"\u00e9\n"},"formData":{ },"token":"\u0061"})"),
            "a formData={} $name=\xc3\xa9\n");
}

TEST(JsonLines, VariablesAreTextsNumbersAndBooleansAsTheyAreWritten) {
  EXPECT_EQ(with(R"("vars":{"name":"A \"n\"","n":12345678901234567890.10,"e":1E+2,"yes":true})"),
            R"(t $name=A "n" $n=12345678901234567890.10 $e=1E+2 $yes=true)");
  EXPECT_EQ(with(R"("vars":{})"), "t");
  EXPECT_EQ(with(R"("vars":{"a":null})"), "!wrong_type");
  EXPECT_EQ(with(R"("vars":{"a":[]})"), "!wrong_type");
  EXPECT_EQ(with(R"("vars":"a")"), "!wrong_type");
  EXPECT_EQ(with(R"("vars":{"a":"1","\u0061":"2"})"), "!not_json");
}

TEST(JsonLines, MissingTokenAndUnknownMembers) {
  EXPECT_EQ(read("{}"), "!no_token");
  EXPECT_EQ(read(R"({"formId":1})"), "!no_token");
  EXPECT_EQ(with(R"("Token":"x")"), "!unknown_member");
  EXPECT_EQ(with(R"("name":"x")"), "!unknown_member");
}

TEST(JsonLines, WrongTypesAndRanges) {
  EXPECT_EQ(read(R"({"token":1})"), "!wrong_type");
  EXPECT_EQ(read(R"({"token":null})"), "!wrong_type");
  EXPECT_EQ(read(R"({"token":["t"]})"), "!wrong_type");
  for (const char* value : {"-1", "9223372036854775808", "1.0", "1e3", "-0", "\"1\"", "null"}) {
    EXPECT_EQ(with(std::string("\"formId\":") + value), "!wrong_type") << value;
  }
  for (const char* value : {"-1", "2147483648", "1.5", "true", "{}"}) {
    EXPECT_EQ(with(std::string("\"version\":") + value), "!wrong_type") << value;
  }
  for (const char* value : {"-2147483649", "2147483648", "\"x\""}) {
    EXPECT_EQ(with(std::string("\"activityId\":") + value), "!wrong_type") << value;
  }
  EXPECT_EQ(with(R"("profileId":7)"), "!wrong_type");
  EXPECT_EQ(with(R"("formData":[])"), "!wrong_type");
  EXPECT_EQ(with(R"("formData":"{}")"), "!wrong_type");
}

TEST(JsonLines, WhatIsNoJsonObject) {
  for (const char* line : {"t",
                           "\"t\"",
                           "[\"t\"]",
                           "null",
                           "{",
                           "{\"token\":\"t\"",
                           "{\"token\":\"t\"}}",
                           "{\"token\":\"t\"} {}",
                           "{\"token\":\"t\"}{\"token\":\"u\"}",
                           "{\"token\":\"t\",}",
                           "{\"token\":\"t\" \"version\":1}",
                           "{\"token\" \"t\"}",
                           "{token:\"t\"}",
                           "{'token':'t'}",
                           "{\"token\":\"t}",
                           "{\"token\":\"t\",\"token\":\"t\"}",
                           "{\"token\":\"\\ud800\"}",
                           "{\"token\":\"\\x\"}",
                           "{\"token\":\"a\tb\"}",
                           " ",
                           "{\"token\":\"t\"}x",
                           "{\"token\":tt}",
                           "{\"token\":\"t\",\"version\":01}",
                           "{\"token\":\"t\",\"version\":1x}"}) {
    EXPECT_EQ(read(line), "!not_json") << line;
  }
}

// What is looked at only in passing must be JSON all the same: it goes to the service.
TEST(JsonLines, FormDataIsCheckedThroughAndThrough) {
  for (const char* data : {"{\"a\":tru}",
                           "{\"a\":nullx}",
                           "{\"a\":01}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":+1}",
                           "{\"a\":1e}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":[1,]}",
                           "{\"a\":[1 2]}",
                           "{\"a\":1 2}",
                           "{\"a\":[}",
                           "{\"a\":{\"b\":1]}",
                           "{\"a\":1,\"\\u0061\":2}",
                           "{\"a\":{\"b\":1,\"b\":1}}",
                           "{a:1}",
                           "{\"a\":[{\"b\":NaN}]}",
                           "{\"a\":\"\\q\"}",
                           "{,}",
                           "{\"a\"}",
                           "{1:2}"}) {
    EXPECT_EQ(with(std::string("\"formData\":") + data), "!not_json") << data;
  }
  const auto nested = [](int depth) {
    return R"("formData":{"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(with(nested(kJsonDepthMax - 2)).substr(0, 2), "t ");
  EXPECT_EQ(with(nested(kJsonDepthMax - 1)), "!not_json");
  EXPECT_EQ(with(nested(20000)), "!not_json");
}

TEST(JsonLines, BytesThatAreNoUtf8) {
  EXPECT_EQ(read("{\"token\":\"\xff\"}"), "!not_utf8");
  EXPECT_EQ(with("\"vars\":{\"a\":\"\xc0\x80\"}"), "!not_utf8");
  EXPECT_EQ(with(std::string("\"vars\":{\"a\":\"\0\"}", 16)), "!not_json");
}

TEST(JsonLines, LinesLongerThanTheLimitAreMalformedAndTheRestGoesOn) {
  const std::string head = R"({"token":"t1","vars":{"a":")";
  const std::string most = head + std::string(kRecordBytesMax - head.size() - 3, 'a') + "\"}}";
  ASSERT_EQ(most.size(), kRecordBytesMax);
  const Records fits = read_jsonl(most + "\n{\"token\":\"t2\"}\n");
  ASSERT_EQ(fits.size(), 2u);
  EXPECT_EQ(fits[0].substr(0, 6), "t1 $a=");
  EXPECT_EQ(fits[1], "t2");
  EXPECT_THAT(read_jsonl(" " + most + "\n{\"token\":\"t2\"}\n"),
              ElementsAre((" " + most).substr(0, 512) + " !too_long", "t2"));
  EXPECT_THAT(read_jsonl(std::string(10 << 20, '{') + "\n{\"token\":\"t2\"}"),
              ElementsAre(std::string(512, '{') + " !too_long", "t2"));
}

TEST(JsonLines, MalformedRecordsAreListedAsTheyAre) {
  EXPECT_THAT(read_jsonl("{\"token\":\"t\",\"x\":1}\n"),
              ElementsAre("{\"token\":\"t\",\"x\":1} !unknown_member"));
}

}  // namespace
}  // namespace herald::audience
