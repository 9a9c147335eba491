// A service that speaks no HTTP/2. What it does amiss is in faults_test.cc.
#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

class Http1EndToEnd : public EndToEnd {};

constexpr AudienceShape kMixed{
    .tokens = 50000, .duplicate_every = 50, .malformed_every = 400, .invalid_every = 333};

TEST_F(Http1EndToEnd, ReportEqualsTheServicesAccountAndTheGeneratorsCounts) {
  const auto service = pushsim({"--http1"});
  const Audience audience = write_audience("tokens.txt", kMixed);
  const Ended ended = run("sale", audience);
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  const Json account = service->stop();

  expect_bounds(report_, account);
  EXPECT_EQ(report_.at("state"), "finished");
  EXPECT_EQ(number(report_, "/outcomes/accepted"), audience.good());
  EXPECT_EQ(number(report_, "/outcomes/invalid"), audience.invalid);
  EXPECT_EQ(number(report_, "/outcomes/duplicate"), audience.duplicates);
  EXPECT_EQ(number(report_, "/outcomes/malformed"), audience.malformed);
  EXPECT_EQ(number(report_, "/pending"), 0u);
  EXPECT_EQ(number(report_, "/requests/sent"), (audience.tokens + 999) / 1000);
  EXPECT_EQ(number(account, "/by_campaign/sale/accepted"), audience.good());
  EXPECT_EQ(number(account, "/by_campaign/sale/invalid"), audience.invalid);
  EXPECT_EQ(number(account, "/requests/received"), (audience.tokens + 999) / 1000);
  EXPECT_EQ(number(account, "/devices"), audience.good());
  EXPECT_LE(number(account, "/connections/accepted"), 16u) << "they are kept";
}

// Answers that take their time are waited for on as many connections as are allowed.
TEST_F(Http1EndToEnd, OneRequestAConnectionTakesAsManyAsAreAllowed) {
  const auto service = pushsim({"--http1", "--latency", "50ms"});
  Settings settings;
  settings.port = service->port();
  settings.endpoint_more = "max_connections = 5\n";
  write_config(settings);
  const Audience audience = write_audience("tokens.txt", {.tokens = 50000});
  EXPECT_EQ(run("sale", audience).status, 0);
  const Json account = service->stop();
  expect_bounds(report_, account);
  EXPECT_EQ(number(report_, "/outcomes/accepted"), audience.tokens);
  EXPECT_EQ(number(account, "/connections/accepted"), 5u);
}

TEST_F(Http1EndToEnd, WithoutTheFallbackNothingIsSentAndTheWayOutIsNamed) {
  const auto service = pushsim({"--http1"});
  Settings settings;
  settings.port = service->port();
  settings.endpoint_more = "http1_fallback = false\n";
  write_config(settings);
  const Ended ended = run("sale", write_audience("tokens.txt", {.tokens = 3000}));
  expect_one_line(ended, 3, {"sale", "ALPN h2", "endpoint.http1_fallback = true"});
  EXPECT_LT(ended.seconds, 10);
  const Json account = service->stop();
  EXPECT_EQ(number(account, "/requests/received"), 0u);
  expect_bounds(report_, account);
  EXPECT_EQ(number(report_, "/pending"), number(report_, "/records"));
}

}  // namespace
}  // namespace herald::e2e
