// herald check: the example campaigns pass, and a bad job is told everything at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/cli/temporary_directory.h"
#include "tools/herald/verbs.h"

namespace herald::cli {
namespace {

using testing::HasSubstr;

class Check : public TemporaryDirectory {
 protected:
  CommandLine line(const std::filesystem::path& job) {
    CommandLine line;
    line.verb = Verb::check;
    line.subject = job.string();
    line.config = HERALD_SOURCE_DIR "/conf/herald.toml";
    line.audience = write("audience", "{\"token\": \"t\"}\n");
    return line;
  }
};

TEST_F(Check, EveryExampleCampaignPasses) {
  int jobs = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(HERALD_SOURCE_DIR "/conf/campaigns")) {
    testing::internal::CaptureStdout();
    const auto status = check(line(entry.path()), Console(LogLevel::error));
    const std::string table = testing::internal::GetCapturedStdout();
    ASSERT_TRUE(status) << status.error().what;
    EXPECT_EQ(*status, 0);
    EXPECT_THAT(table, HasSubstr("records   1\n"));
    ++jobs;
  }
  EXPECT_GE(jobs, 8);
}

TEST_F(Check, EveryMistakeHasItsLine) {
  const auto job = write("bad.json", R"({"id": "a", "app": "demo", "pushType": 0,
"payload": {"notification": {"category": "IM", "title": "T", "body": "B",
"clickAction": {"actionType": 9},
"notifyId": -2,
"style": 2}}})");
  testing::internal::CaptureStderr();
  const auto status = check(line(job), Console(LogLevel::error));
  const std::string printed = testing::internal::GetCapturedStderr();
  ASSERT_FALSE(status);
  EXPECT_THAT(printed, HasSubstr("bad.json:3: /payload/notification/clickAction/actionType: must"));
  EXPECT_THAT(printed, HasSubstr("bad.json:4: /payload/notification/notifyId: must be -1 to "
                                 "2147483647, is -2 (rule V12, service code 80100003)\n"));
  EXPECT_THAT(status.error().what, HasSubstr("bad.json:5: /payload/notification/style"));
}

TEST_F(Check, AnUnknownAppIsToldWhichThereAre) {
  const auto job = write("job.json", R"({"id": "a", "app": "dmeo", "pushType": 0,
"payload": {"notification": {"category": "IM", "title": "T", "body": "B",
"clickAction": {"actionType": 0}}}})");
  const auto status = check(line(job), Console(LogLevel::error));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::job);
  EXPECT_THAT(status.error().what, HasSubstr("app \"dmeo\" is not in"));
  EXPECT_THAT(status.error().what, testing::EndsWith("herald.toml: it has demo"));
}

TEST_F(Check, SwitchesOfTheConfigurationHold) {
  const auto job = write("job.json", R"({"id": "a", "app": "demo", "pushType": 0,
"payload": {"notification": {"category": "IM", "title": "T", "body": "B", "notifyId": -2,
"clickAction": {"actionType": 0}}}})");
  CommandLine strict = line(job);
  EXPECT_FALSE(check(strict, Console(LogLevel::error)));
  CommandLine lenient = line(job);
  lenient.config = write("herald.toml", R"([rules]
warn = ["V12"]
[[app]]
name = "demo"
package = "com.example.demo"
project_id = "1"
key_file = "none.json"
)");
  testing::internal::CaptureStdout();
  const auto status = check(lenient, Console(LogLevel::error));
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              HasSubstr("(rule V12, which the configuration makes a warning)"));
  EXPECT_TRUE(status) << status.error().what;
}

}  // namespace
}  // namespace herald::cli
