#include "tools/herald/status_text.h"

#include <gmock/gmock.h>

namespace herald::cli {
namespace {

constexpr std::chrono::minutes kOffset{8 * 60};

CampaignSummary summary() {
  CampaignSummary campaign;
  campaign.id = "sale-1";
  campaign.app = "demo";
  campaign.created = std::chrono::system_clock::time_point{std::chrono::seconds{1764000000}};
  campaign.state = CampaignState::paused;
  campaign.records = 1'234'567;
  campaign.accepted = 1'000'000;
  campaign.pending = 34'567;
  campaign.pause_reason = "the service\nrefuses";
  return campaign;
}

TEST(StatusText, AListIsATable) {
  CampaignSummary old = summary();
  old.id = "a-campaign-of-long-ago";
  old.state = CampaignState::finished;
  old.forgotten = true;
  EXPECT_EQ(status_table({status_of(old), status_of(summary())}, kOffset),
            "campaign                app   state              records       accepted        "
            "pending  created\n"
            "a-campaign-of-long-ago  demo  finished                 -              -              "
            "-  2025-11-25 00:00:00\n"
            "sale-1                  demo  paused           1,234,567      1,000,000         "
            "34,567  2025-11-25 00:00:00\n");
  EXPECT_EQ(status_json(std::vector{status_of(old)}),
            R"([{"campaign":"a-campaign-of-long-ago","app":"demo","state":"finished",)"
            R"("created_ms":1764000000000,"pause_reason":"the service\nrefuses"}])");
  EXPECT_EQ(status_json(std::vector<CampaignStatus>{}), "[]");
}

TEST(StatusText, OneThatHasStoppedSaysWhy) {
  Report report;
  report.seconds = 130;
  report.devices_per_second = 7692;
  const CampaignStatus status = status_of(summary(), report);
  EXPECT_EQ(status_text(status, kOffset),
            "campaign    sale-1\n"
            "app         demo\n"
            "state       paused: the service\\x0arefuses\n"
            "created     2025-11-25 00:00:00\n"
            "records     1,234,567\n"
            "settled     1,200,000\n"
            "accepted    1,000,000\n"
            "pending     34,567\n"
            "rate        7,692 devices/s\n"
            "time        2m10s\n");
  EXPECT_EQ(status_json(status),
            R"({"campaign":"sale-1","app":"demo","state":"paused","created_ms":1764000000000,)"
            R"("records":1234567,"settled":1200000,"accepted":1000000,"pending":34567,)"
            R"("pause_reason":"the service\nrefuses","seconds":130.000,)"
            R"("devices_per_second":7692})");
}

TEST(StatusText, OneThatRunsSaysHowFarItIsAndWhatIsInItsWay) {
  CampaignProgress campaign;
  campaign.id = "sale-1";
  campaign.app = "demo";
  campaign.created = summary().created;
  campaign.progress = {CampaignState::running, 1000, 500, 400, 600, 1000, 2.0, "no route to host"};
  const CampaignStatus status = status_of(campaign);
  const std::string text = status_text(status, kOffset);
  EXPECT_THAT(text, testing::HasSubstr("state       running\n"));
  EXPECT_THAT(text, testing::HasSubstr("settled     500, 30% of the audience\n"));
  EXPECT_THAT(text, testing::HasSubstr("pending     500\n"));
  EXPECT_THAT(text, testing::HasSubstr("rate        200 devices/s\n"));
  EXPECT_THAT(text, testing::EndsWith("trouble     no route to host\n"));
  EXPECT_THAT(status_json(status),
              testing::EndsWith(R"("devices_per_second":200,"bytes_read":600,"bytes_total":1000,)"
                                R"("trouble":"no route to host"})"));
}

}  // namespace
}  // namespace herald::cli
