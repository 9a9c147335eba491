// The command line, and what it says when something is wrong with it.
#include "tools/pushsim/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/pushsim/setup_error.h"

namespace pushsim {
namespace {

using testing::HasSubstr;

CommandLine parse(std::vector<const char*> arguments) {
  std::vector<const char*> all = {"pushsim", "--cert", "c", "--key", "k", "--jwk", "j"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return parse_command_line(static_cast<int>(all.size()), all.data());
}

std::string mistake(std::vector<const char*> arguments) {
  try {
    parse(std::move(arguments));
  } catch (const SetupError& error) {
    return error.what();
  }
  return "";
}

TEST(OptionsTest, Defaults) {
  const Options options = parse({}).options;
  EXPECT_EQ(options.port, 8443);
  EXPECT_EQ(options.marketing_limit, 2u);
  EXPECT_EQ(options.utc_offset, std::chrono::minutes(480));
  EXPECT_TRUE(options.faults.empty());
}

TEST(OptionsTest, ValuesAreRead) {
  const Options options =
      parse({"--listen",     "[::1]:0",        "--latency",    "1.5s",           "--utc-offset",
             "-03:30",       "--window",       "65535",        "--entitlements", "IM,EXPRESS",
             "--fault",      "rst-after:0.25", "--fault",      "drip:1",         "--error",
             "503:0.5",      "--error",        "80300002:0.1", "--stall",        "0.2",
             "--clock-skew", "-1500"})
          .options;
  EXPECT_EQ(options.host, "::1");
  EXPECT_EQ(options.port, 0);
  EXPECT_EQ(options.latency, std::chrono::milliseconds(1500));
  EXPECT_EQ(options.utc_offset, std::chrono::minutes(-210));
  EXPECT_EQ(options.stream_window, 65535u);
  EXPECT_EQ(options.connection_window, 65535u);
  EXPECT_EQ(options.clock_skew, std::chrono::milliseconds(-1500));
  EXPECT_EQ(options.entitlements, (std::vector<std::string>{"IM", "EXPRESS"}));
  ASSERT_EQ(options.faults.size(), 5u);
  EXPECT_EQ(options.faults[0].fault, Fault::rst_after);
  EXPECT_EQ(options.faults[0].rate, 0.25);
  EXPECT_EQ(options.faults[2].error, "503");
  EXPECT_EQ(options.faults[4].fault, Fault::never);
}

TEST(OptionsTest, MistakesNameTheOptionAndTheWayOut) {
  EXPECT_THAT(mistake({"--fault", "explode:0.1"}), HasSubstr("there are refused, goaway"));
  EXPECT_THAT(mistake({"--fault", "drip:2"}), HasSubstr("a number from 0 to 1"));
  EXPECT_THAT(mistake({"--fault", "drip"}), HasSubstr("a number from 0 to 1"));
  EXPECT_THAT(mistake({"--log-tokens"}), HasSubstr("--log FILE is missing"));
  EXPECT_THAT(mistake({"--fault", "error:1"}), HasSubstr("there are refused"));
  EXPECT_THAT(mistake({"--error", "200:0.1"}), HasSubstr("300 to 599"));
  EXPECT_THAT(mistake({"--error", "80100000:0.1"}), HasSubstr("--illegal"));
  EXPECT_THAT(mistake({"--listen", "8443"}), HasSubstr("HOST:PORT"));
  EXPECT_THAT(mistake({"--latency", "20"}), HasSubstr("20ms"));
  EXPECT_THAT(mistake({"--latency", "nan"}), HasSubstr("20ms"));
  EXPECT_THAT(mistake({"--utc-offset", "8"}), HasSubstr("+08:00"));
  EXPECT_THAT(mistake({"--sink", "--illegal", "0.1"}), HasSubstr("--sink"));
  EXPECT_THAT(mistake({"--receipts", "https://example.com/x"}), HasSubstr("of this machine"));
  EXPECT_THAT(mistake({"--receipt", "2:0.1"}), HasSubstr("--receipts URL is missing"));
  EXPECT_THAT(mistake({"--receipt", "x:0.1"}), HasSubstr("RESULT:RATE"));
  EXPECT_THAT(mistake({"--receipt-user", "u"}), HasSubstr("go together"));
  EXPECT_THAT(mistake({"--sink", "--receipts", "http://localhost:1/"}), HasSubstr("--sink"));
  EXPECT_THAT(mistake({"--nonsense"}), HasSubstr("--nonsense"));
  EXPECT_THAT(mistake({"--qps-window", "round"}), HasSubstr("--qps-window"));
}

TEST(OptionsTest, ReceiptsAndQuotasAreRead) {
  const Options options = parse({"--receipts",
                                 "https://localhost:9443/r",
                                 "--receipt",
                                 "2:0.01",
                                 "--receipt",
                                 "6:0.5",
                                 "--receipt-user",
                                 "u",
                                 "--receipt-secret-file",
                                 "s",
                                 "--receipt-secret-form",
                                 "text",
                                 "--receipt-ca",
                                 "ca.pem",
                                 "--receipt-queue",
                                 "7",
                                 "--package",
                                 "com.x",
                                 "--form-limit",
                                 "50",
                                 "--total-limit",
                                 "9",
                                 "--test-limit",
                                 "8",
                                 "--verify-images",
                                 "--no-push-type-right",
                                 "2,10",
                                 "--no-event-right",
                                 "TAXI,SCORE"})
                              .options;
  EXPECT_EQ(options.receipts.url, "https://localhost:9443/r");
  ASSERT_EQ(options.receipts.rules.size(), 2u);
  EXPECT_EQ(options.receipts.rules[1].result, 6);
  EXPECT_EQ(options.receipts.rules[1].rate, 0.5);
  EXPECT_EQ(options.receipts.secret_form, SecretForm::text);
  EXPECT_EQ(options.receipts.queue_max, 7u);
  EXPECT_EQ(options.form_limit, 50u);
  EXPECT_EQ(options.total_limit, 9u);
  EXPECT_EQ(options.test_limit, 8u);
  EXPECT_TRUE(options.verify_images);
  EXPECT_EQ(options.push_types_without_right, (std::vector<int>{2, 10}));
  EXPECT_EQ(options.events_without_right, (std::vector<std::string>{"TAXI", "SCORE"}));
}

TEST(OptionsTest, AMissingKeyPointsToKeygen) {
  const std::vector<const char*> bare = {"pushsim", "--cert", "c", "--key", "k"};
  try {
    parse_command_line(static_cast<int>(bare.size()), bare.data());
    FAIL();
  } catch (const SetupError& error) {
    EXPECT_THAT(error.what(), HasSubstr("--jwk is missing; `pushsim keygen DIR`"));
  }
}

TEST(OptionsTest, KeygenIsACommandOfItsOwn) {
  const std::vector<const char*> line = {"pushsim", "keygen", "keys", "--project", "42"};
  const CommandLine parsed = parse_command_line(static_cast<int>(line.size()), line.data());
  ASSERT_TRUE(parsed.keygen.has_value());
  EXPECT_EQ(parsed.keygen->directory, "keys");
  EXPECT_EQ(parsed.keygen->project, "42");
  EXPECT_EQ(parsed.keygen->bits, 3072);
}

}  // namespace
}  // namespace pushsim
