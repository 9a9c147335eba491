// herald explain: what cannot be a token is said to be, before anything is opened.
#include <gmock/gmock.h>

#include <iostream>
#include <sstream>

#include "tools/herald/verbs.h"

namespace herald::cli {
namespace {

using testing::HasSubstr;

std::string mistake(const std::string& subject, const std::string& input = "") {
  CommandLine line;
  line.verb = Verb::explain;
  line.subject = subject;
  line.config = "/nonexistent/herald.toml";
  std::istringstream in{input};
  std::streambuf* const before = std::cin.rdbuf(in.rdbuf());
  std::cin.clear();
  const auto status = explain(line);
  std::cin.rdbuf(before);
  std::cin.clear();
  EXPECT_FALSE(status);
  if (status) return "";
  return (status.error().code == Errc::usage ? "usage: " : "other: ") + status.error().what;
}

TEST(Explain, WhatCannotBeATokenIsAUsageError) {
  EXPECT_EQ(mistake(""),
            "usage: explain: that cannot be a token: it is empty; give it as it stands in the "
            "audience");
  EXPECT_THAT(mistake("a b"),
              HasSubstr("usage: explain: that cannot be a token: there is a space"));
  EXPECT_THAT(mistake("a\tb"), HasSubstr("a control byte"));
  EXPECT_THAT(mistake("\xff"), HasSubstr("no UTF-8"));
  EXPECT_THAT(mistake(std::string(513, 'a')), HasSubstr("more than 512 bytes"));
  EXPECT_THAT(mistake(std::string(512, 'a')), HasSubstr("other: "));  // the configuration is none
}

TEST(Explain, StandardInputGivesOneToken) {
  EXPECT_THAT(mistake("-", ""), HasSubstr("usage: explain -: standard input gave no token"));
  EXPECT_THAT(mistake("-", "a\nb\n"), HasSubstr("usage: explain -: standard input has more than"));
  EXPECT_THAT(mistake("-", "\n"), HasSubstr("it is empty"));
  EXPECT_THAT(mistake("-", "a\r\n"), HasSubstr("other: "));
  EXPECT_THAT(mistake("-", "a"), HasSubstr("other: "));
}

}  // namespace
}  // namespace herald::cli
