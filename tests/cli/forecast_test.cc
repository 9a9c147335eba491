#include "tools/herald/forecast.h"

#include <gmock/gmock.h>

namespace herald::cli {
namespace {

using testing::HasSubstr;

class ForecastOf : public testing::Test {
 protected:
  ForecastOf() {
    app_.name = "demo";
    app_.entitlements = {"EXPRESS"};
    job_.id = "sale";
    job_.app = "demo";
    category("MARKETING");
  }
  void category(const std::string& value) {
    job_.payload = R"({"notification":{"category":")" + value + R"("}})";
  }
  Forecast make(std::uint64_t records) const {
    return forecast(config_, app_, job_, 512, {records, {}});
  }

  Config config_;
  AppConfig app_;
  Job job_;
};

TEST_F(ForecastOf, MillionDevicesAtTheAppsRate) {
  const Forecast result = make(1'000'001);
  EXPECT_EQ(result.requests, 1001u);
  EXPECT_EQ(result.rate, 6000u);
  EXPECT_NEAR(result.minutes, 2.78, 0.01);
  EXPECT_EQ(make(1000).requests, 1u);
  EXPECT_EQ(make(0).requests, 0u);
}

TEST_F(ForecastOf, JobMayGoSlowerButNotFasterThanTheApp) {
  job_.policy.rate = 3000;
  EXPECT_EQ(make(1).rate, 3000u);
  job_.policy.rate = 9000;
  EXPECT_EQ(make(1).rate, 6000u);
}

TEST_F(ForecastOf, MarketingHasItsLimit) {
  app_.marketing_per_day = 5;
  const Forecast result = make(1);
  EXPECT_TRUE(result.marketing);
  EXPECT_EQ(result.effective, "MARKETING");
  EXPECT_EQ(result.per_device_and_day, 5u);
}

TEST_F(ForecastOf, CategoryWithoutEntitlementIsMarketing) {
  category("IM");
  const Forecast result = make(1);
  EXPECT_TRUE(result.marketing);
  EXPECT_EQ(result.category, "IM");
  EXPECT_EQ(result.effective, "MARKETING");
  EXPECT_EQ(result.per_device_and_day, 2u);
  EXPECT_THAT(forecast_table(result), HasSubstr("IM, counted as MARKETING"));
}

TEST_F(ForecastOf, EntitledCategoryHasOnlyTheDailyTotal) {
  category("EXPRESS");
  const Forecast result = make(1);
  EXPECT_FALSE(result.marketing);
  EXPECT_EQ(result.effective, "EXPRESS");
  EXPECT_FALSE(result.per_device_and_day);
  EXPECT_THAT(forecast_table(result), HasSubstr("all messages of the app: 3000 a device and day"));
}

TEST_F(ForecastOf, BadgeOnlyMessageIsNoMarketing) {
  job_.payload = R"({"notification":{"badge":{"setNum":0}}})";
  EXPECT_FALSE(make(1).marketing);
  EXPECT_FALSE(make(1).per_device_and_day);
}

TEST_F(ForecastOf, FormsGoOneByOne) {
  job_.push_type = 1;
  job_.payload = R"({"formId":1})";
  EXPECT_EQ(make(25).requests, 25u);
  EXPECT_EQ(make(25).per_device_and_day, 2u);
  EXPECT_FALSE(make(25).marketing);
}

TEST_F(ForecastOf, MessagesThatDifferMayNeedARequestEach) {
  job_.varies = true;
  EXPECT_EQ(make(25).requests, 25u);
  EXPECT_THAT(forecast_table(make(25)), HasSubstr("before records put in what is theirs"));
}

TEST_F(ForecastOf, LiveViewsHaveWindowsByEvent) {
  job_.push_type = 7;
  job_.payload = R"({"event":"FLIGHT"})";
  EXPECT_THAT(forecast_table(make(1)), HasSubstr("10 in 5 minutes, 60 in an hour"));
  job_.payload = R"({"event":"TAXI"})";
  EXPECT_THAT(forecast_table(make(1)), HasSubstr("30 in 5 minutes, 180 in an hour"));
}

TEST_F(ForecastOf, SmallerRequestsAreMore) {
  job_.policy.tokens_per_request = 10;
  EXPECT_EQ(make(25).requests, 3u);
}

TEST_F(ForecastOf, TestMessagesGoByTenAndAreInNoDeviceQuota) {
  job_.push_options = R"({"testMessage":true})";
  const Forecast result = make(25);
  EXPECT_EQ(result.requests, 3u);
  EXPECT_FALSE(result.marketing);
  EXPECT_FALSE(result.per_device_and_day);
  EXPECT_THAT(forecast_table(result),
              HasSubstr("1000 a day for the whole project; all messages of the app: 3000"));
}

TEST_F(ForecastOf, TableShowsItAll) {
  job_.warnings = {"title equals body"};
  EXPECT_EQ(forecast_table(make(1'000'000)),
            "campaign  sale, app demo, push type 0\n"
            "body      512 of 4,096 bytes, tokens not counted\n"
            "records   1,000,000\n"
            "requests  at most 1,000\n"
            "time      2.8 minutes at 6,000 devices/s\n"
            "category  MARKETING\n"
            "quota     2 a device and day; all messages of the app: 3000 a device and day\n"
            "warning   title equals body\n");
}

TEST_F(ForecastOf, JsonShowsItAll) {
  job_.warnings = {"title equals body"};
  EXPECT_EQ(forecast_json(make(6000)),
            R"({"campaign":"sale","app":"demo","push_type":0,"body_bytes":512,)"
            R"("body_bytes_max":4096,"records":6000,"malformed":{},"requests":6,"rate":6000,)"
            R"("minutes":1.6666666666666666E-2,"category":"MARKETING",)"
            R"("effective_category":"MARKETING","counts_as_marketing":true,)"
            R"("per_device_and_day":2,"device_daily_cap":3000,"test_message":false,)"
            R"("varies":false,)"
            R"("warnings":["title equals body"]})");
}

TEST_F(ForecastOf, MalformedRecordsHaveReasonsAndPlaces) {
  const Forecast result = forecast(config_, app_, job_, 512,
                                   {20, {{Reason::not_json, 12, 1}, {Reason::no_token, 1, 7}}});
  EXPECT_THAT(forecast_table(result),
              HasSubstr("malformed 13 of 20: not_json 12 (first: record 1), no_token 1 "
                        "(first: record 7)\n"));
  EXPECT_THAT(forecast_json(result), HasSubstr(R"("malformed":{"not_json":{"count":12,"first":1},)"
                                               R"("no_token":{"count":1,"first":7}})"));
}

}  // namespace
}  // namespace herald::cli
