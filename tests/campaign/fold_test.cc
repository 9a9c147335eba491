#include "engine/campaign/fold.h"

#include <gmock/gmock.h>

#include "tests/campaign/support.h"

namespace herald::campaign {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class FoldTest : public testing::Test {
 protected:
  Report fold(bool abandoned = false) {
    auto report = fold_campaign(store_, record_, abandoned);
    EXPECT_TRUE(report) << report.error().what;
    return report ? *report : Report{};
  }

  MemoryStore store_;
  store::CampaignRecord record_ = record_of(CampaignState::running);
};

TEST_F(FoldTest, NothingIsNothing) {
  const Report report = fold();
  EXPECT_EQ(report.campaign, "sale");
  EXPECT_EQ(report.records, 0u);
  EXPECT_EQ(report.pending, 0u);
  EXPECT_THAT(report.reasons, IsEmpty());
}

TEST_F(FoldTest, TakesFromTheRecordWhatGroupsDoNotHold) {
  record_.state = CampaignState::finished;
  record_.requests = {10, 2, 1};
  record_.rate_limited = 4;
  record_.body_bytes = 512;
  record_.elapsed_ms = 2500;
  record_.synced = false;
  reserve(store_, {.batch = 1, .tokens = 10});
  settle(store_, {.batch = 1, .outcome = Outcome::accepted, .tokens = 10});
  const Report report = fold();
  EXPECT_EQ(report.state, CampaignState::finished);
  EXPECT_EQ(report.requests.sent, 10u);
  EXPECT_EQ(report.requests.retried, 2u);
  EXPECT_EQ(report.requests.failed, 1u);
  EXPECT_EQ(report.rate_limited, 4u);
  EXPECT_EQ(report.body_bytes, 512u);
  EXPECT_DOUBLE_EQ(report.seconds, 2.5);
  EXPECT_EQ(report.devices_per_second, 4u);
  EXPECT_FALSE(report.synced);
}

// All its records were given back, it went on, and its process died before any was reserved again:
// that is nothing so far, and no campaign whose days were dropped. Found by the simulation.
TEST_F(FoldTest, ResumedWithNothingReservedYetIsNotTakenForOneThatIsForgotten) {
  record_.requests = {1, 0, 1};
  reserve(store_, {.batch = 1, .tokens = 10});
  settle(store_, {.batch = 1, .how = store::Settled::returned, .released = true, .tokens = 10});
  store::GroupWriter group;
  group.resumed(kCampaign, kToday);
  store_.add(group);
  const Report report = fold();
  EXPECT_EQ(report.records, 0u);
  EXPECT_EQ(report.pending, 0u);
  EXPECT_EQ(report.requests.sent, 1u);
}

TEST_F(FoldTest, SentWithNoGroupLeftIsForgotten) {
  record_.requests = {1, 0, 1};
  const auto report = fold_campaign(store_, record_, false);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().what, HasSubstr("older than ledger.retention"));
}

TEST_F(FoldTest, ReservedAndUnansweredIsPending) {
  reserve(store_, {.batch = 1, .tokens = 7, .drops = {{Outcome::duplicate, Reason::none}}});
  const Report report = fold();
  EXPECT_EQ(report.records, 8u);
  EXPECT_EQ(report.pending, 7u);
  EXPECT_EQ(report.count(Outcome::duplicate), 1u);
}

TEST_F(FoldTest, AnswersGiveOutcomesAndExceptionsTheirOwn) {
  reserve(store_, {.batch = 1, .tokens = 7});
  const std::vector<store::Exception> exceptions{
      {0, Outcome::invalid, Reason::tokenFormatError, true},
      {3, Outcome::invalid, Reason::other, true},
      {6, Outcome::invalid, Reason::tokenFormatError, true}};
  settle(store_, {.batch = 1,
                  .outcome = Outcome::accepted,
                  .tokens = 7,
                  .reason_text = "newReason",
                  .exceptions = exceptions});
  const Report report = fold();
  EXPECT_EQ(report.pending, 0u);
  EXPECT_EQ(report.count(Outcome::accepted), 4u);
  EXPECT_EQ(report.count(Outcome::invalid), 3u);
  EXPECT_THAT(report.reasons,
              ElementsAre(Pair("invalid.newReason", 1), Pair("invalid.tokenFormatError", 2)));
}

TEST_F(FoldTest, DropsWithoutABatchCount) {
  reserve(store_, {.batch = 0,
                   .drops = {{Outcome::malformed, Reason::empty},
                             {Outcome::over_quota, Reason::marketing},
                             {Outcome::over_quota, Reason::marketing}}});
  const Report report = fold();
  EXPECT_EQ(report.records, 3u);
  EXPECT_EQ(report.pending, 0u);
  EXPECT_THAT(report.reasons,
              ElementsAre(Pair("malformed.empty", 1), Pair("over_quota.marketing", 2)));
}

TEST_F(FoldTest, GivenBackIsPendingUntilItIsReservedAgain) {
  for (const store::Settled how : {store::Settled::returned, store::Settled::voided}) {
    store_ = {};
    reserve(store_, {.batch = 1, .tokens = 10, .drops = {{Outcome::duplicate, Reason::none}}});
    settle(store_, {.batch = 1, .how = how, .released = true, .tokens = 10});
    Report report = fold();
    EXPECT_EQ(report.records, 11u);
    EXPECT_EQ(report.pending, 10u);

    // Three of the ten found their quota spent meanwhile; the duplicate was told before.
    reserve(store_, {.batch = 2,
                     .tokens = 7,
                     .drops = {{Outcome::over_quota, Reason::total},
                               {Outcome::over_quota, Reason::total},
                               {Outcome::over_quota, Reason::total}},
                     .again = true});
    report = fold();
    EXPECT_EQ(report.records, 11u);
    EXPECT_EQ(report.pending, 7u);

    settle(store_, {.batch = 2, .outcome = Outcome::accepted, .tokens = 7});
    report = fold();
    EXPECT_EQ(report.records, 11u);
    EXPECT_EQ(report.pending, 0u);
    EXPECT_EQ(report.count(Outcome::accepted), 7u);
    EXPECT_EQ(report.count(Outcome::over_quota), 3u);
    EXPECT_EQ(report.count(Outcome::duplicate), 1u);
  }
}

TEST_F(FoldTest, AbandonedIsAmbiguousAndPaused) {
  reserve(store_, {.batch = 1, .tokens = 10});
  reserve(store_, {.batch = 2, .first = 10, .tokens = 5});
  reserve(store_, {.batch = 3, .first = 15, .tokens = 2});
  settle(store_, {.batch = 2, .outcome = Outcome::accepted, .tokens = 5});
  settle(store_, {.batch = 3, .how = store::Settled::voided, .released = true, .tokens = 2});
  const Report report = fold(true);
  EXPECT_EQ(report.state, CampaignState::paused);
  EXPECT_EQ(report.count(Outcome::ambiguous), 10u);
  EXPECT_EQ(report.count(Outcome::accepted), 5u);
  EXPECT_EQ(report.pending, 2u);  // proven unsent is not in doubt
  EXPECT_THAT(report.reasons, ElementsAre(Pair("ambiguous.process_died", 10)));

  record_.state = CampaignState::input_error;
  EXPECT_EQ(fold(true).state, CampaignState::input_error);
}

// I10: an outcome, once durable, never changes.
TEST_F(FoldTest, TheFirstSettleOfABatchCounts) {
  reserve(store_, {.batch = 1, .tokens = 10});
  settle(store_, {.batch = 1, .outcome = Outcome::accepted, .tokens = 10});
  settle(store_, {.batch = 1, .outcome = Outcome::ambiguous, .tokens = 10});
  settle(store_, {.batch = 77, .outcome = Outcome::accepted, .tokens = 10});
  const Report report = fold();
  EXPECT_EQ(report.count(Outcome::accepted), 10u);
  EXPECT_EQ(report.count(Outcome::ambiguous), 0u);
}

TEST_F(FoldTest, OtherCampaignsDoNotCount) {
  reserve(store_, {.batch = 1, .tokens = 10});
  reserve(store_, {.batch = 2, .tokens = 99, .campaign = 2});
  settle(store_, {.batch = 2, .campaign = 2, .outcome = Outcome::accepted, .tokens = 99});
  const Report report = fold();
  EXPECT_EQ(report.records, 10u);
  EXPECT_EQ(report.count(Outcome::accepted), 0u);
}

TEST_F(FoldTest, ManyKindsInOneGroupAddUp) {
  store::GroupWriter group;
  for (store::BatchId batch = 1; batch <= 20; ++batch) {
    put(group,
        {.batch = batch,
         .first = (batch - 1) * 12,
         .tokens = 10,
         .drops = {{Outcome::duplicate, Reason::none}, {Outcome::malformed, Reason::empty}}});
  }
  store_.add(group);
  for (store::BatchId batch = 1; batch <= 20; ++batch) {
    const bool back = batch % 5 == 0;
    group.settle({.batch = batch,
                  .campaign = kCampaign,
                  .how = back ? store::Settled::returned : store::Settled::answered,
                  .outcome = static_cast<Outcome>(batch % kOutcomes),
                  .released = back,
                  .tokens = 10},
                 kToday);
  }
  store_.add(group);
  const Report report = fold();
  EXPECT_TRUE(check_totals(report));
  EXPECT_EQ(report.records, 240u);
  EXPECT_EQ(report.pending, 40u);
}

TEST_F(FoldTest, TotalsThatDoNotAddUpAreAnError) {
  // The audience had more records than there are tokens and drops.
  reserve(store_, {.batch = 1, .tokens = 10});
  store::GroupWriter group;
  group.audience_end(kCampaign, 0, 11, kToday);
  store_.add(group);
  const auto report = fold_campaign(store_, record_, false);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::totals_do_not_add_up);
  EXPECT_THAT(report.error().what, HasSubstr("sale"));
}

TEST_F(FoldTest, AGroupThatIsNoneIsDamage) {
  store_.groups.emplace_back(kToday, "\x7f");
  const auto report = fold_campaign(store_, record_, false);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::damaged_store);
}

// Found at a merge: the fold of several campaigns passed over what a resume means.
TEST_F(FoldTest, AResumeCountsAlikeAmongSeveralCampaigns) {
  reserve(store_, {.batch = 1, .tokens = 4});
  settle(store_, {.batch = 1, .how = store::Settled::returned, .released = true, .tokens = 4});
  store::GroupWriter group;
  group.resumed(kCampaign, kToday);
  store_.add(group);
  CampaignFold alone{kCampaign};
  for (const auto& [day, bytes] : store_.groups) ASSERT_TRUE(store::read_group(bytes, alone));
  EXPECT_EQ(alone.report(record_, true).records, 0u);
  EXPECT_EQ(to_json(fold(true)), to_json(alone.report(record_, true)));
}

// The same report before and after the days of its groups are dropped (I14).
TEST_F(FoldTest, TotalsOutliveTheGroups) {
  record_.state = CampaignState::finished;
  record_.elapsed_ms = 1000;
  reserve(store_, {.batch = 1, .tokens = 10, .drops = {{Outcome::duplicate, Reason::none}}});
  reserve(store_, {.batch = 2, .first = 11, .tokens = 5});
  const std::vector<store::Exception> exceptions{{1, Outcome::invalid, Reason::other, true}};
  settle(store_, {.batch = 1,
                  .outcome = Outcome::accepted,
                  .tokens = 10,
                  .reason_text = "newReason",
                  .exceptions = exceptions});
  settle(
      store_,
      {.batch = 2, .outcome = Outcome::rejected, .reason = Reason::payload_refused, .tokens = 5});
  const std::string before = to_json(fold());
  std::vector<store::CampaignRecord> records{record_};
  ASSERT_TRUE(sum_up(store_, records));
  record_ = records.front();
  ASSERT_TRUE(record_.totals);
  EXPECT_EQ(to_json(fold()), before);  // its groups are still there
  store_.groups.erase(store_.groups.begin());
  EXPECT_EQ(to_json(fold()), before);  // some
  store_.groups.clear();
  EXPECT_EQ(to_json(fold()), before);
}

TEST_F(FoldTest, SeveralCampaignsAreSummedUpInOneReading) {
  std::vector<store::CampaignRecord> records{record_, record_};
  records[1].number = 2;
  reserve(store_, {.batch = 1, .tokens = 3});
  settle(store_, {.batch = 1, .outcome = Outcome::accepted, .tokens = 3});
  reserve(store_, {.batch = 2, .tokens = 4, .campaign = 2});
  settle(store_, {.batch = 2, .campaign = 2, .outcome = Outcome::rejected, .tokens = 4});
  ASSERT_TRUE(sum_up(store_, records));
  EXPECT_EQ(records[0].totals->outcomes[0], 3u);
  EXPECT_EQ(records[0].totals->records, 3u);
  EXPECT_EQ(records[1].totals->outcomes[static_cast<std::size_t>(Outcome::rejected)], 4u);
}

}  // namespace
}  // namespace herald::campaign
