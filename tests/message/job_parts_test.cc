// The audience and the policy of a job.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "herald/job.h"
#include "tests/message/job_text.h"

namespace herald {
namespace {

using testing::HasSubstr;

TEST(Job, PolicyIsRead) {
  const Policy policy =
      parse({.policy = R"("delivery": "at-most-once", "overQuota": "drop", "priority": "normal",
                          "startAt": "2026-11-24T00:00:00+08:00",
                          "expires": "2026-11-23T17:00:00Z", "rate": 3000, "maxMalformed": 0.25)"})
          .value()
          .policy;
  const std::chrono::system_clock::time_point midnight{std::chrono::seconds{1795449600}};
  EXPECT_EQ(policy.start_at, midnight);
  EXPECT_EQ(policy.expires, midnight + std::chrono::hours{1});
  EXPECT_EQ(policy.rate, 3000u);
  EXPECT_EQ(policy.max_malformed, 0.25);
}

TEST(Job, AudienceIsRelativeToTheJobsFile) {
  const auto file = [](const std::string& name) {
    return parse({.audience =
                      fmt::format(R"("audience": {{"file": "{}", "format": "lines"}},)", name)})
        .value()
        .audience.file;
  };
  EXPECT_EQ(file("tokens.txt"), "dir/tokens.txt");
  EXPECT_EQ(file("/data/tokens.txt"), "/data/tokens.txt");
}

TEST(Job, PolicyNotBuiltYetIsUnsupportedNotIgnored) {
  for (const char* policy : {R"("window": ["08:00", "22:00"])", R"("canary": {"records": 10})",
                             R"("overQuota": "defer")", R"("priority": "high")"}) {
    EXPECT_THAT(policy_error(policy, Errc::unsupported), HasSubstr("job.json:6: /policy/"))
        << policy;
  }
}

// A device that gets the message twice must show it once, or a second attempt does harm.
TEST(Job, AtLeastOnceNeedsWhatMakesADeviceShowOneCopy) {
  const std::string plain =
      R"("category": "EXPRESS", "title": "T", "body": "B", "clickAction": {"actionType": 0})";
  const std::string policy = R"("delivery": "at-least-once")";
  EXPECT_THAT(policy_error(policy), HasSubstr("/policy/delivery: at-least-once needs a notifyId"));
  EXPECT_THAT(error_of({.notification = plain + R"(, "notifyId": -1)", .policy = policy}),
              HasSubstr("/policy/delivery"));
  for (const char* more : {R"(, "notifyId": 0)", R"(, "appMessageId": "sale-1")"}) {
    const auto job = parse({.notification = plain + more, .policy = policy});
    ASSERT_TRUE(job) << job.error().what;
    EXPECT_TRUE(job->policy.at_least_once);
  }
  EXPECT_FALSE(parse({.policy = R"("delivery": "at-most-once")"}).value().policy.at_least_once);
}

// It was a file named "-" in the job's folder wherever the job was named with one.
TEST(Job, StandardInputIsNoFileOfTheJobsFolder) {
  EXPECT_TRUE(
      parse({.audience = R"("audience": {"file": "-"},)"}).value().audience.is_standard_input());
}

TEST(Job, AudienceFormats) {
  const auto audience_of = [](const char* audience) {
    return parse({.audience = fmt::format("\"audience\": {},", audience)}).value().audience;
  };
  EXPECT_EQ(audience_of(R"({"file": "a.txt.gz"})").format, AudienceSpec::Format::lines);
  EXPECT_EQ(audience_of(R"({"format": "jsonl"})").format, AudienceSpec::Format::jsonl);
  const AudienceSpec csv = audience_of(R"({"format": "csv", "column": "token"})");
  EXPECT_EQ(csv.format, AudienceSpec::Format::csv);
  EXPECT_EQ(csv.column, "token");
  EXPECT_EQ(csv.separator, ',');
  EXPECT_EQ(audience_of(R"({"separator": "\t", "column": "t", "format": "csv"})").separator, '\t');
}

TEST(Job, AudienceFormatsThatDoNotFit) {
  const auto audience_error = [](const char* audience) {
    return error_of({.audience = fmt::format("\"audience\": {},", audience)});
  };
  EXPECT_THAT(audience_error(R"({"format": "xml"})"),
              HasSubstr("must be lines, csv or jsonl, is \"xml\""));
  EXPECT_THAT(audience_error(R"({"file": ""})"), HasSubstr("is empty"));
  EXPECT_THAT(audience_error(R"({"format": "csv"})"), HasSubstr("/audience: has no \"column\""));
  EXPECT_THAT(audience_error(R"({"column": "token"})"),
              HasSubstr("/audience/column: belongs to format csv"));
  EXPECT_THAT(audience_error(R"({"separator": ";", "format": "jsonl"})"),
              HasSubstr("/audience/separator: belongs to format csv"));
  for (const char* separator : {"", ",,", "a", "\\n", "\\\""}) {
    EXPECT_THAT(
        audience_error(
            fmt::format(R"({{"format": "csv", "column": "t", "separator": "{}"}})", separator)
                .c_str()),
        HasSubstr("/audience/separator: must be one of"));
  }
}

TEST(JobPolicy, TokensPerRequestIs1To1000) {
  for (const char* count : {"0", "1001", "1.5", "-1"}) {
    EXPECT_THAT(policy_error(fmt::format("\"tokensPerRequest\": {}", count)),
                HasSubstr("/policy/tokensPerRequest: must be a whole number from 1 to 1000, is "));
  }
  EXPECT_EQ(parse({.policy = "\"tokensPerRequest\": 1"}).value().policy.tokens_per_request, 1u);
  EXPECT_EQ(parse({.policy = "\"rate\": 5"}).value().policy.tokens_per_request, 1000u);
}

TEST(Job, PolicyValuesAreChecked) {
  EXPECT_THAT(policy_error(R"("delivery": "exactly-once")"),
              HasSubstr("must be at-most-once or at-least-once"));
  for (const char* rate : {"0", "-1", "1.5", "4294967296"}) {
    EXPECT_THAT(policy_error(fmt::format("\"rate\": {}", rate)),
                HasSubstr("/policy/rate: must be"));
  }
  for (const char* share : {"-0.1", "1.01", "1e9", "1e999"}) {
    EXPECT_THAT(policy_error(fmt::format("\"maxMalformed\": {}", share)),
                HasSubstr("/policy/maxMalformed: must be 0 to 1, is "));
  }
  for (const char* share : {"0", "1", "5e-2"}) {
    EXPECT_TRUE(parse({.policy = fmt::format("\"maxMalformed\": {}", share)}).has_value()) << share;
  }
}

TEST(Job, TimesNeedAnOffsetAndAnOrder) {
  EXPECT_THAT(policy_error(R"("startAt": "2026-11-24T10:00:00")"),
              HasSubstr("/policy/startAt: must be a time like"));
  EXPECT_THAT(policy_error(R"("expires": "tomorrow")"),
              HasSubstr("/policy/expires: must be a time"));
  for (const char* expires : {"2026-11-24T10:00:00+08:00", "2026-11-24T01:00:00Z"}) {
    EXPECT_THAT(policy_error(fmt::format(
                    R"("startAt": "2026-11-24T10:00:00+08:00", "expires": "{}")", expires)),
                HasSubstr("/policy/expires: must be after startAt"));
  }
}

}  // namespace
}  // namespace herald
