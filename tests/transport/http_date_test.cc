// The Date of an answer: read from IMF-fixdate alone, and delivered from both protocols.
#include "engine/transport/http_date.h"

#include <gtest/gtest.h>

#include "tests/support/service_connection.h"
#include "tests/transport/http1_fixture.h"

namespace herald::transport {
namespace {

base::WallTime at(std::int64_t seconds_since_1970) {
  return base::WallTime{seconds{seconds_since_1970}};
}

TEST(HttpDate, ReadsTheExampleOfTheRfc) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), at(784111777));
}

TEST(HttpDate, ReadsEveryDayOfFourYears) {
  constexpr const char* kDays[]{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[]{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (std::int64_t time = 1767225600; time < 1767225600 + 4 * 365 * 86400; time += 86400 - 61) {
    const std::time_t seconds = time;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[parts.tm_wday],
                  parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour,
                  parts.tm_min, parts.tm_sec);
    ASSERT_EQ(parse_http_date(text), at(time)) << text;
  }
}

TEST(HttpDate, BelievesNothingElse) {
  for (const char* text : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                           "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT ",
                           "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 24:49:37 GMT",
                           "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:3a GMT", "Sun, -6 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 GMT\n", "Sun; 06 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

class DateHeard : public testing::TestWithParam<Protocol>, public Connection::Owner {
 protected:
  DateHeard() { service_.settings.protocol = GetParam(); }
  void ask(Method method) {
    if (connection_ == nullptr) {
      connection_ = std::make_unique<Connection>(*this, service_, executor_, executor_, Timing{});
      executor_.run_for(milliseconds{20});
    }
    begun_ = executor_.boot();
    const bool get = method == Method::get;
    connection_->submit({.method = method,
                         .path = get ? "/" : "/v3/1/messages:send",
                         .authority = "push.example",
                         .authorization = "Bearer x",
                         .push_type = "0",
                         .body = {get ? "" : R"({"target":{"token":["t"]}})", "", ""}},
                        nullptr);
    connection_->flush();
    executor_.run_for(seconds{2});
  }
  void on_ended(Connection&, void*, const Ended& ended) override { heard_.push_back(ended); }
  void on_capacity(Connection&) override {}
  void on_closed(Connection&, const Error&, bool) override {}

  test::VirtualExecutor executor_;
  test::ServiceModel service_{executor_};
  std::vector<Ended> heard_;
  base::BootTime begun_{};
  std::unique_ptr<Connection> connection_;
};

TEST_P(DateHeard, WithTheAnswerByTheServicesClock) {
  service_.clock_ahead = milliseconds{-3500};
  const base::WallTime began = executor_.wall();
  ask(Method::post);
  ASSERT_EQ(heard_.size(), 1u);
  ASSERT_TRUE(heard_[0].date);
  EXPECT_EQ(heard_[0].begun, begun_);
  const auto behind = began - *heard_[0].date;
  EXPECT_GT(behind, milliseconds{3400});
  EXPECT_LT(behind, milliseconds{4600}) << "to the second";
}

TEST_P(DateHeard, OfOneAnswerIsNotThatOfTheNext) {
  ask(Method::post);
  service_.sends_dates = false;
  ask(Method::post);
  ASSERT_EQ(heard_.size(), 2u);
  EXPECT_TRUE(heard_[0].date);
  EXPECT_FALSE(heard_[1].date);
}

// The double fails the test when a GET carries credentials or asks for another path.
TEST_P(DateHeard, AProbeHasAnAnswerAndIsNoRequest) {
  ask(Method::get);
  ask(Method::post);
  ask(Method::get);
  ASSERT_EQ(heard_.size(), 3u);
  for (const Ended& each : heard_) EXPECT_EQ(each.how, End::answered);
  EXPECT_EQ(heard_[0].status, 404);
  EXPECT_TRUE(heard_[0].date);
  EXPECT_TRUE(heard_[2].date);
  EXPECT_EQ(service_.probes(), 2u);
  EXPECT_EQ(service_.requests(), 1u);
  EXPECT_EQ(service_.connections(), 1u);
}

TEST_P(DateHeard, AProbeThatIsNotAnsweredEndsInTime) {
  service_.on_probe = test::answers_late(seconds{100});
  ask(Method::get);
  EXPECT_TRUE(heard_.empty());
  executor_.run_for(seconds{29});
  ASSERT_EQ(heard_.size(), 1u);
  EXPECT_EQ(heard_[0].how, End::deadline);
}

INSTANTIATE_TEST_SUITE_P(Over, DateHeard, testing::Values(Protocol::http1, Protocol::http2),
                         [](const auto& protocol) {
                           return protocol.param == Protocol::http1 ? "Http1" : "Http2";
                         });

}  // namespace
}  // namespace herald::transport
