// What is left of a campaign when its days are older than the retention.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/store/rocks_store.h"
#include "herald/inspect.h"
#include "tests/store/support.h"

namespace herald::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Ignore final : public OutcomeSink {
 public:
  void on_outcomes(std::span<const OutcomeRecord>) noexcept override {}
};

class Retention : public TemporaryDirectory {
 protected:
  Retention() {
    config_.data_dir = directory_ / "data";
    config_.ledger.min_free = 0;
  }
  // A finished campaign of ten records, one refused.
  void send(Store& store, CampaignNumber number, base::Day day) {
    CampaignRecord record;
    record.number = number;
    record.id = "c" + std::to_string(number);
    record.created_day = day;
    record.state = CampaignState::finished;
    record.elapsed_ms = 1500;
    record.requests = {1, 0, 0};
    ASSERT_TRUE(store.put_campaign(record));
    std::vector<ReservedToken> tokens;
    for (std::uint32_t i = 0; i < 9; ++i) tokens.push_back({i + 1, i});
    const std::vector<DroppedRecord> drops{{9, Outcome::malformed, Reason::empty}};
    const std::vector<Exception> exceptions{{2, Outcome::invalid, Reason::noRight, true}};
    GroupWriter group;
    group.reservation({.campaign = number, .batch = number, .days = {day, false}, .records = 10},
                      tokens, drops);
    ASSERT_TRUE(commit(store, group.take(), day));
    group.settle({.batch = number,
                  .campaign = number,
                  .outcome = Outcome::accepted,
                  .tokens = 9,
                  .exceptions = exceptions},
                 day);
    ASSERT_TRUE(commit(store, group.take(), day));
  }
  std::string report(const char* campaign) {
    const auto found = read_report(config_, campaign);
    EXPECT_TRUE(found) << found.error().what;
    return found ? to_json(*found) : "";
  }

  Config config_;
};

// Retention of 24 hours, and campaigns of long ago: reading opens the store, and drops their days.
TEST_F(Retention, ReportStillWorksAndOutcomesSayWhyTheyCannot) {
  const base::Day today = base::calendar_of(config_.ledger).day(base::SystemClock{}.wall());
  {
    const StandingClock then{today - 90};
    const auto store = open_rocks_store(config_.data_dir, config_.ledger, then);
    ASSERT_TRUE(store) << store.error().what;
    for (CampaignNumber number = 1; number <= 3; ++number) {
      send(**store, number, today - 100 + static_cast<base::Day>(number));
    }
  }
  config_.ledger.retention = std::chrono::hours{24 * 200};
  const std::string before = report("c1");
  EXPECT_THAT(before, AllOf(HasSubstr("\"records\":10"), HasSubstr("\"accepted\":8"),
                            HasSubstr("\"invalid.noRight\":1")));
  Ignore ignore;
  config_.ledger.retention = std::chrono::hours{24};
  EXPECT_EQ(report("c1"), before);
  EXPECT_EQ(report("c1"), before);  // from the totals alone
  const auto outcomes = read_outcomes(config_, "c1", false, ignore);
  ASSERT_FALSE(outcomes);
  EXPECT_EQ(outcomes.error().code, Errc::not_found);
  EXPECT_THAT(outcomes.error().what,
              AllOf(HasSubstr("c1"), HasSubstr("ledger.retention"), HasSubstr("herald report c1")));
  EXPECT_NE(report("c3"), "");  // its day is the last there is: still here
  const auto all = read_campaigns(config_);
  ASSERT_TRUE(all) << all.error().what;
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[0].records, 10u);
  EXPECT_FALSE((*all)[0].forgotten);
}

}  // namespace
}  // namespace herald::store
