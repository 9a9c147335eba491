// What is read survives as written, and what is wrong is found with its line.
#include "engine/message/json.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/message/json_place.h"

namespace herald::message {
namespace {

Json parse(std::string_view text) {
  auto root = parse_json(text);
  EXPECT_TRUE(root.has_value()) << text << ": " << (root ? "" : root.error().text);
  return root ? *root : Json{};
}

std::string fault(std::string_view text) {
  const auto root = parse_json(text);
  if (root) return "no fault";
  const JsonFault& found = root.error();
  return std::to_string(found.line) + ":" + found.pointer + ":" + found.text;
}

TEST(Json, LineIsThatOfTheKeyNotOfItsValue) {
  const Json root = parse("{\n  \"a\":\n\n    {\"b\": 1,\n \"c\": [1,\n2]}\n}");
  EXPECT_EQ(line_of(root, ""), 1u);
  EXPECT_EQ(line_of(root, "/a"), 2u);
  EXPECT_EQ(line_of(root, "/a/b"), 4u);
  EXPECT_EQ(line_of(root, "/a/c"), 5u);
  EXPECT_EQ(line_of(root, "/a/c/1"), 6u);
}

TEST(Json, LineOfSomethingMissingIsThatOfWhatItIsMissingFrom) {
  const Json root = parse("{\n\"a\": {\n\"b\": []}}");
  EXPECT_EQ(line_of(root, "/a/x"), 2u);
  EXPECT_EQ(line_of(root, "/a/b/0"), 3u);
  EXPECT_EQ(line_of(root, "/x/y/z"), 1u);
}

TEST(Json, EscapedLineEndsInsideStringsCountAsNoLine) {
  EXPECT_EQ(line_of(parse("{\"a\": \"x\\ny\", \"b\": 1}"), "/b"), 1u);
}

TEST(Json, CarriageReturnsCountAsNoLineOfTheirOwn) {
  EXPECT_EQ(line_of(parse("{\r\n\"a\": 1,\r\n\"b\": 2}"), "/b"), 3u);
}

TEST(Json, PointerStepsAreEscapedBothWays) {
  const Json root = parse("{\"a/b\": {\"c~d\": 7, \"\": 8}}");
  const std::string pointer = child(child("", "a/b"), "c~d");
  EXPECT_EQ(pointer, "/a~1b/c~0d");
  ASSERT_NE(find(root, pointer), nullptr);
  EXPECT_EQ(find(root, pointer)->text, "7");
  ASSERT_NE(find(root, "/a~1b/"), nullptr);
  EXPECT_EQ(find(root, "/a~1b/")->text, "8");
  EXPECT_EQ(find(root, "/a~1b/x"), nullptr);
}

TEST(Json, ArrayStepsAreWholeNumbersInsideTheArray) {
  const Json root = parse("[10, 11]");
  ASSERT_NE(find(root, "/1"), nullptr);
  EXPECT_EQ(find(root, "/1")->text, "11");
  for (const char* pointer : {"/2", "/-", "/x", "/1x", "/"})
    EXPECT_EQ(find(root, pointer), nullptr);
}

TEST(Json, DuplicateKeyIsFoundAtAnyDepthWithBothLines) {
  EXPECT_EQ(fault("{\"a\": 1,\n \"b\": 2,\n \"a\": 3}"),
            "3:/a:the key is there twice, first in line 1; which one counts is undefined: remove "
            "one");
  EXPECT_TRUE(fault("[{\"x\": {\n\"k\": 1, \"j\": 2,\n\"k\": 1}}]").starts_with("3:/0/x/k:"));
}

TEST(Json, KeysThatDifferOnlyInTheirEscapesAreDuplicates) {
  EXPECT_TRUE(fault("{\"a\": 1, \"\\u0061\": 2}").starts_with("1:/a:"));
}

TEST(Json, SameKeyInDifferentObjectsIsFine) {
  EXPECT_EQ(fault("[{\"a\": {\"a\": 1}}, {\"a\": 2}]"), "no fault");
}

TEST(Json, SyntaxFaultsNameTheirLine) {
  EXPECT_EQ(fault(""), "1::is empty");
  EXPECT_EQ(fault("\n\n"), "3::is empty");
  EXPECT_EQ(fault("{\n\"a\": 1\n\"b\": 2}"), "3::',' or '}' is expected");
  EXPECT_EQ(fault("{\n\"a\": [1\n"), "3::ends where ',' or ']' is expected");
  EXPECT_EQ(fault("{\n\"a\": 1,\n}"), "3::a key in double quotes is expected");
  EXPECT_EQ(fault("{\"a\" 1}"), "1::':' is expected");
  EXPECT_EQ(fault("{}\n{}"), "2::the end of the text is expected");
  EXPECT_EQ(fault("{\n // why\n}"), "2::a key in double quotes is expected; JSON has no comments");
}

TEST(Json, WhatOtherParsersForgiveIsAFault) {
  for (const char* text :
       {"[1,]",   "{'a': 1}", "{a: 1}",    "[01]",        "[1.]",       "[.5]",
        "[+1]",   "[-]",      "[1e]",      "[NaN]",       "[Infinity]", "[tru]",
        "[True]", "\"a",      "[\"\\x\"]", "[\"\\u12\"]", "[\"a\tb\"]", "[\"a\nb\"]",
        "[1] 2",  "[",        "]",         "\"\\",        "[\"\\u\"]"}) {
    EXPECT_NE(fault(text), "no fault") << text;
  }
}

TEST(Json, NulInsideTheTextIsAFaultNotItsEnd) {
  EXPECT_NE(fault(std::string_view("{}\0", 3)), "no fault");
  EXPECT_NE(fault(std::string_view("\0", 1)), "no fault");
}

TEST(Json, LoneSurrogatesAreRefused) {
  for (const char* text : {"[\"\\ud83d\"]", "[\"\\ude00\"]", "[\"\\ud83dx\"]", "[\"\\ud83d\\n\"]",
                           "[\"\\ud83d\\ud83d\"]"}) {
    EXPECT_EQ(fault(text), "1::a lone surrogate in a string") << text;
  }
}

TEST(Json, BytesThatAreNotUtf8NameTheirLine) {
  EXPECT_EQ(fault("{\n\"a\": \"\xff\"}"), "2::holds bytes that are not UTF-8");
  EXPECT_EQ(fault("[\"\xed\xa0\xbd\"]"), "1::holds bytes that are not UTF-8");
  EXPECT_EQ(fault("[\n\"\xe5\xad"), "2::holds bytes that are not UTF-8");
}

TEST(Json, ByteOrderMarkIsNamed) {
  EXPECT_EQ(fault("\xef\xbb\xbf{}"),
            "1::begins with a byte order mark; save the file as UTF-8 without one");
}

TEST(Json, DepthIsBounded) {
  const std::string open(kJsonDepthMax, '['), close(kJsonDepthMax, ']');
  EXPECT_EQ(fault(open + "1" + close), "no fault");
  EXPECT_TRUE(fault("[" + open + "1" + close + "]").find("nests deeper") != std::string::npos);
  EXPECT_NE(fault(std::string(1'000'000, '[')), "no fault");
}

TEST(Printable, ControlBytesAreEscapedAndLongTextIsCutBetweenCharacters) {
  EXPECT_EQ(printable("a\x1b[2J\n\x7f"), "a\\x1b[2J\\x0a\\x7f");
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += "字";
  const std::string cut = printable(long_text);
  EXPECT_EQ(cut, long_text.substr(0, 120) + "…");
}

}  // namespace
}  // namespace herald::message
