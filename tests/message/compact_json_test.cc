// The writer whose bytes the size rule counts (api.md 7) and campaigns are known by.
#include "engine/message/compact_json.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <iterator>
#include <string>

namespace herald::message {
namespace {

TEST(Compact, WhiteSpaceGoesAndOrderStays) {
  EXPECT_EQ(*compact(" {\n\"b\" : [ 1 , {} , [ ] ],\r\n\t\"a\": {\"x\": null}, \"\":true }\n"),
            R"({"b":[1,{},[]],"a":{"x":null},"":true})");
}

TEST(Compact, WhiteSpaceInsideStringsStays) { EXPECT_EQ(*compact("[ \"a b\" ]"), "[\"a b\"]"); }

TEST(Compact, EscapesBecomeRawUtf8) {
  EXPECT_EQ(*compact(R"(["\u5b57\u00e9\u007A\/\ud83d\ude00\uD83D\uDE00"])"), R"(["字éz/😀😀"])");
  EXPECT_EQ(*compact(R"({"\u5b57": 1})"), R"({"字":1})");
}

TEST(Compact, WhatJsonMustEscapeStaysEscaped) {
  EXPECT_EQ(*compact(R"(["\u0022\u005c\u000a\u0000\u001F\b\f\r\t"])"),
            R"(["\"\\\n\u0000\u001f\b\f\r\t"])");
}

TEST(Compact, NumbersKeepTheirSpelling) {
  constexpr const char* kNumbers =
      "[9223372036854775807,18446744073709551616,-0,0.10,1E+05,1.0,1e999,"
      "3.14159265358979323846264338327950288]";
  EXPECT_EQ(*compact(kNumbers), kNumbers);
  EXPECT_EQ(*canonical(kNumbers), kNumbers);
}

TEST(Compact, IsItsOwnFixedPoint) {
  const std::string once = *compact(R"({"a": "\u0001\ud83d\ude00\"", "b": [1.50, {"c": ""}]})");
  EXPECT_EQ(*compact(once), once);
}

TEST(Compact, FaultIsAnErrorWithItsLine) {
  const auto result = compact("{\n\"a\": }");
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().code, Errc::job);
  EXPECT_EQ(result.error().what, "line 2: a value is expected");
}

TEST(Canonical, KeysAreSortedAtEveryDepthAndArraysAreNot) {
  EXPECT_EQ(*canonical(R"({"b": {"z": 1, "a": [{"y": 1, "x": 2}, 0]}, "B": 3, "字": 4, "a": 5})"),
            R"({"B":3,"a":5,"b":{"a":[{"x":2,"y":1},0],"z":1},"字":4})");
}

TEST(Canonical, SameContentWrittenDifferentlyIsTheSame) {
  EXPECT_EQ(*canonical("{\"a\": \"\\u5b57\", \"b\": 1}"), *canonical("{\"b\":1,\"a\":\"字\"}"));
  EXPECT_NE(*canonical("[1,2]"), *canonical("[2,1]"));
}

// simdjson is another reader altogether: it must find in our bytes what it finds in the original.
TEST(Compact, AnotherParserReadsTheSameFromIt) {
  std::ifstream file(HERALD_SOURCE_DIR "/tests/data/examples.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(text.empty());
  const auto ours = compact(text);
  ASSERT_TRUE(ours.has_value());
  EXPECT_LT(ours->size(), text.size());
  simdjson::dom::parser first, second;
  const simdjson::dom::element before = first.parse(text);
  const simdjson::dom::element after = second.parse(*ours);
  EXPECT_EQ(simdjson::minify(before), simdjson::minify(after));
}

}  // namespace
}  // namespace herald::message
