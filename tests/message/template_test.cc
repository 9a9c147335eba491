// The bytes around the tokens, and what they may come to.
#include "engine/message/template.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/message/support.h"

namespace herald::message {
namespace {

Result<Template> try_make(std::string_view payload, std::string_view options = {},
                          int push_type = 0) {
  Job job;
  job.push_type = push_type;
  job.payload = payload;
  job.push_options = options;
  return Template::make(job);
}

Template make(std::string_view payload, std::string_view options = {}, int push_type = 0) {
  return try_make(payload, options, push_type).value();
}

// A payload whose body without tokens has `bytes` bytes, counted by hand here.
std::string payload_of(std::size_t bytes) {
  constexpr std::string_view kAround = R"({"payload":{"a":""},"target":{"token":[]}})";
  return fmt::format(R"({{"a":"{}"}})", std::string(bytes - kAround.size(), 'x'));
}

TEST(Template, BodyIsPrefixTokensSuffix) {
  const Template made = make(R"({ "a" : 1 })", R"({ "ttl" : 60 })");
  EXPECT_EQ(made.prefix() + R"("t1","t2")" + made.suffix(),
            R"({"payload":{"a":1},"target":{"token":["t1","t2"]},"pushOptions":{"ttl":60}})");
}

TEST(Template, BodyWithoutOptionsEndsAfterTheTarget) {
  const Template made = make(R"({"a":1})");
  EXPECT_EQ(made.prefix() + made.suffix(), R"({"payload":{"a":1},"target":{"token":[]}})");
}

TEST(Template, BytesAreCompactRawUtf8AndNumbersAsWritten) {
  EXPECT_EQ(make(R"({"t": "\u5b57", "n": [12345678901234567890, 1.50]})").prefix(),
            R"({"payload":{"t":"字","n":[12345678901234567890,1.50]},"target":{"token":[)");
}

TEST(Template, V5Exactly4096BytesAreAllowed) {
  const Template made = make(payload_of(4096));
  EXPECT_EQ(made.size_without_tokens(), 4096u);
}

TEST(Template, V5OneByteMoreIsRefusedWithTheSizeAndTheLimit) {
  const auto made = try_make(payload_of(4097));
  ASSERT_TRUE(made.has_error());
  EXPECT_EQ(made.error().code, Errc::job);
  EXPECT_EQ(
      made.error().what,
      "the message has 4097 bytes without its tokens, the service takes at most 4096; shorten "
      "it by 1 (rule V5, service code 80300008)");
}

TEST(Template, V5OptionsCountAsWell) {
  EXPECT_TRUE(try_make(payload_of(4096), R"({"ttl":1})").has_error());
}

TEST(Template, V5WhiteSpaceAndEscapesDoNotCount) {
  std::string payload = payload_of(4096);
  payload.replace(payload.find('x'), 3, "\\u5b57");  // six bytes that leave as three
  payload.insert(1, 100, ' ');
  EXPECT_EQ(make(payload).size_without_tokens(), 4096u);
}

TEST(Template, CategoryIsTheNotifications) {
  EXPECT_EQ(make(alert("", "EXPRESS")).category(), "EXPRESS");
  EXPECT_EQ(make(R"({"extraData": "x"})", {}, 6).category(), "");
}

TEST(Template, MarketingIsWhatTheAppSaysOfTheCategory) {
  const auto all_but_express = [](std::string_view category) { return category != "EXPRESS"; };
  EXPECT_FALSE(make(alert("", "EXPRESS")).marketing(all_but_express));
  EXPECT_TRUE(make(alert("", "IM")).marketing(all_but_express));
  EXPECT_TRUE(make(alert("", "MARKETING")).marketing(all_but_express));
}

TEST(Template, BadgeAloneIsNeverMarketing) {
  const auto everything = [](std::string_view) { return true; };
  const Template bare = make(R"({"notification": {"badge": {"setNum": 5}}})");
  EXPECT_TRUE(bare.badge_only());
  EXPECT_EQ(bare.category(), "");
  EXPECT_FALSE(bare.marketing(everything));
  EXPECT_FALSE(make(R"({"notification": {"category": "IM", "badge": {"setNum": 5}}})")
                   .marketing(everything));
}

TEST(Template, NotificationWithABadgeIsNoBadgeAlone) {
  const auto everything = [](std::string_view) { return true; };
  const Template made = make(alert(R"("badge": {"setNum": 5})"));
  EXPECT_FALSE(made.badge_only());
  EXPECT_TRUE(made.marketing(everything));
}

TEST(Template, BadgeAloneIsAFormOfPushType0Only) {
  EXPECT_FALSE(make(R"({"notification": {"badge": {"setNum": 5}}})", {}, 2).badge_only());
}

TEST(Template, OtherPushTypesAreNoMarketing) {
  const auto everything = [](std::string_view) { return true; };
  EXPECT_FALSE(make(R"({"extraData": "x"})", {}, 6).marketing(everything));
}

TEST(Template, WhatIsNoObjectIsAnErrorNotACrash) {
  EXPECT_TRUE(try_make("").has_error());
  for (const char* bad : {"[]", "{", "1", "\"\\ud800\""}) {
    EXPECT_TRUE(try_make(bad).has_error()) << bad;
    EXPECT_TRUE(try_make("{}", bad).has_error()) << bad;
  }
}

}  // namespace
}  // namespace herald::message
