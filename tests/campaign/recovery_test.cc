#include "engine/campaign/recovery.h"

#include <gmock/gmock.h>

#include "engine/campaign/fold.h"
#include "tests/campaign/support.h"

namespace herald::campaign {
namespace {

using testing::HasSubstr;

class RecoveryTest : public testing::Test {
 protected:
  RecoveryTest() { store_.records[kCampaign] = record_of(CampaignState::running); }

  std::vector<Unanswered> rebuild() {
    auto rebuilt = rebuild_ledger(store_, accounts_, calendar_, now_);
    EXPECT_TRUE(rebuilt) << rebuilt.error().what;
    if (!rebuilt) return {};
    days_ = rebuilt->days;
    return rebuilt->unanswered;
  }
  Result<void> settle_all(const std::vector<Unanswered>& unanswered) {
    return settle_unanswered(store_, unanswered, now_);
  }
  // How often the device of that record is charged on a day: marketing, then all.
  std::pair<std::uint32_t, std::uint32_t> charged(std::uint64_t record, base::Day day = kToday) {
    const auto device = ledger_.find(fingerprint_of(record));
    const base::Day at = day - device.base;
    if (at != 0 && at != 1) return {0, 0};
    const auto index = static_cast<std::size_t>(at);
    return {device.marketing[index], device.total[index]};
  }
  using Counts = std::pair<std::uint32_t, std::uint32_t>;

  MemoryStore store_;
  ledger::Accounts accounts_;
  dispatch::DaysAtStart days_;  // of the last rebuild()
  ledger::Ledger& ledger_ = accounts_.devices;
  base::Calendar calendar_;
  base::WallTime now_ = noon(kToday);
};

TEST_F(RecoveryTest, AnEmptyStoreChargesNobody) {
  EXPECT_TRUE(rebuild().empty());
  EXPECT_EQ(ledger_.devices(), 0u);
}

TEST_F(RecoveryTest, EveryReservationOfTheDayIsCharged) {
  reserve(store_, {.batch = 1, .first = 0, .tokens = 3});
  reserve(store_, {.batch = 2, .first = 1, .tokens = 3, .marketing = false});
  settle(store_, {.batch = 1, .outcome = Outcome::accepted, .tokens = 3});
  settle(store_, {.batch = 2, .outcome = Outcome::ambiguous, .tokens = 3});
  EXPECT_TRUE(rebuild().empty());
  EXPECT_EQ(charged(0), Counts(1, 1));
  EXPECT_EQ(charged(1), Counts(1, 2));
  EXPECT_EQ(charged(2), Counts(1, 2));
  EXPECT_EQ(charged(3), Counts(0, 1));
  EXPECT_EQ(charged(4), Counts(0, 0));
}

TEST_F(RecoveryTest, ReleasedWholeOrByException) {
  reserve(store_, {.batch = 1, .first = 0, .tokens = 3});
  settle(store_, {.batch = 1, .how = store::Settled::voided, .released = true, .tokens = 3});
  reserve(store_, {.batch = 2, .first = 10, .tokens = 3});
  const std::vector<store::Exception> refused{{1, Outcome::invalid, Reason::noRight, true}};
  settle(store_, {.batch = 2, .outcome = Outcome::accepted, .tokens = 3, .exceptions = refused});
  reserve(store_, {.batch = 3, .first = 20, .tokens = 3});
  const std::vector<store::Exception> kept{{2, Outcome::ambiguous, Reason::partly_listed, false}};
  settle(store_, {.batch = 3,
                  .outcome = Outcome::rejected,
                  .released = true,
                  .tokens = 3,
                  .exceptions = kept});
  EXPECT_TRUE(rebuild().empty());
  for (const std::uint64_t record : {0, 1, 2, 11, 20, 21}) EXPECT_EQ(charged(record), Counts(0, 0));
  for (const std::uint64_t record : {10, 12, 22}) EXPECT_EQ(charged(record), Counts(1, 1));
}

// I5: what is rebuilt is what was charged, no more and no less, over a random history.
TEST_F(RecoveryTest, IsWhatWasCharged) {
  ledger::Ledger live;
  std::uint64_t state = 1;
  const auto random = [&](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  ledger::Charge charge{
      .days = {kToday, false}, .marketing = true, .marketing_limit = 15, .total_limit = 4000};
  for (store::BatchId batch = 1; batch <= 300; ++batch) {
    const std::uint64_t first = random(50);
    const auto tokens = static_cast<std::uint32_t>(1 + random(20));
    charge.marketing = random(2) == 0;
    charge.days.both = random(4) == 0;
    std::vector<ledger::Fingerprint> fingerprints;
    for (std::uint32_t i = 0; i < tokens; ++i) fingerprints.push_back(fingerprint_of(first + i));
    std::vector<ledger::Verdict> verdicts(tokens);
    live.charge(fingerprints, charge, verdicts);
    if (std::any_of(verdicts.begin(), verdicts.end(),
                    [](auto verdict) { return verdict != ledger::Verdict::charged; })) {
      for (std::uint32_t i = 0; i < tokens; ++i) {  // what was charged of it goes back
        if (verdicts[i] == ledger::Verdict::charged) {
          live.release(std::span(fingerprints).subspan(i, 1), charge.days, charge.marketing);
        }
      }
      continue;
    }
    reserve(store_, {.batch = batch,
                     .first = first,
                     .tokens = tokens,
                     .days = charge.days,
                     .marketing = charge.marketing});
    const std::uint64_t end = random(4);
    if (end == 0) continue;
    const std::vector<store::Exception> one{{0, Outcome::invalid, Reason::noRight, end == 1}};
    settle(store_, {.batch = batch,
                    .outcome = Outcome::accepted,
                    .released = end == 3,
                    .tokens = tokens,
                    .exceptions = one});
    if (end == 1) live.release(std::span(fingerprints).first(1), charge.days, charge.marketing);
    if (end == 3) live.release(std::span(fingerprints).subspan(1), charge.days, charge.marketing);
  }
  rebuild();
  for (std::uint64_t record = 0; record < 80; ++record) {
    const auto was = live.find(fingerprint_of(record));
    for (const base::Day day : {kToday, kToday + 1}) {
      Counts expected{0, 0};
      if (const base::Day at = day - was.base; at == 0 || at == 1) {
        const auto index = static_cast<std::size_t>(at);
        expected = {was.marketing[index], was.total[index]};
      }
      EXPECT_EQ(charged(record, day), expected) << record << " on " << day;
    }
  }
}

TEST_F(RecoveryTest, DaysThatAreOverDoNotCharge) {
  reserve(store_, {.batch = 1, .tokens = 2, .days = {kToday - 1, false}});
  reserve(store_, {.batch = 2, .first = 10, .tokens = 2, .days = {kToday - 1, true}});
  settle(store_, {.batch = 1, .outcome = Outcome::accepted, .tokens = 2});
  settle(store_, {.batch = 2, .outcome = Outcome::accepted, .tokens = 2});
  rebuild();
  EXPECT_EQ(ledger_.find(fingerprint_of(0)), ledger::DeviceState{});
  EXPECT_EQ(charged(10), Counts(1, 1));  // it may have been counted today
}

// The service may be a little behind: until the guard has passed, its day is not over.
TEST_F(RecoveryTest, YesterdayStillCountsWithinTheGuard) {
  reserve(store_, {.batch = 1, .tokens = 1, .days = {kToday - 1, false}});
  settle(store_, {.batch = 1, .outcome = Outcome::accepted, .tokens = 1});
  now_ = noon(kToday) - std::chrono::hours{12} + std::chrono::seconds{3};
  rebuild();
  EXPECT_EQ(charged(0, kToday - 1), Counts(1, 1));
}

// I36: charges of a day to come were made before the clock was set back.
TEST_F(RecoveryTest, ADayToComeStaysCharged) {
  reserve(store_, {.batch = 1, .tokens = 1, .days = {kToday + 1, false}});
  rebuild();
  EXPECT_EQ(charged(0, kToday + 1), Counts(1, 1));
}

TEST_F(RecoveryTest, UnansweredStaysChargedAndIsSettledOnce) {
  reserve(store_, {.batch = 5, .first = 0, .tokens = 3});
  reserve(store_, {.batch = 4, .first = 3, .tokens = 2});
  reserve(store_, {.batch = 0, .first = 5, .drops = {{Outcome::duplicate, Reason::none}}});
  const auto unanswered = rebuild();
  ASSERT_EQ(unanswered.size(), 2u);
  EXPECT_EQ(unanswered[0].batch, 4u);  // in their order
  EXPECT_EQ(unanswered[0].tokens, 2u);
  EXPECT_EQ(unanswered[1].batch, 5u);
  EXPECT_EQ(unanswered[1].campaign, kCampaign);
  EXPECT_EQ(unanswered[1].day, kToday);
  EXPECT_EQ(charged(0), Counts(1, 1));

  ASSERT_TRUE(settle_all(unanswered));
  EXPECT_EQ(store_.commits, 1u);
  EXPECT_EQ(store_.records[kCampaign].state, CampaignState::paused);
  EXPECT_NE(store_.records[kCampaign].pause_reason, "");
  const Report report = fold_campaign(store_, store_.records[kCampaign], false).value();
  EXPECT_EQ(report.count(Outcome::ambiguous), 5u);
  EXPECT_EQ(report.reasons.at("ambiguous.process_died"), 5u);
  EXPECT_EQ(report.pending, 0u);

  // I22: again, and nothing is written again.
  ledger::Accounts second_accounts;
  const ledger::Ledger& second = second_accounts.devices;
  const auto none = rebuild_ledger(store_, second_accounts, calendar_, now_);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->unanswered.empty());
  EXPECT_EQ(second.find(fingerprint_of(0)), ledger_.find(fingerprint_of(0)));
  ASSERT_TRUE(settle_all(none->unanswered));
  EXPECT_EQ(store_.commits, 1u);
}

// Its day is over, its doubt is not.
TEST_F(RecoveryTest, UnansweredOfAnUnfinishedCampaignIsFoundAfterDays) {
  reserve(store_, {.batch = 1, .tokens = 3});
  now_ = noon(kToday + 20);
  const auto unanswered = rebuild();
  ASSERT_EQ(unanswered.size(), 1u);
  EXPECT_EQ(ledger_.devices(), 0u);
  ASSERT_TRUE(settle_all(unanswered));
  EXPECT_EQ(store_.groups.back().first, kToday) << "nobody has confirmed our clock";
  const Report report = fold_campaign(store_, store_.records[kCampaign], false).value();
  EXPECT_EQ(report.count(Outcome::ambiguous), 3u);
}

TEST_F(RecoveryTest, OnlyRunningCampaignsArePaused) {
  int number = 1;
  for (const auto state :
       {CampaignState::running, CampaignState::paused, CampaignState::input_error,
        CampaignState::cancelled, CampaignState::finished}) {
    auto record = record_of(state);
    record.number = static_cast<store::CampaignNumber>(number++);
    record.pause_reason = "before";
    store_.records[record.number] = record;
  }
  ASSERT_TRUE(settle_all({}));
  EXPECT_EQ(store_.commits, 0u);
  EXPECT_EQ(store_.records[1].state, CampaignState::paused);
  EXPECT_NE(store_.records[1].pause_reason, "before");
  EXPECT_EQ(store_.records[2].pause_reason, "before");
  EXPECT_EQ(store_.records[3].state, CampaignState::input_error);
  EXPECT_EQ(store_.records[4].state, CampaignState::cancelled);
  EXPECT_EQ(store_.records[5].state, CampaignState::finished);
}

TEST_F(RecoveryTest, AStoreThatCannotBeWrittenIsAnError) {
  reserve(store_, {.batch = 1, .tokens = 3});
  const auto unanswered = rebuild();
  store_.broken = true;
  const auto settled = settle_all(unanswered);
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().code, Errc::disk);
}

TEST_F(RecoveryTest, AGroupThatIsNoneIsDamage) {
  store_.groups.emplace_back(kToday, "\x7f");
  const auto rebuilt = rebuild_ledger(store_, accounts_, calendar_, now_);
  ASSERT_FALSE(rebuilt);
  EXPECT_EQ(rebuilt.error().code, Errc::damaged_store);
}

// Receipts 261, 262 and 265 block a card or a live view: the ledger knows it after a restart.
TEST_F(RecoveryTest, BlocksAreRebuilt) {
  const base::Surface card{base::Surface::Kind::card, false, 10086, 1};
  const auto key = ledger::Surfaces::key(fingerprint_of(0), card);
  const store::Block block{key, card.kind, base::SurfaceBlock::card_gone,
                           (now_ + std::chrono::hours{1}).time_since_epoch().count()};
  ASSERT_TRUE(store_.put_blocks({&block, 1}));
  ASSERT_TRUE(rebuild_ledger(store_, accounts_, calendar_, now_));
  const ledger::SurfaceCharge charge{card, {kToday, false}, true};
  const auto verdict_at = [&](base::WallTime now) {
    return accounts_.surfaces.look(key, charge, {}, now);
  };
  EXPECT_EQ(verdict_at(now_), ledger::Verdict::card_gone);
  EXPECT_EQ(verdict_at(now_ + std::chrono::hours{2}), ledger::Verdict::charged);
}

}  // namespace
}  // namespace herald::campaign
