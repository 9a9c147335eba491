#include "tools/herald/report_table.h"

#include <gmock/gmock.h>

namespace herald::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::uint64_t& count(Report& report, Outcome outcome) {
  return report.outcomes[static_cast<std::size_t>(outcome)];
}

Report sale() {
  Report report;
  report.campaign = "sale";
  report.state = CampaignState::finished;
  report.records = 1'000'000;
  count(report, Outcome::accepted) = 998'000;
  count(report, Outcome::invalid) = 1'500;
  count(report, Outcome::over_quota) = 500;
  report.reasons = {{"invalid.noRight", 500},
                    {"invalid.tokenFormatError", 1'000},
                    {"over_quota.marketing", 500},
                    {"over_quota.total", 0}};
  report.requests = {1'003, 3, 2};
  report.body_bytes = 512;
  report.seconds = 166.66;
  report.devices_per_second = 5'988;
  return report;
}

TEST(ReportTable, ShowsWhatHappenedWithReasonsUnderTheirOutcome) {
  EXPECT_EQ(report_table(sale()),
            "campaign    sale\n"
            "state       finished\n"
            "records     1,000,000\n"
            "accepted                                    998,000    99.80 %\n"
            "invalid                                       1,500     0.15 %\n"
            "  noRight                                       500     0.05 %\n"
            "  tokenFormatError                            1,000     0.10 %\n"
            "over_quota                                      500     0.05 %\n"
            "  marketing                                     500     0.05 %\n"
            "requests    1,003 sent, 3 of them again; 2 without acceptance\n"
            "body        512 bytes without tokens\n"
            "rate        5,988 devices/s\n"
            "time        166.7 s\n");
}

TEST(ReportTable, LongReasonsKeepTheirColumn) {
  Report report = sale();
  report.reasons["invalid.noRightToSendThisLiveNotificationEvent"] = 7;
  EXPECT_THAT(report_table(report),
              HasSubstr("\n  noRightToSendThisLiveNotificationEvent          7     0.00 %\n"));
}

TEST(ReportTable, NothingAtAllIsStillAReport) {
  Report report;
  report.campaign = "empty";
  report.state = CampaignState::finished;
  EXPECT_THAT(report_table(report), HasSubstr("accepted"));
  EXPECT_THAT(report_table(report), HasSubstr("     0.00 %"));
  EXPECT_THAT(report_table(report), Not(HasSubstr("pending")));
}

TEST(ReportTable, PausedSaysWhyOnOneLine) {
  Report report = sale();
  report.state = CampaignState::paused;
  report.pause_reason = "403\nforbidden";
  report.pending = 20;
  report.rate_limited = 12;
  EXPECT_THAT(report_table(report), HasSubstr("state       paused: 403\\x0aforbidden\n"));
  EXPECT_THAT(report_table(report), testing::ContainsRegex("pending +20 "));
  EXPECT_THAT(report_table(report), HasSubstr("; 12 told to slow down"));
}

TEST(ReportTable, SaysWhenAPowerCutCouldForget) {
  Report report = sale();
  EXPECT_THAT(report_table(report), Not(HasSubstr("durability")));
  report.synced = false;
  EXPECT_THAT(report_table(report), HasSubstr("durability  process"));
}

}  // namespace
}  // namespace herald::cli
