// The report's JSON is a contract; and a report that does not add up is an error.
#include "herald/report.h"

#include <gmock/gmock.h>

namespace herald {
namespace {

Report sale() {
  Report report;
  report.campaign = "sale";
  report.state = CampaignState::finished;
  report.records = 10;
  report.outcomes = {1, 2, 0, 3, 0, 0, 0, 0, 0, 1};
  report.pending = 3;
  report.reasons = {{"invalid.tokenFormatError", 2}, {"over_quota.marketing", 3}};
  report.requests = {5, 1, 2};
  report.body_bytes = 512;
  report.seconds = 1.5;
  report.devices_per_second = 6;
  report.rate_limited = 4;
  return report;
}

TEST(Report, JsonHasEveryOutcomeAndEveryTotal) {
  EXPECT_EQ(to_json(sale()),
            R"({"campaign":"sale","state":"finished","records":10,"outcomes":{"accepted":1,)"
            R"("invalid":2,"suppressed":0,"over_quota":3,"duplicate":0,"malformed":0,)"
            R"("rejected":0,"expired":0,"cancelled":0,"ambiguous":1},"pending":3,)"
            R"("reasons":{"invalid.tokenFormatError":2,"over_quota.marketing":3},)"
            R"("requests":{"sent":5,"retried":1,"failed":2},"body_bytes":512,"seconds":1.500,)"
            R"("devices_per_second":6,"rate_limited":4,"durability":"sync"})");
}

TEST(Report, JsonSaysWhatAPowerCutCouldForgetAndWhyItIsPaused) {
  Report report = sale();
  report.synced = false;
  report.state = CampaignState::paused;
  report.pause_reason = "the service said \"403\"\n";
  EXPECT_THAT(to_json(report), testing::HasSubstr(R"("state":"paused")"));
  EXPECT_THAT(to_json(report),
              testing::EndsWith(R"("durability":"process",)"
                                R"("pause_reason":"the service said \"403\"\n"})"));
}

TEST(Report, TotalsMustAddUp) {
  EXPECT_TRUE(check_totals(sale()));
  Report report = sale();
  ++report.records;
  const auto checked = check_totals(report);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Errc::totals_do_not_add_up);
  EXPECT_THAT(checked.error().what,
              testing::AllOf(testing::HasSubstr("sale"), testing::HasSubstr("11 records"),
                             testing::HasSubstr("7 have an outcome")));
}

}  // namespace
}  // namespace herald
