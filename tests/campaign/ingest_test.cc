#include "engine/campaign/ingest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstring>
#include <set>

#include "tests/campaign/support.h"

namespace herald::campaign {
namespace {

using testing::HasSubstr;

// Gives a text; fails behind it when `error` is set.
class TextSource final : public audience::ByteSource {
 public:
  explicit TextSource(std::string text, bool fails = false)
      : text_(std::move(text)), fails_(fails) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (at_ == text_.size() && fails_) return Error{Errc::audience, "the file ended early"};
    const std::size_t size = std::min(into.size(), text_.size() - at_);
    std::memcpy(into.data(), text_.data() + at_, size);
    at_ += size;
    return size;
  }
  std::uint64_t size() const override { return text_.size(); }

 private:
  std::string text_;
  bool fails_;
  std::size_t at_ = 0;
};

std::string token(std::uint64_t number) { return fmt::format("token-{:06}", number); }

std::string tokens(std::uint64_t count, std::uint64_t first = 0) {
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i) text += token(first + i) + '\n';
  return text;
}

// Where a record went.
struct Place {
  std::size_t batch;
  bool sent;
  Outcome outcome;
  Reason reason;
  std::string token;
};

class IngestTest : public testing::Test {
 protected:
  IngestTest() {
    days_.show(kToday + 1);
    run_->record.id = "sale";
    run_->record.audience = "/srv/tokens.txt";
    run_->charge = {
        .marketing = true, .notification = true, .marketing_limit = 2, .total_limit = 3000};
  }
  ~IngestTest() override {
    for (batch::Batch* batch : batches_) delete batch;
  }

  void begin(std::string text, bool fails = false, double malformed_max = 0.05) {
    ingest_ =
        std::make_unique<Ingest>(IngestSeams{clock_, days_, accounts_, [this] { return acquire(); },
                                             pool_, [this] { ++wakes_; }},
                                 run_, Message{},
                                 std::make_unique<audience::LineReader>(
                                     std::make_unique<TextSource>(std::move(text), fails)),
                                 fingerprinter_, malformed_max);
  }
  std::unique_ptr<batch::Batch> acquire() {
    if (allowed_ == 0) return nullptr;
    --allowed_;
    return pool_.acquire();
  }
  // Steps to the end, and takes what was formed.
  void finish() {
    for (int steps = 0; ingest_->step() != Ingest::Step::done; ++steps) ASSERT_LT(steps, 100000);
    take();
    EXPECT_TRUE(run_->ingest_done.load());
    EXPECT_GT(wakes_, 0);
  }
  void take() {
    for (batch::Batch* batch = nullptr; run_->formed.try_dequeue(batch);) batches_.push_back(batch);
  }
  // Every record by its number; fails when one is covered twice or not at all.
  std::vector<Place> places() {
    std::vector<Place> all;
    for (std::size_t b = 0; b < batches_.size(); ++b) {
      const batch::Batch& batch = *batches_[b];
      EXPECT_EQ(batch.first_record, all.size());
      EXPECT_EQ(batch.records, batch.size() + batch.drops().size());
      EXPECT_EQ(batch.campaign, run_.get());
      std::vector<Place> here(batch.records, Place{b, false, Outcome::cancelled, Reason::none, ""});
      std::vector<int> seen(batch.records, 0);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::uint32_t record = batch.entries()[i].record;
        ++seen.at(record);
        here.at(record) = {b, true, Outcome::accepted, Reason::none, batch.token(i)};
        EXPECT_EQ(batch.entries()[i].fingerprint, fingerprinter_(batch.token(i)));
      }
      for (const batch::Drop& drop : batch.drops()) {
        ++seen.at(drop.record);
        here.at(drop.record) = {b, false, drop.outcome, drop.reason, ""};
      }
      for (const int times : seen) EXPECT_EQ(times, 1);
      all.insert(all.end(), here.begin(), here.end());
    }
    return all;
  }
  std::uint32_t charged(const std::string& of, base::Day day = kToday) {
    const auto device = ledger_.find(fingerprinter_(of));
    const base::Day at = day - device.base;
    return at == 0 || at == 1 ? device.marketing[static_cast<std::size_t>(at)] : 0;
  }
  // Charges that no formed batch holds.
  std::int64_t charges_without_a_batch() {
    std::int64_t sum = 0;
    ledger_.for_each([&](ledger::Fingerprint, const ledger::DeviceState& device) {
      sum += device.total[0] + device.total[1];
    });
    for (const batch::Batch* batch : batches_) sum -= batch->size();
    return sum;
  }

  SetClock clock_;
  dispatch::ServiceDays days_{base::Calendar{}};
  ledger::Accounts accounts_;
  ledger::Ledger& ledger_ = accounts_.devices;
  batch::Pool pool_{std::size_t{1} << 30};
  ledger::Fingerprinter fingerprinter_{42, "", "demo"};
  std::shared_ptr<dispatch::CampaignRun> run_ =
      std::make_shared<dispatch::CampaignRun>(record_of(CampaignState::running));
  std::unique_ptr<Ingest> ingest_;
  std::vector<batch::Batch*> batches_;
  std::size_t allowed_ = std::size_t(-1);  // batches that acquire() still gives
  int wakes_ = 0;
};

TEST_F(IngestTest, EveryRecordIsNumberedAndHasItsPlace) {
  ledger_.suppress(fingerprinter_("gone"), ledger::Suppression::token_gone, kToday + 100);
  ledger_.suppress(fingerprinter_("off"), ledger::Suppression::notifications_off, kToday + 100);
  begin("first\n\nfirst\ntwo words\ngone\noff\nlast");
  finish();
  const auto all = places();
  ASSERT_EQ(all.size(), 7u);
  EXPECT_EQ(all[0].token, "first");
  EXPECT_EQ(all[1].outcome, Outcome::malformed);
  EXPECT_EQ(all[1].reason, Reason::empty);
  EXPECT_EQ(all[2].outcome, Outcome::duplicate);
  EXPECT_EQ(all[3].outcome, Outcome::malformed);
  EXPECT_EQ(all[3].reason, Reason::space_inside);
  EXPECT_EQ(all[4].outcome, Outcome::suppressed);
  EXPECT_EQ(all[4].reason, Reason::token_gone);
  EXPECT_EQ(all[5].reason, Reason::notifications_off);
  EXPECT_EQ(all[6].token, "last");
  EXPECT_EQ(run_->records_read.load(), 7u);
  EXPECT_EQ(charges_without_a_batch(), 0);
  EXPECT_TRUE(batches_.back()->last);
  EXPECT_FALSE(run_->input_error);
  EXPECT_NE(run_->content_digest, 0u);
}

TEST_F(IngestTest, BatchesHaveAThousandTokens) {
  begin(tokens(2500));
  finish();
  ASSERT_EQ(batches_.size(), 3u);
  EXPECT_EQ(batches_[0]->size(), 1000u);
  EXPECT_EQ(batches_[1]->size(), 1000u);
  EXPECT_EQ(batches_[2]->size(), 500u);
  EXPECT_EQ(batches_[1]->wire().substr(0, 16), "\"token-001000\",\"");
  const auto all = places();
  ASSERT_EQ(all.size(), 2500u);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].token, token(i));
  for (const batch::Batch* batch : batches_) {
    EXPECT_EQ(batch->days, (base::DaySet{kToday, false}));
    EXPECT_TRUE(batch->marketing);
  }
}

TEST_F(IngestTest, TheLastBatchSaysSoAlsoWhenItIsEmpty) {
  for (const std::uint64_t count : {0, 1, 1000, 1024, 2000, 2048}) {
    batches_.clear();
    run_ = std::make_shared<dispatch::CampaignRun>(record_of(CampaignState::running));
    begin(tokens(count));
    finish();
    ASSERT_FALSE(batches_.empty());
    for (std::size_t i = 0; i < batches_.size(); ++i) {
      EXPECT_EQ(batches_[i]->last, i + 1 == batches_.size()) << count;
    }
    EXPECT_EQ(batches_.back()->first_record + batches_.back()->records, count);
    for (batch::Batch* batch : batches_) delete batch;
  }
  batches_.clear();
}

TEST_F(IngestTest, TestMessagesGoByTen) {
  run_->batch_tokens_max = 10;
  begin(tokens(95));
  finish();
  ASSERT_EQ(batches_.size(), 10u);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(batches_[i]->size(), 10u);
  EXPECT_EQ(batches_[9]->size(), 5u);
  EXPECT_EQ(places().size(), 95u);
}

TEST_F(IngestTest, WhoHadTheirMessagesAreOverQuota) {
  for (int round = 0; round < 3; ++round) {
    run_ = std::make_shared<dispatch::CampaignRun>(record_of(CampaignState::running));
    run_->charge = {.marketing = true, .marketing_limit = 2, .total_limit = 3000};
    for (batch::Batch* batch : std::exchange(batches_, {})) delete batch;
    begin(tokens(10));
    finish();
    for (const Place& place : places()) {
      EXPECT_EQ(place.sent, round < 2);
      if (round == 2) {
        EXPECT_EQ(place.outcome, Outcome::over_quota);
        EXPECT_EQ(place.reason, Reason::marketing);
      }
    }
  }
  EXPECT_EQ(charged(token(0)), 2u);
}

TEST_F(IngestTest, ADuplicateIsNotChargedEvenWhenItIsFarAway) {
  begin(tokens(5000) + tokens(5000));
  finish();
  const auto all = places();
  ASSERT_EQ(all.size(), 10000u);
  for (std::size_t i = 0; i < 5000; ++i) {
    ASSERT_TRUE(all[i].sent);
    ASSERT_EQ(all[5000 + i].outcome, Outcome::duplicate);
    ASSERT_EQ(charged(token(i)), 1u);
  }
}

TEST_F(IngestTest, ManyDropsCloseABatchOfTheirOwn) {
  std::string text = token(0) + '\n';
  for (std::uint32_t i = 0; i < 2 * batch::kDropsMax + 10; ++i) text += token(0) + '\n';
  begin(text);
  finish();
  ASSERT_EQ(batches_.size(), 3u);
  EXPECT_EQ(batches_[0]->drops().size(), batch::kDropsMax);
  EXPECT_EQ(batches_[1]->drops().size(), batch::kDropsMax);
  EXPECT_EQ(batches_[1]->size(), 0u);
  EXPECT_EQ(batches_[2]->drops().size(), 10u);
  EXPECT_EQ(places().size(), 2 * batch::kDropsMax + 11);
}

// A batch is charged for one set of days: when the day changes it goes as it is.
TEST_F(IngestTest, ANewDayClosesTheBatch) {
  begin(tokens(3000));
  clock_.now = noon(kToday) + std::chrono::hours{12} - std::chrono::minutes{10};
  ASSERT_EQ(ingest_->step(), Ingest::Step::more);  // 1024 records: a batch, and 24 in the next
  clock_.now += std::chrono::minutes{9} + std::chrono::seconds{30};
  ASSERT_EQ(ingest_->step(), Ingest::Step::more);  // half a minute before midnight: both days
  clock_.now += std::chrono::minutes{1};
  finish();
  ASSERT_EQ(batches_.size(), 5u);
  const std::vector<std::uint32_t> sizes{1000, 24, 1000, 24, 952};
  const std::vector<base::DaySet> days{
      {kToday, false}, {kToday, false}, {kToday, true}, {kToday, true}, {kToday + 1, false}};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(batches_[i]->size(), sizes[i]) << i;
    EXPECT_EQ(batches_[i]->days, days[i]) << i;
  }
  EXPECT_EQ(places().size(), 3000u);
  EXPECT_EQ(charged(token(0), kToday), 1u);
  EXPECT_EQ(charged(token(1100), kToday), 1u);
  EXPECT_EQ(charged(token(1100), kToday + 1), 1u);
  EXPECT_EQ(charged(token(2900), kToday), 0u);
  EXPECT_EQ(charged(token(2900), kToday + 1), 1u);
}

// --- what goes wrong ---

std::string mostly_malformed(std::uint64_t lines, std::uint64_t every) {
  std::string text;
  for (std::uint64_t i = 0; i < lines; ++i) text += i % every == 0 ? "no token\n" : token(i) + '\n';
  return text;
}

TEST_F(IngestTest, TheWrongFileStopsEarlyAndGivesBackWhatIsInNoBatch) {
  begin(mostly_malformed(50000, 4));
  finish();
  ASSERT_TRUE(run_->input_error);
  EXPECT_EQ(run_->input_error->code, Errc::audience);
  EXPECT_THAT(run_->input_error->what, HasSubstr("/srv/tokens.txt"));
  EXPECT_THAT(run_->input_error->what, HasSubstr("maxMalformed"));
  EXPECT_LT(places().size(), kMalformedLookAt + audience::kRecordsPerBlock);
  EXPECT_EQ(run_->records_read.load(), places().size());
  EXPECT_EQ(charges_without_a_batch(), 0);
  for (const batch::Batch* batch : batches_) EXPECT_FALSE(batch->last);
}

TEST_F(IngestTest, AShortFileWithBadLinesIsSent) {
  begin(mostly_malformed(kMalformedLookAt - 1, 4));
  finish();
  EXPECT_FALSE(run_->input_error);
  EXPECT_EQ(places().size(), kMalformedLookAt - 1);
}

// The reader is a quarter of a MiB ahead of its first block, so that counting its bytes made room
// for half the records, and the tables were copied once more.
TEST_F(IngestTest, RoomForAllRecordsIsMadeAtTheFirstBlock) {
  begin(tokens(300'000));
  ASSERT_EQ(ingest_->step(), Ingest::Step::more);
  const std::uint64_t at_first = accounts_.devices.bytes();
  finish();
  EXPECT_EQ(accounts_.devices.devices(), 300'000u);
  EXPECT_EQ(accounts_.devices.bytes(), at_first);
}

// A JSON Lines file read as lines, say: it ends as what it is, with an outcome for every record.
TEST_F(IngestTest, AFileWithNothingButMalformedRecordsIsAnErrorHoweverShort) {
  begin("two words\nthree more words\n");
  finish();
  ASSERT_TRUE(run_->input_error);
  EXPECT_THAT(run_->input_error->what, HasSubstr("all of its 2 records are malformed"));
  EXPECT_EQ(places().size(), 2u);
}

TEST_F(IngestTest, AHigherLimitLetsItPass) {
  begin(mostly_malformed(20000, 4), false, 0.3);
  finish();
  EXPECT_FALSE(run_->input_error);
  EXPECT_EQ(places().size(), 20000u);
}

// I67: what was read before has its place, and the end is not taken for one.
TEST_F(IngestTest, AFileThatEndsEarlyKeepsWhatWasRead) {
  begin(tokens(3000), true);
  finish();
  ASSERT_TRUE(run_->input_error);
  EXPECT_THAT(run_->input_error->what, HasSubstr("the file ended early; record 3001"));
  EXPECT_EQ(places().size(), 3000u);
  for (const batch::Batch* batch : batches_) EXPECT_FALSE(batch->last);
  EXPECT_EQ(charges_without_a_batch(), 0);
}

TEST_F(IngestTest, StoppingReleasesTheCharges) {
  begin(tokens(5000));
  allowed_ = 1;
  Ingest::Step step = Ingest::Step::more;
  while (step == Ingest::Step::more) step = ingest_->step();
  ASSERT_EQ(step, Ingest::Step::starved);  // with the second batch's tokens charged already
  take();
  EXPECT_EQ(charges_without_a_batch(), 24);
  run_->stop_ingest = true;
  finish();
  EXPECT_EQ(charges_without_a_batch(), 0);
  EXPECT_EQ(places().size(), 1000u);
}

TEST_F(IngestTest, StoppingHandsOverTheBatchBegun) {
  begin(tokens(5000));
  ASSERT_EQ(ingest_->step(), Ingest::Step::more);
  run_->stop_ingest = true;
  finish();
  EXPECT_EQ(places().size(), audience::kRecordsPerBlock);
  EXPECT_EQ(charges_without_a_batch(), 0);
  EXPECT_FALSE(batches_.back()->last);
}

TEST_F(IngestTest, StarvedStepsResumeWhereTheyWere) {
  begin(tokens(4000) + tokens(100));
  allowed_ = 0;
  int starved = 0;
  for (;;) {
    const Ingest::Step step = ingest_->step();
    if (step == Ingest::Step::done) break;
    if (step == Ingest::Step::starved) {
      ++starved;
      EXPECT_EQ(ingest_->step(), Ingest::Step::starved);  // again, and nothing moves
      allowed_ = 1;
    }
  }
  take();
  EXPECT_EQ(starved, 5);  // one a batch
  const auto all = places();
  ASSERT_EQ(all.size(), 4100u);
  for (std::size_t i = 0; i < 4000; ++i) ASSERT_EQ(all[i].token, token(i));
  EXPECT_EQ(charges_without_a_batch(), 0);
}

}  // namespace
}  // namespace herald::campaign
