// Jobs as people hand them in: what is read, and what each mistake is answered with.
#include "herald/job.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "engine/message/job_check.h"
#include "tests/message/job_text.h"

namespace herald {
namespace {

using testing::HasSubstr;

TEST(Job, SmallestJobIsReadWithDefaults) {
  const Job job = parse({}).value();
  EXPECT_EQ(job.id, "sale-1");
  EXPECT_EQ(job.app, "demo");
  EXPECT_EQ(job.push_type, 0);
  EXPECT_EQ(job.payload, R"({"notification":{"category":"EXPRESS","title":"T","body":"B",)"
                         R"("clickAction":{"actionType":0}}})");
  EXPECT_TRUE(job.audience.file.empty());
  EXPECT_FALSE(job.policy.start_at.has_value());
  EXPECT_FALSE(job.policy.expires.has_value());
  EXPECT_EQ(job.policy.rate, 0u);
  EXPECT_EQ(job.policy.max_malformed, 0.05);
  EXPECT_TRUE(job.warnings.empty());
}

TEST(Job, IdBecomesBiTagUnlessTheJobSetsOne) {
  EXPECT_EQ(parse({}).value().push_options, R"({"biTag":"sale-1"})");
  EXPECT_EQ(sent_options("{ }"), R"({"biTag":"sale-1"})");
  EXPECT_EQ(sent_options(R"({"ttl": 60})"), R"({"ttl":60,"biTag":"sale-1"})");
  EXPECT_EQ(sent_options(R"({"biTag": "mine", "ttl": 60})"), R"({"biTag":"mine","ttl":60})");
}

TEST(Job, UnknownKeyIsNamedWithItsLineAndTheKnownOnes) {
  EXPECT_EQ(error_of({.more = ",\n\"payloads\": 1"}),
            "dir/job.json:7: /payloads: unknown key; known: id, app, pushType, payload, "
            "pushOptions, audience, policy");
  EXPECT_EQ(policy_error("\n\"ratee\": 1"),
            "dir/job.json:7: /policy/ratee: unknown key; known: delivery, overQuota, priority, "
            "startAt, window, expires, rate, maxMalformed, tokensPerRequest, canary");
  EXPECT_EQ(error_of({.audience = "\"audience\": {\"path\": \"x\"},\n"}),
            "dir/job.json:6: /audience/path: unknown key; known: file, format, column, "
            "separator");
}

TEST(Job, KeyThatWouldBreakTheLineIsEscaped) {
  EXPECT_THAT(error_of({.more = ",\"a\\nb\\u001b\": 1"}), HasSubstr("/a\\x0ab\\x1b: unknown key"));
}

TEST(Job, MissingKeysAreNamed) {
  EXPECT_EQ(Job::parse("{\"app\": \"a\", \"pushType\": 0, \"payload\": {}}", "j").error().what,
            "j:1: /id: is missing (and 1 more)");
  EXPECT_EQ(Job::parse("{}", "j").error().what, "j:1: /id: is missing (and 3 more)");
}

TEST(Job, WrongTypesAreNamed) {
  EXPECT_THAT(error_of({.id = "5"}), HasSubstr(":2: /id: must be a string, is a number"));
  EXPECT_THAT(error_of({.app = "null"}), HasSubstr(":3: /app: must be a string, is null"));
  EXPECT_THAT(error_of({.push_type = "\"0\""}),
              HasSubstr(":4: /pushType: must be a number, is a string"));
  EXPECT_THAT(error_of({.push_type = "0.5"}), HasSubstr(":4: /pushType: must be a whole number"));
  EXPECT_THAT(error_of({.options = "\"pushOptions\": [],\n"}),
              HasSubstr(":6: /pushOptions: must be an object, is an array"));
  EXPECT_THAT(error_of({.audience = "\"audience\": \"a.txt\",\n"}),
              HasSubstr(":6: /audience: must be an object, is a string"));
  EXPECT_EQ(Job::parse("[]", "j").error().what, "j:1: a job must be an object");
}

TEST(Job, IdIs1To64SafeCharacters) {
  EXPECT_TRUE(parse({.id = '"' + std::string(64, 'a') + '"'}).has_value());
  EXPECT_TRUE(parse({.id = R"("A.b_C-9")"}).has_value());
  for (const std::string& id : {std::string(), std::string(65, 'a'), std::string("a b"),
                                std::string("../x"), std::string("é")}) {
    EXPECT_THAT(error_of({.id = '"' + id + '"'}), HasSubstr(":2: /id: must be 1 to 64 of")) << id;
  }
}

TEST(Job, NoJsonIsAnErrorWithItsLine) {
  EXPECT_EQ(Job::parse("{\n\"id\": \"x\"\n\"app\": 1}", "j.json").error().what,
            "j.json:3: ',' or '}' is expected");
  EXPECT_EQ(Job::parse("", "j.json").error().what, "j.json:1: is empty");
}

TEST(Job, DuplicateKeyIsAnErrorAnywhere) {
  EXPECT_EQ(Job::parse("{\n\"id\": \"a\",\n\"id\": \"b\"}", "j.json").error().what,
            "j.json:3: /id: the key is there twice, first in line 2; which one counts is "
            "undefined: remove one");
  EXPECT_THAT(error_of({.notification = "\"title\": 1,\n\"title\": 2"}),
              HasSubstr("job.json:6: /payload/notification/title: the key is there twice"));
}

TEST(Job, BrokenRuleNamesLinePointerRuleAndCode) {
  EXPECT_EQ(
      error_of({.notification = R"("category": "IM", "title": "T", "body": "B",
"clickAction": {"actionType": 0},
"badge": {
"addNum": 100})"}),
      "dir/job.json:8: /payload/notification/badge/addNum: must be 1 to 99, is 100 (rule V10, "
      "service code 80100003)");
  EXPECT_EQ(
      error_of({.options = "\"pushOptions\": {\n\"ttl\": 0},\n"}),
      "dir/job.json:7: /pushOptions/ttl: must be 1 to 1296000 seconds, is 0 (rule V6, service "
      "code 80100004)");
}

TEST(Job, FirstErrorByLineStandsForAllAndSaysHowManyMore) {
  const JobText job{.notification = R"("category": "NEWS", "title": "T", "body": "B",
"clickAction": {"actionType": 9})",
                    .policy = R"("rate": 0)"};
  EXPECT_EQ(error_of(job).substr(0, 52), "dir/job.json:5: /payload/notification/category: NEWS");
  EXPECT_THAT(error_of(job), HasSubstr(" (and 2 more)"));
  const auto check = message::check_job(job.text(), "j");
  ASSERT_EQ(check.errors.size(), 3u);
  EXPECT_FALSE(check.job.has_value());
  EXPECT_THAT(check.errors[1].what, HasSubstr("j:6: /payload/notification/clickAction/actionType"));
  EXPECT_THAT(check.errors[2].what, HasSubstr("j:7: /policy/rate"));
}

TEST(Job, UnknownPayloadMemberIsAWarningWithItsLine) {
  const Job job = parse({.notification = R"("category": "IM", "title": "T", "body": "B",
"clickAction": {"actionType": 0}, "titel": "x")"})
                      .value();
  ASSERT_EQ(job.warnings.size(), 1u);
  EXPECT_EQ(job.warnings[0],
            "dir/job.json:6: /payload/notification/titel: unknown member, sent as it is");
  EXPECT_THAT(job.payload, HasSubstr("\"titel\":\"x\""));
}

TEST(Job, V5SizeCountsTheBiTagThatIsAdded) {
  // Around the body text: all other bytes of the request, tokens aside.
  const std::string around =
      R"({"payload":{"notification":{"category":"EXPRESS","title":"T","body":"",)"
      R"("clickAction":{"actionType":0}}},"target":{"token":[]},"pushOptions":{"biTag":"sale-1"}})";
  const auto job = [&](std::size_t bytes) {
    return JobText{.notification = fmt::format(R"("category": "EXPRESS", "title": "T", "body": "{}",
                                                  "clickAction": {{"actionType": 0}})",
                                               std::string(bytes - around.size(), 'x'))};
  };
  EXPECT_TRUE(parse(job(4096)).has_value());
  EXPECT_EQ(error_of(job(4097)),
            "dir/job.json:5: /payload: the message has 4097 bytes without its tokens, the service "
            "takes at most 4096; shorten it by 1 (rule V5, service code 80300008)");
}

TEST(Job, V1PushTypesTheServiceDoesNotHaveAreRefused) {
  for (const char* type : {"9", "3", "-1", "99999999999999999999"}) {
    EXPECT_THAT(error_of({.push_type = type}), HasSubstr("(rule V1, service code 80100003)"));
  }
}

TEST(Job, TestMessageIsTakenFromTheOptions) {
  EXPECT_TRUE(parse({.options = R"("pushOptions": {"testMessage": true},)"}).value().test_message);
  EXPECT_FALSE(parse({}).value().test_message);
  EXPECT_EQ(sent_options(R"({"testMessage": false})"), R"({"testMessage":false,"biTag":"sale-1"})");
}

TEST(JobCanonical, IsTheSameHoweverTheJobIsWritten) {
  const std::string one = parse({.policy = R"("rate": 5, "maxMalformed": 0.1)"}).value().canonical;
  const std::string two =
      parse({.policy = "\n  \"maxMalformed\":0.1,\n\"rate\":5"}).value().canonical;
  EXPECT_EQ(one, two);
  EXPECT_TRUE(one.starts_with(R"({"app":"demo","id":"sale-1","payload":{"notification":{"body")"));
}

TEST(JobCanonical, DoesNotDependOnWhereTheAudienceLies) {
  const std::string none = parse({}).value().canonical;
  EXPECT_EQ(parse({.audience = R"("audience": {"file": "a"},)"}).value().canonical, none);
  EXPECT_EQ(
      parse({.audience = R"("audience": {"format": "lines", "file": "b"},)"}).value().canonical,
      none);
}

TEST(JobCanonical, ChangesWithAnythingThatIsSentOrDecided) {
  const std::string plain = parse({}).value().canonical;
  EXPECT_NE(parse({.audience = R"("audience": {"format": "jsonl"},)"}).value().canonical, plain);
  EXPECT_NE(parse({.id = R"("sale-2")"}).value().canonical, plain);
  EXPECT_NE(parse({.app = R"("other")"}).value().canonical, plain);
  EXPECT_NE(parse({.options = R"("pushOptions": {"ttl": 5},)"}).value().canonical, plain);
  EXPECT_NE(parse({.policy = R"("rate": 5)"}).value().canonical, plain);
}

// A save that was cut off, or a byte gone wrong: an answer every time, and one line long.
TEST(Job, WhereverTheTextIsCutItIsAnError) {
  const std::string whole =
      JobText{.options = R"("pushOptions": {"ttl": 1e3, "a": [true, null]},)"}.text();
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const auto result = Job::parse(whole.substr(0, cut), "j");
    ASSERT_TRUE(result.has_error()) << cut;
    ASSERT_TRUE(result.error().what.starts_with("j:")) << result.error().what;
  }
}

TEST(Job, WhateverByteIsChangedItIsAJobOrAnErrorOfOneLine) {
  const std::string whole = JobText{.options = R"("pushOptions": {"ttl": 10},)"}.text();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char byte : {'\0', '\n', '"', '\\', '{', ']', ',', '9', '-', '\x80', '\xff'}) {
      std::string changed = whole;
      changed[at] = byte;
      const auto result = Job::parse(changed, "j");
      if (result.has_error()) {
        ASSERT_EQ(result.error().what.find('\n'), std::string::npos) << result.error().what;
      }
    }
  }
}

class JobFile : public testing::Test {
 protected:
  JobFile() { std::filesystem::create_directories(dir_); }
  ~JobFile() override { std::filesystem::remove_all(dir_); }

  std::filesystem::path write(const std::string& text) {
    const std::filesystem::path file = dir_ / "job.json";
    std::ofstream(file) << text;
    return file;
  }

  const std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / fmt::format("herald-job-test-{}", getpid());
};

TEST_F(JobFile, IsRead) { EXPECT_EQ(Job::load(write(JobText{}.text())).value().id, "sale-1"); }

TEST_F(JobFile, ThatIsMissingOrNoFileIsAnErrorThatSaysWhy) {
  const auto missing = Job::load(dir_ / "none.json");
  ASSERT_TRUE(missing.has_error());
  EXPECT_EQ(missing.error().what,
            (dir_ / "none.json").string() + ": cannot be read (No such file or directory)");
  EXPECT_THAT(Job::load(dir_).error().what, HasSubstr("cannot be read (Is a directory)"));
}

TEST_F(JobFile, ThatIsAnAudienceByMistakeIsRefusedBeforeItIsParsed) {
  EXPECT_THAT(Job::load(write(std::string(2 << 20, 't'))).error().what,
              HasSubstr("is larger than 1048576 bytes"));
}

TEST(ExampleCampaigns, AreValidJobs) {
  const std::filesystem::path dir = HERALD_SOURCE_DIR "/conf/campaigns";
  std::set<int> types;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const auto job = Job::load(entry.path());
    ASSERT_TRUE(job.has_value()) << job.error().what;
    // Only apps with the IM entitlement may send a badge alone, and the job cannot know that.
    const std::size_t expected = entry.path().filename() == "unread-badge.json" ? 1 : 0;
    EXPECT_EQ(job->warnings.size(), expected) << testing::PrintToString(job->warnings);
    types.insert(job->push_type);
  }
  EXPECT_EQ(types, (std::set<int>{0, 1, 2, 6, 7, 10}));
}

}  // namespace
}  // namespace herald
