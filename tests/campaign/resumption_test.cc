// A campaign that goes on: every record ends in one outcome, no token is sent a second time unless
// that was wanted, and an audience that is not the same is found out.
#include "engine/campaign/resumption.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "engine/base/random.h"
#include "engine/campaign/fold.h"
#include "engine/campaign/ingest.h"
#include "engine/campaign/records_digest.h"
#include "engine/campaign/recovery.h"
#include "tests/campaign/support.h"
#include "tests/support/made_records.h"

namespace herald::campaign {
namespace {

using Known = Resumption::Known;
using Purpose = Resumption::Purpose;
using test::MadeReader;
using test::MadeRecord;
using testing::HasSubstr;

TEST(RecordsDigest, DoesNotDependOnHowTheRecordsCame) {
  base::Random random{1};
  std::vector<ledger::Fingerprint> records(5000);
  for (auto& each : records) each = random.next();
  RecordsDigest whole;
  whole.update(records);
  for (int i = 0; i < 20; ++i) {
    RecordsDigest pieces;
    for (std::span<const ledger::Fingerprint> rest{records}; !rest.empty();) {
      const auto piece = std::min<std::size_t>(rest.size(), 1 + random.next() % 1500);
      pieces.update(rest.first(piece));
      rest = rest.subspan(piece);
    }
    EXPECT_EQ(pieces.records(), records.size());
    EXPECT_EQ(pieces.mark().digest, whole.mark().digest);
  }
  std::set<std::uint64_t> digests{whole.mark().digest};
  for (const std::size_t changed : {0u, 1023u, 1024u, 4999u}) {
    auto others = records;
    ++others[changed];
    RecordsDigest digest;
    digest.update(others);
    EXPECT_TRUE(digests.insert(digest.mark().digest).second) << changed;
  }
  std::swap(records[0], records[1]);
  RecordsDigest swapped;
  swapped.update(records);
  EXPECT_TRUE(digests.insert(swapped.mark().digest).second);
}

class ResumptionTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kRecords = 3000;

  // One record in nine is a repetition of an earlier one, one in thirteen is malformed.
  MadeRecord record(std::uint64_t number) const {
    if (number % 13 == 5) return {"no token", Reason::space_inside};
    const std::uint64_t token = number % 9 == 7 ? number / 2 : number;
    return {fmt::format("token-{}", token % 13 == 5 ? token + 1 : token)};
  }
  std::unique_ptr<MadeReader> audience(std::size_t block = 100) const {
    return std::make_unique<MadeReader>(
        kRecords, [this](std::uint64_t number) { return record(number); }, block);
  }
  // What ingest forms of it; settled as `settled` says, or lost with its process.
  void send(std::unique_ptr<const Resumption> resumption, std::uint32_t batch_tokens,
            const std::function<std::optional<store::Settle>()>& settled) {
    accounts_.emplace();  // of a new process
    store_.records[kCampaign] = record_;
    ASSERT_TRUE(rebuild_ledger(store_, *accounts_, {}, clock_.now));
    auto run = std::make_shared<dispatch::CampaignRun>(record_);
    run->charge = {
        .marketing = true, .notification = true, .marketing_limit = 5, .total_limit = 3000};
    run->batch_tokens_max = batch_tokens;
    if (resumption && resumption->purpose() != Purpose::again) {
      store::GroupWriter group;
      group.resumed(kCampaign, kToday);
      store_.add(group);
    }
    Ingest ingest{{clock_, {}, *accounts_, [this] { return pool_.acquire(); }, pool_, [] {}},
                  run,
                  Message{},
                  audience(),
                  fingerprinter_,
                  1,
                  std::move(resumption)};
    while (ingest.step() != Ingest::Step::done) {
    }
    for (batch::Batch* formed = nullptr; run->formed.try_dequeue(formed);) {
      std::unique_ptr<batch::Batch> batch{formed};
      if (auto settle = settled()) end(*batch, std::move(*settle));
      pool_.release(std::move(batch));
    }
  }
  void end(batch::Batch& batch, store::Settle how) {
    reserve(batch);
    if (batch.size() == 0) return;
    how.batch = batch.id;
    how.tokens = batch.size();
    if (how.how == store::Settled::answered) {
      for (std::uint32_t i = 0; i < batch.size(); ++i) ++taken_[batch.token(i)];
    }
    settle(store_, how);
  }
  void reserve(batch::Batch& batch) {
    batch.id = batch.size() > 0 ? store_.new_batch_id() : 0;
    store::GroupWriter group;
    group.reservation({.campaign = kCampaign,
                       .batch = batch.id,
                       .marketing = batch.marketing,
                       .days = {kToday},
                       .first_record = batch.first_record,
                       .records = batch.records,
                       .resends = batch.resends},
                      batch.entries(), batch.drops());
    group.audience_mark(kCampaign, 0, {batch.mark_records, batch.mark_digest}, kToday);
    if (batch.last) {
      group.audience_end(kCampaign, 0, batch.first_record + batch.records, kToday);
    }
    store_.add(group);
  }
  Resumption resumption(Purpose purpose) {
    return Resumption::read(store_, record_, purpose).value();
  }
  void go_on(Purpose purpose, const std::function<std::optional<store::Settle>()>& settled) {
    send(std::make_unique<const Resumption>(resumption(purpose)), 40, settled);
  }
  Report report() { return fold_campaign(store_, record_, false).value(); }

  MemoryStore store_;
  store::CampaignRecord record_ = record_of(CampaignState::running);
  SetClock clock_;
  std::optional<ledger::Accounts> accounts_;
  batch::Pool pool_{std::size_t{512} << 20};
  const ledger::Fingerprinter fingerprinter_{1, "", "demo"};
  std::map<std::string, int> taken_;  // by the service, as far as anybody knows
};

std::optional<store::Settle> accepted() { return store::Settle{.outcome = Outcome::accepted}; }
std::optional<store::Settle> doubtful() {
  return store::Settle{.outcome = Outcome::ambiguous, .reason = Reason::reset};
}

TEST_F(ResumptionTest, WhateverWasLeftEachRecordEndsInOneOutcome) {
  send(nullptr, 50, accepted);
  const Report whole = report();
  ASSERT_EQ(whole.records, kRecords);
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    base::Random random{seed};
    store_ = MemoryStore{};
    taken_.clear();
    const auto as_chance_has_it = [&]() -> std::optional<store::Settle> {
      switch (random.next() % 3) {
        case 0:
          return accepted();
        case 1:
          return store::Settle{.how = store::Settled::voided, .released = true};
        default:
          return std::nullopt;  // its process died before it was reserved
      }
    };
    send(nullptr, 1 + static_cast<std::uint32_t>(random.next() % 100), as_chance_has_it);
    const std::uint64_t times = random.next() % 3;
    for (std::uint64_t i = 0; i < times; ++i) go_on(Purpose::finish, as_chance_has_it);
    go_on(Purpose::finish, accepted);
    const Report ended = report();
    EXPECT_EQ(ended.records, kRecords);
    EXPECT_EQ(ended.pending, 0u);
    EXPECT_EQ(ended.outcomes, whole.outcomes);
    EXPECT_EQ(ended.reasons, whole.reasons);
    for (const auto& [token, often] : taken_) ASSERT_EQ(often, 1) << token;
    ASSERT_EQ(taken_.size(), whole.count(Outcome::accepted));
  }
}

TEST_F(ResumptionTest, WhatIsAmbiguousIsNotSentAgainUnlessThatIsWanted) {
  int nth = 0;
  send(nullptr, 50, [&] { return ++nth % 5 == 0 ? doubtful() : accepted(); });
  const Report before = report();
  const std::uint64_t ambiguous = before.count(Outcome::ambiguous);
  ASSERT_GT(ambiguous, 100u);
  go_on(Purpose::finish, accepted);
  EXPECT_EQ(report().outcomes, before.outcomes);

  go_on(Purpose::finish_and_again, [&] { return ++nth % 2 == 0 ? doubtful() : accepted(); });
  const Report once = report();
  EXPECT_LT(once.count(Outcome::ambiguous), ambiguous);
  EXPECT_GT(once.count(Outcome::ambiguous), 0u);
  EXPECT_EQ(once.count(Outcome::accepted) + once.count(Outcome::ambiguous),
            before.count(Outcome::accepted) + ambiguous);
  // Once: not a third time.
  go_on(Purpose::finish_and_again, accepted);
  EXPECT_EQ(report().outcomes, once.outcomes);
  // But who asks for it may.
  send(std::make_unique<const Resumption>(resumption(Purpose::again)), 40, accepted);
  const Report all = report();
  EXPECT_EQ(all.count(Outcome::ambiguous), 0u);
  EXPECT_EQ(all.reasons.count("ambiguous.reset"), 0u);
  EXPECT_EQ(all.count(Outcome::accepted),
            once.count(Outcome::accepted) + once.count(Outcome::ambiguous));
  for (const auto& [token, often] : taken_) ASSERT_LE(often, 3) << token;
}

TEST_F(ResumptionTest, AResendThatIsGivenBackIsAmbiguousAsBefore) {
  send(nullptr, 50, doubtful);
  const Report before = report();
  ASSERT_GT(before.count(Outcome::ambiguous), 0u);
  send(std::make_unique<const Resumption>(resumption(Purpose::again)), 40, [] {
    return std::optional{store::Settle{.how = store::Settled::voided, .released = true}};
  });
  EXPECT_EQ(report().outcomes, before.outcomes);
  EXPECT_EQ(report().reasons, before.reasons);
  // It was proven unsent, so it was no second attempt.
  const Resumption again = resumption(Purpose::finish_and_again);
  EXPECT_EQ(again.of(0), Known::again);
  EXPECT_EQ(again.why(0), Reason::reset);
}

TEST_F(ResumptionTest, WhoHasNoQuotaForASecondAttemptStaysAmbiguous) {
  send(nullptr, 50, doubtful);  // of five
  for (int i = 0; i < 4; ++i) {
    send(std::make_unique<const Resumption>(resumption(Purpose::again)), 40, doubtful);
  }
  const Report before = report();
  const std::size_t groups = store_.groups.size();
  send(std::make_unique<const Resumption>(resumption(Purpose::again)), 40, accepted);
  EXPECT_EQ(store_.groups.size(), groups);
  EXPECT_EQ(report().outcomes, before.outcomes);
  for (const auto& [token, often] : taken_) ASSERT_EQ(often, 5) << token;
}

// I67. The mark is asked record by record, however the audience is cut into blocks.
TEST_F(ResumptionTest, AnotherAudienceIsFoundOut) {
  int nth = 0;
  send(nullptr, 50,
       [&]() -> std::optional<store::Settle> { return ++nth < 20 ? accepted() : std::nullopt; });
  const store::AudienceMark mark = resumption(Purpose::finish).mark();
  ASSERT_GT(mark.records, 900u);
  ASSERT_LT(mark.records, kRecords);
  const auto check = [&](std::uint64_t records, std::uint64_t changed, std::size_t block) {
    MadeReader reader{records,
                      [&](std::uint64_t number) {
                        return number == changed ? MadeRecord{"another"} : record(number);
                      },
                      block};
    return check_audience(reader, fingerprinter_, mark, "tokens.txt");
  };
  for (const std::size_t block : {1u, 77u, 100u, 1024u}) {
    EXPECT_TRUE(check(kRecords, kRecords, block));
    EXPECT_TRUE(check(mark.records, kRecords, block));
    EXPECT_TRUE(check(kRecords, mark.records, block));  // behind what was read
    for (const std::uint64_t changed : {std::uint64_t{0}, std::uint64_t{5}, mark.records - 1}) {
      const auto other = check(kRecords, changed, block);
      ASSERT_FALSE(other);
      EXPECT_EQ(other.error().code, Errc::audience);
      EXPECT_THAT(other.error().what, HasSubstr("tokens.txt: its first"));
    }
    const auto cut = check(mark.records - 1, kRecords, block);
    ASSERT_FALSE(cut);
    EXPECT_THAT(cut.error().what, HasSubstr("it ends after"));
  }
}

}  // namespace
}  // namespace herald::campaign
