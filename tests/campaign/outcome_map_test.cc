#include "engine/campaign/outcome_map.h"

#include <gmock/gmock.h>

#include "engine/campaign/fold.h"
#include "tests/campaign/support.h"

namespace herald::campaign {
namespace {

class OutcomeMapTest : public testing::Test {
 protected:
  OutcomeMap read(bool abandoned = true) {
    return OutcomeMap::read(store_, record_, abandoned).value();
  }
  static std::string text(const OutcomeMap& map, std::uint64_t record) {
    const auto found = map.at(record);
    if (!found) return "pending";
    return std::string(to_string(found->outcome)) + "." + std::string(to_string(found->reason));
  }
  static std::string text(const OutcomeMap& map) {
    std::string all;
    for (std::uint64_t i = 0; i < map.records(); ++i) all += text(map, i) + ' ';
    return all;
  }

  MemoryStore store_;
  store::CampaignRecord record_ = record_of(CampaignState::running);
};

TEST_F(OutcomeMapTest, EveryRecordHasItsOwn) {
  reserve(store_,
          {.batch = 1,
           .first = 0,
           .tokens = 3,
           .drops = {{Outcome::duplicate, Reason::none}, {Outcome::malformed, Reason::empty}}});
  const std::vector<store::Exception> exceptions{{1, Outcome::invalid, Reason::noRight, true}};
  settle(store_, {.batch = 1, .outcome = Outcome::accepted, .tokens = 3, .exceptions = exceptions});
  reserve(store_, {.batch = 0, .first = 5, .drops = {{Outcome::over_quota, Reason::marketing}}});
  EXPECT_EQ(text(read()),
            "accepted.none invalid.noRight accepted.none duplicate.none malformed.empty "
            "over_quota.marketing ");
}

// Tokens need not be neighbours: an exception's index is one of the batch, not of the records.
TEST_F(OutcomeMapTest, ExceptionsAreOfTheBatchNotOfTheRecords) {
  store::GroupWriter group;
  group.reservation(
      {.campaign = kCampaign, .batch = 1, .days = {kToday}, .first_record = 10, .records = 6},
      std::vector<store::ReservedToken>{{1, 1}, {2, 3}, {3, 5}},
      std::vector<store::DroppedRecord>{{0, Outcome::duplicate, Reason::none},
                                        {2, Outcome::duplicate, Reason::none},
                                        {4, Outcome::suppressed, Reason::inactive}});
  store_.add(group);
  const std::vector<store::Exception> exceptions{{1, Outcome::invalid, Reason::noRight, true}};
  settle(store_, {.batch = 1, .outcome = Outcome::accepted, .tokens = 3, .exceptions = exceptions});
  const OutcomeMap map = read();
  ASSERT_EQ(map.records(), 16u);
  EXPECT_EQ(text(map, 9), "pending");
  EXPECT_EQ(text(map, 11), "accepted.none");
  EXPECT_EQ(text(map, 13), "invalid.noRight");
  EXPECT_EQ(text(map, 14), "suppressed.inactive");
  EXPECT_EQ(text(map, 15), "accepted.none");
}

TEST_F(OutcomeMapTest, GivenBackIsPendingAndItsNextAttemptCounts) {
  reserve(store_, {.batch = 1, .tokens = 2, .drops = {{Outcome::duplicate, Reason::none}}});
  settle(store_, {.batch = 1, .how = store::Settled::returned, .released = true, .tokens = 2});
  EXPECT_EQ(text(read()), "pending pending duplicate.none ");
  reserve(
      store_,
      {.batch = 2, .tokens = 1, .drops = {{Outcome::over_quota, Reason::total}}, .again = true});
  settle(store_, {.batch = 2, .outcome = Outcome::accepted, .tokens = 1});
  EXPECT_EQ(text(read()), "accepted.none over_quota.total duplicate.none ");
}

TEST_F(OutcomeMapTest, UnansweredIsAmbiguous) {
  reserve(store_, {.batch = 1, .tokens = 2});
  EXPECT_EQ(text(read()), "ambiguous.process_died ambiguous.process_died ");
}

TEST_F(OutcomeMapTest, UnansweredIsPendingWhileAProcessHasTheCampaign) {
  reserve(store_, {.batch = 1, .tokens = 2});
  EXPECT_EQ(text(read(false)), "pending pending ");
}

// What was given back is cancelled; what was never reserved is not known to have been read.
TEST_F(OutcomeMapTest, CancelledIsWhatWasGivenBackAndNothingElse) {
  reserve(store_, {.batch = 1, .tokens = 2, .drops = {{Outcome::duplicate, Reason::none}}});
  settle(store_, {.batch = 1, .how = store::Settled::voided, .released = true, .tokens = 2});
  reserve(store_, {.batch = 2, .first = 5, .tokens = 1});
  settle(store_, {.batch = 2, .outcome = Outcome::accepted, .tokens = 1});
  reserve(store_, {.batch = 3, .first = 6, .tokens = 1});
  EXPECT_EQ(text(read(false)),
            "pending pending duplicate.none pending pending accepted.none pending ");
  record_.state = CampaignState::cancelled;
  EXPECT_EQ(text(read(false)),
            "cancelled.none cancelled.none duplicate.none pending pending accepted.none pending ");
  const Report report = fold_campaign(store_, record_, false).value();
  EXPECT_EQ(report.count(Outcome::cancelled), 2u);
  EXPECT_EQ(report.pending, 1u);
  EXPECT_EQ(report.records, 5u);
}

// Resumed, and cancelled before the records that had been given back were met again.
TEST_F(OutcomeMapTest, WhatAResumedCampaignDidNotReadAgainIsNotCancelled) {
  reserve(store_, {.batch = 1, .tokens = 3});
  settle(store_, {.batch = 1, .how = store::Settled::voided, .released = true, .tokens = 3});
  store::GroupWriter group;
  group.resumed(kCampaign, kToday);
  store_.add(group);
  reserve(store_, {.batch = 2, .tokens = 1});
  settle(store_, {.batch = 2, .how = store::Settled::voided, .released = true, .tokens = 1});
  record_.state = CampaignState::cancelled;
  EXPECT_EQ(text(read(false)), "cancelled.none pending pending ");
  const Report report = fold_campaign(store_, record_, false).value();
  EXPECT_EQ(report.count(Outcome::cancelled), 1u);
  EXPECT_EQ(report.records, 1u);
}

// A second attempt is pending while it is out, and when it was given back, what the first was.
TEST_F(OutcomeMapTest, ASecondAttemptThatWasGivenBackLeavesWhatTheFirstWas) {
  reserve(store_, {.batch = 1, .tokens = 1});
  settle(store_, {.batch = 1, .outcome = Outcome::ambiguous, .reason = Reason::reset, .tokens = 1});
  store::GroupWriter group;
  group.reservation(
      {.campaign = kCampaign, .batch = 2, .days = {kToday}, .records = 1, .resends = Reason::reset},
      std::vector<store::ReservedToken>{{fingerprint_of(0), 0}},
      std::vector<store::DroppedRecord>{});
  store_.add(group);
  EXPECT_EQ(text(read(false)), "pending ");
  EXPECT_EQ(text(read(true)), "ambiguous.process_died ");
  settle(store_, {.batch = 2, .how = store::Settled::voided, .released = true, .tokens = 1});
  EXPECT_EQ(text(read(false)), "ambiguous.reset ");
  record_.state = CampaignState::cancelled;
  EXPECT_EQ(text(read(false)), "ambiguous.reset ");
}

TEST_F(OutcomeMapTest, OtherCampaignsDoNotCount) {
  reserve(store_, {.batch = 1, .tokens = 1});
  reserve(store_, {.batch = 2, .first = 100, .tokens = 5, .campaign = 2});
  settle(store_, {.batch = 1, .campaign = 2, .outcome = Outcome::accepted, .tokens = 1});
  EXPECT_EQ(text(read()), "ambiguous.process_died ");
}

// I14: the same groups, counted twice over in two ways.
TEST_F(OutcomeMapTest, AgreesWithTheFold) {
  for (store::BatchId batch = 1; batch <= 30; ++batch) {
    reserve(store_, {.batch = batch,
                     .first = (batch - 1) * 9,
                     .tokens = 8,
                     .drops = {{static_cast<Outcome>(batch % kOutcomes), Reason::other}}});
    const std::vector<store::Exception> exceptions{{7, Outcome::invalid, Reason::noRight, true}};
    if (batch % 7 == 0) continue;  // in doubt
    settle(store_, {.batch = batch,
                    .how = batch % 6 == 0 ? store::Settled::voided : store::Settled::answered,
                    .outcome = batch % 2 == 0 ? Outcome::accepted : Outcome::ambiguous,
                    .tokens = 8,
                    .exceptions = exceptions});
  }
  const Report report = fold_campaign(store_, record_, true).value();
  const OutcomeMap map = read();
  ASSERT_EQ(map.records(), report.records);
  std::array<std::uint64_t, kOutcomes> outcomes{};
  std::uint64_t pending = 0;
  for (std::uint64_t i = 0; i < map.records(); ++i) {
    const auto found = map.at(i);
    if (found) {
      ++outcomes[static_cast<std::size_t>(found->outcome)];
    } else {
      ++pending;
    }
  }
  EXPECT_EQ(outcomes, report.outcomes);
  EXPECT_EQ(pending, report.pending);
}

}  // namespace
}  // namespace herald::campaign
