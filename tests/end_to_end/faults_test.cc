// A service that misbehaves: whatever it does, the report stays within what it counted.
#include <gtest/gtest.h>

#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

const std::vector<std::string> kCampaigns{"one", "two", "three"};

struct Trouble {
  const char* name;
  Arguments options;
  bool ambiguous;  // Table P lets it leave outcomes in doubt
  std::uint64_t tokens = 50000;
  const char* counted = "";   // in the dump: how often it happened
  std::size_t campaigns = 3;  // the third meets the quota
  std::uint32_t sender_threads = 1;
};

void PrintTo(const Trouble& trouble, std::ostream* out) { *out << trouble.name; }

class Faults : public EndToEnd, public testing::WithParamInterface<Trouble> {};

TEST_P(Faults, TheReportStaysWithinTheServicesAccount) {
  const Trouble& trouble = GetParam();
  sender_threads_ = trouble.sender_threads;
  const auto service = pushsim(trouble.options);
  const Audience audience = write_audience(
      "tokens.txt", {.tokens = trouble.tokens, .duplicate_every = 200, .malformed_every = 1000});
  const Arguments campaigns(kCampaigns.begin(), kCampaigns.begin() + trouble.campaigns);
  for (const std::string& campaign : campaigns) {
    const Ended ended = run(campaign, audience);
    const std::uint64_t ambiguous = number(report_, "/outcomes/ambiguous");
    EXPECT_EQ(ended.status, ambiguous > 0 ? 4 : 0) << ended.err;
    if (!trouble.ambiguous) {
      EXPECT_EQ(ambiguous, 0u);
    }
    EXPECT_EQ(report_.at("state"), "finished");
    EXPECT_EQ(number(report_, "/records"), audience.records);
    EXPECT_EQ(number(report_, "/pending"), 0u);
    EXPECT_EQ(number(report_, "/outcomes/duplicate"), audience.duplicates);
    EXPECT_EQ(number(report_, "/outcomes/malformed"), audience.malformed);
  }
  std::vector<Json> reports;
  for (const std::string& campaign : campaigns) reports.push_back(report_of(campaign));
  const Json account = service->stop();
  for (const Json& report : reports) expect_bounds(report, account);
  EXPECT_EQ(number(account, "/max_per_device/marketing"), 2u);
  if (*trouble.counted != '\0') {
    EXPECT_GT(number(account, trouble.counted), 0u);
  }
  if (!trouble.ambiguous) {
    for (const Json& report : reports) {
      const std::string campaign(report.at("campaign").as_string());
      EXPECT_EQ(number(report, "/outcomes/accepted"),
                number(account, "/by_campaign/" + campaign + "/accepted"));
      EXPECT_EQ(number(report, "/outcomes/invalid"),
                number(account, "/by_campaign/" + campaign + "/invalid"));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    EndToEnd, Faults,
    testing::Values(
        Trouble{"refused",
                {"--fault", "refused:0.02", "--seed", "11"},
                false,
                50000,
                "/faults/refused"},
        Trouble{
            "goaway", {"--fault", "goaway:0.02", "--seed", "12"}, false, 50000, "/faults/goaway"},
        Trouble{"goaway_last",
                {"--fault", "goaway-last:0.02", "--seed", "12"},
                false,
                50000,
                "/faults/goaway-last"},
        Trouble{"goaway_every", {"--goaway-every", "7"}, false, 30000},
        Trouble{"rst_after",
                {"--fault", "rst-after:0.02", "--seed", "33"},
                true,
                50000,
                "/faults/rst-after"},
        Trouble{"rst_before",
                {"--fault", "rst-before:0.02", "--seed", "33"},
                true,
                50000,
                "/faults/rst-before"},
        Trouble{"drop_after",
                {"--fault", "drop-after:0.02", "--seed", "14"},
                true,
                50000,
                "/faults/drop-after"},
        Trouble{"drop_before",
                {"--fault", "drop-before:0.02", "--seed", "14"},
                true,
                50000,
                "/faults/drop-before"},
        Trouble{
            "badjson", {"--fault", "badjson:0.02", "--seed", "35"}, true, 50000, "/faults/badjson"},
        Trouble{
            "dupkeys", {"--fault", "dupkeys:0.02", "--seed", "16"}, true, 50000, "/faults/dupkeys"},
        Trouble{"html", {"--fault", "html:0.02", "--seed", "17"}, true, 50000, "/faults/html"},
        Trouble{"error_500", {"--error", "500:0.05", "--seed", "18"}, true, 30000, "/faults/error"},
        Trouble{
            "error_503", {"--error", "503:0.05", "--seed", "19"}, false, 30000, "/faults/error"},
        Trouble{
            "illegal", {"--illegal", "0.05", "--seed", "20"}, false, 20000, "/tokens/invalid", 2},
        Trouble{"three_threads", {"--latency", "5ms"}, false, 200000, "", 3, 3},
        Trouble{"two_threads_refused",
                {"--fault", "refused:0.05", "--seed", "11"},
                false,
                100000,
                "/faults/refused",
                3,
                2},
        Trouble{"two_threads_goaway",
                {"--goaway-every", "20", "--fault", "goaway-last:0.02", "--seed", "12"},
                false,
                100000,
                "/faults/goaway-last",
                3,
                2},
        Trouble{"three_threads_drop_after",
                {"--fault", "drop-after:0.02", "--fault", "rst-after:0.02", "--seed", "14"},
                true,
                100000,
                "/faults/drop-after",
                3,
                3},
        Trouble{"two_threads_http1_drop_before",
                {"--http1", "--fault", "drop-before:0.02", "--seed", "14"},
                true,
                100000,
                "/faults/drop-before",
                3,
                2},
        Trouble{"http1", {"--http1"}, false, 50000},
        Trouble{"http1_drop_after",
                {"--http1", "--fault", "drop-after:0.02", "--seed", "14"},
                true,
                50000,
                "/faults/drop-after"},
        Trouble{"http1_drop_before",
                {"--http1", "--fault", "drop-before:0.02", "--seed", "14"},
                true,
                50000,
                "/faults/drop-before"},
        Trouble{"http1_error_500",
                {"--http1", "--error", "500:0.02", "--seed", "18"},
                true,
                50000,
                "/faults/error"},
        Trouble{"http1_error_503",
                {"--http1", "--error", "503:0.02", "--seed", "19"},
                false,
                50000,
                "/faults/error"},
        Trouble{"http1_closing", {"--http1", "--goaway-every", "7"}, false, 30000},
        Trouble{"http1_goaway_last",
                {"--http1", "--fault", "goaway-last:0.1", "--seed", "12"},
                false,
                50000,
                "/faults/goaway-last"},
        Trouble{"http1_several",
                {"--http1", "--fault", "drop-after:0.03", "--fault", "badjson:0.03", "--illegal",
                 "0.02", "--goaway-every", "20", "--latency", "5ms", "--seed", "22"},
                true,
                50000,
                "/faults/drop-after",
                2},
        Trouble{"one_stream", {"--max-streams", "1"}, false, 20000},
        Trouble{"small_window", {"--window", "65535", "--latency", "20ms"}, false, 20000},
        Trouble{
            "several",
            {"--fault", "refused:0.02", "--fault", "goaway:0.02", "--fault", "rst-after:0.02",
             "--fault", "drop-after:0.01", "--illegal", "0.02", "--latency", "5ms", "--seed", "21"},
            true,
            50000,
            "/faults/refused",
            2}),
    [](const testing::TestParamInfo<Trouble>& trouble) { return std::string(trouble.param.name); });

// What was refused is given back, so on a day's third round it is all that is left to send to: that
// reads as an audience of another app, and Table P pauses for it.
TEST_F(EndToEnd, AnAudienceOfRefusedTokensPauses) {
  const auto service = pushsim({"--illegal", "0.05", "--seed", "20"});
  const Audience audience = write_audience("tokens.txt", {.tokens = 20000});
  ASSERT_EQ(run("one", audience).status, 0);
  ASSERT_EQ(run("two", audience).status, 0);
  expect_one_line(run("three", audience), 3, {"three", "tokens in a row", "app \"demo\""});
  const Json account = service->stop();
  expect_bounds(report_, account);
  EXPECT_EQ(number(report_, "/outcomes/accepted"), 0u);
  EXPECT_LE(number(report_, "/outcomes/invalid"), 1000u);  // one batch was enough
}

// A connection's first timer is that of connecting; a request's deadline may come before it. It was
// seen only when connect_timeout was over.
TEST_F(EndToEnd, ARequestsDeadlineHoldsOnAFreshConnection) {
  const auto service = pushsim({"--fault", "never:0.2", "--seed", "3"});
  Settings settings;
  settings.port = service->port();
  settings.endpoint_more = "connect_timeout = \"60s\"\nrequest_timeout = \"500ms\"\n";
  write_config(settings);
  const Ended ended = run("sale", write_audience("tokens.txt", {.tokens = 20000}));
  EXPECT_EQ(ended.status, 4) << ended.err;
  EXPECT_GE(ended.seconds, 0.5);
  EXPECT_LT(ended.seconds, 10);
  const Json account = service->stop();
  EXPECT_GT(number(account, "/faults/never"), 0u);
  expect_bounds(report_, account);
  EXPECT_EQ(number(report_, "/reasons/ambiguous.deadline"), number(report_, "/outcomes/ambiguous"));
}

class FlowControl : public EndToEnd {};

// 503 above a rate is told to wait, not counted, and nothing of it is in doubt.
TEST_F(FlowControl, AServiceThatTakesLessIsGivenLess) {
  const auto service = pushsim({"--qps", "8000"});
  const Audience audience = write_audience("tokens.txt", {.tokens = 20000});
  const Ended ended = run("sale", audience);
  EXPECT_EQ(ended.status, 0) << ended.err;
  const Json account = service->stop();
  expect_bounds(report_, account);
  EXPECT_EQ(number(report_, "/outcomes/accepted"), audience.tokens);
  EXPECT_GT(number(report_, "/rate_limited"), 0u);
  EXPECT_EQ(number(report_, "/rate_limited"), number(account, "/requests/by_status/503"));
}

}  // namespace
}  // namespace herald::e2e
