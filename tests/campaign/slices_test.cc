// A campaign whose audience is read in slices, by several ingests at once: whatever the order in
// which they take their steps, every record ends in one outcome and every token is sent once.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "engine/base/random.h"
#include "engine/campaign/fold.h"
#include "engine/campaign/ingest.h"
#include "engine/campaign/recovery.h"
#include "tests/campaign/support.h"
#include "tests/support/made_records.h"

namespace herald::campaign {
namespace {

using test::MadeReader;
using test::MadeRecord;
using testing::HasSubstr;
using Purpose = Resumption::Purpose;

class SlicesTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kRecords = 6000;

  SlicesTest() { cut(4); }
  ~SlicesTest() override { drop_formed(); }

  void cut(std::uint32_t slices) {
    record_.audience_slices.clear();
    for (std::uint32_t i = 0; i < slices; ++i)
      record_.audience_slices.push_back(first_of(i, slices));
  }
  static std::uint64_t first_of(std::uint64_t slice, std::uint64_t slices) {
    return kRecords * slice / slices;
  }
  // One record in thirteen is malformed, and every token comes twice or more: near by, and in
  // another slice.
  static MadeRecord record(std::uint64_t number) {
    if (number % 13 == 5) return {"no token", Reason::space_inside};
    return {fmt::format("token-{}", number % 9 == 7 ? (number - 1) % 2500 : number % 2500)};
  }
  static std::set<std::string> all_tokens() {
    std::set<std::string> all;
    for (std::uint64_t i = 0; i < kRecords; ++i) {
      if (record(i).malformed == Reason::none) all.insert(record(i).token);
    }
    return all;
  }
  std::unique_ptr<MadeReader> reader(std::uint32_t slice) const {
    const std::uint64_t first = first_of(slice, record_.slices());
    const std::uint64_t end = first_of(slice + 1, record_.slices());
    return std::make_unique<MadeReader>(
        end - first, [first](std::uint64_t number) { return record(first + number); }, 100);
  }

  // A process begins, or goes on; its ledger is that of the store.
  void start(std::shared_ptr<const Resumption> resumption = nullptr, double malformed_max = 1) {
    drop_formed();
    ingests_.clear();
    intake_.reset();
    accounts_.emplace();
    const auto rebuilt = rebuild_ledger(store_, *accounts_, {}, clock_.now);
    ASSERT_TRUE(rebuilt);
    days_.emplace(base::Calendar{}, rebuilt->days);
    days_->show(kToday);
    run_ = std::make_shared<dispatch::CampaignRun>(record_);
    run_->charge = {
        .marketing = true, .notification = true, .marketing_limit = 5, .total_limit = 3000};
    run_->batch_tokens_max = 50;
    run_->sink = sink_;
    std::shared_ptr<ledger::Seen> seen;
    if (resumption) {
      seen = std::make_shared<ledger::Seen>(accounts_->devices);
      for (std::uint32_t i = 0; i < record_.slices(); ++i) {
        const auto same = check_audience(
            *reader(i), fingerprinter_, resumption->mark(i), "tokens.txt",
            [&](std::uint64_t first, std::span<const ledger::Fingerprint> records) {
              mark_settled(*resumption, i, first, records, accounts_->devices, *seen);
            });
        ASSERT_TRUE(same) << same.error().what;
      }
      store::GroupWriter group;
      group.resumed(kCampaign, kToday);
      store_.add(group);
    }
    intake_ = std::make_shared<Intake>(run_, Message{}, malformed_max, std::move(resumption), seen);
    for (std::uint32_t i = 0; i < record_.slices(); ++i) ingests_.push_back(ingest(i, reader(i)));
  }
  std::unique_ptr<Ingest> ingest(std::uint32_t slice, std::unique_ptr<MadeReader> reader) {
    return std::make_unique<Ingest>(
        IngestSeams{clock_, *days_, *accounts_, [this] { return pool_.try_acquire(); }, pool_,
                    [] {}},
        intake_, slice, std::move(reader), fingerprinter_);
  }
  void go_on(Purpose purpose = Purpose::finish) {
    record_.state = CampaignState::running;
    start(std::make_shared<const Resumption>(Resumption::read(store_, record_, purpose).value()));
  }

  using Settled = std::function<std::optional<store::Settle>()>;  // empty: its process died before
  // Steps the ingests as chance has it; what they form is granted now and then, in the order it
  // came.
  void run(std::uint64_t seed, const Settled& settled) {
    base::Random random{seed};
    std::vector<Ingest*> reading;
    for (const auto& each : ingests_) {
      if (each) reading.push_back(each.get());
    }
    for (int steps = 0; !reading.empty(); ++steps) {
      ASSERT_LT(steps, 100'000) << "they wait for each other";
      const std::size_t i = random.next() % reading.size();
      const Ingest::Step step = reading[i]->step();
      ASSERT_FALSE(run_->ingest_done.load() && reading.size() > 1);
      if (step == Ingest::Step::done) reading.erase(reading.begin() + static_cast<long>(i));
      if (step == Ingest::Step::starved || random.next() % 4 == 0) grant(settled);
    }
    ASSERT_TRUE(run_->ingest_done.load());
    grant(settled);
  }
  void grant(const Settled& settled) {
    for (batch::Batch* formed = nullptr; run_->formed.try_dequeue(formed);) {
      std::unique_ptr<batch::Batch> batch{formed};
      EXPECT_EQ(batch->campaign, run_.get());
      if (auto settle = settled()) end(*batch, std::move(*settle));
      pool_.release(std::move(batch));
    }
  }
  void end(batch::Batch& batch, store::Settle how) {
    batch.id = batch.size() > 0 ? store_.new_batch_id() : 0;
    store::GroupWriter group;
    group.reservation({.campaign = kCampaign,
                       .batch = batch.id,
                       .slice = batch.slice,
                       .marketing = batch.marketing,
                       .days = {kToday},
                       .first_record = batch.first_record,
                       .records = batch.records,
                       .resends = batch.resends},
                      batch.entries(), batch.drops());
    group.audience_mark(kCampaign, batch.slice, {batch.mark_records, batch.mark_digest}, kToday);
    if (batch.last) {
      group.audience_end(kCampaign, batch.slice, batch.first_record + batch.records, kToday);
    }
    store_.add(group);
    if (batch.size() == 0) return;
    how.batch = batch.id;
    how.tokens = batch.size();
    if (how.how == store::Settled::answered) {
      for (std::uint32_t i = 0; i < batch.size(); ++i) ++taken_[batch.token(i)];
    }
    settle(store_, how);
  }
  void drop_formed() {
    if (run_ == nullptr) return;
    for (batch::Batch* formed = nullptr; run_->formed.try_dequeue(formed);) {
      pool_.release(std::unique_ptr<batch::Batch>{formed});
    }
  }
  Report report() { return fold_campaign(store_, record_, false).value(); }
  // Charges that no batch holds that was granted.
  std::int64_t charged() {
    std::int64_t sum = 0;
    accounts_->devices.for_each([&](ledger::Fingerprint, const ledger::DeviceState& device) {
      sum += device.total[0] + device.total[1];
    });
    return sum;
  }
  void expect_each_sent_once() {
    const Report ended = report();
    EXPECT_EQ(ended.records, kRecords);
    EXPECT_EQ(ended.pending, 0u);
    const auto tokens = all_tokens();
    EXPECT_EQ(ended.count(Outcome::accepted), tokens.size());
    std::uint64_t malformed = 0;
    for (std::uint64_t i = 0; i < kRecords; ++i) {
      malformed += record(i).malformed != Reason::none ? 1 : 0;
    }
    EXPECT_EQ(ended.count(Outcome::malformed), malformed);
    EXPECT_EQ(ended.count(Outcome::duplicate), kRecords - malformed - tokens.size());
    ASSERT_EQ(taken_.size(), tokens.size());
    for (const auto& [token, times] : taken_) ASSERT_EQ(times, 1) << token;
  }

  MemoryStore store_;
  store::CampaignRecord record_ = record_of(CampaignState::running);
  SetClock clock_;
  OutcomeSink* sink_ = nullptr;
  std::optional<ledger::Accounts> accounts_;
  std::optional<dispatch::ServiceDays> days_;
  batch::Pool pool_{std::size_t{512} << 20};
  const ledger::Fingerprinter fingerprinter_{1, "", "demo"};
  std::shared_ptr<dispatch::CampaignRun> run_;
  std::shared_ptr<Intake> intake_;
  std::vector<std::unique_ptr<Ingest>> ingests_;
  std::map<std::string, int> taken_;  // by the service
};

std::optional<store::Settle> accepted() { return store::Settle{.outcome = Outcome::accepted}; }

TEST_F(SlicesTest, InAnyOrderOfStepsEveryTokenIsSentOnce) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    store_ = MemoryStore{};
    taken_.clear();
    cut(1 + static_cast<std::uint32_t>(seed % 8));
    start();
    run(seed, accepted);
    expect_each_sent_once();
    EXPECT_EQ(run_->records_read.load(), kRecords);
    if (HasFailure()) return;
  }
}

TEST_F(SlicesTest, WithFewerBatchesThanSlicesTheyDoNotWaitForEachOther) {
  batch::Pool& pool = pool_;
  std::vector<std::unique_ptr<batch::Batch>> held;
  while (auto batch = pool.try_acquire()) held.push_back(std::move(batch));
  for (int i = 0; i < 2; ++i) {
    pool.release(std::move(held.back()));
    held.pop_back();
  }
  cut(8);
  start();
  run(1, accepted);
  expect_each_sent_once();
  for (auto& batch : held) pool.release(std::move(batch));
}

TEST_F(SlicesTest, WhateverWasLeftAResumeSendsWhatWasNotSentAndNothingElse) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    base::Random random{seed};
    store_ = MemoryStore{};
    taken_.clear();
    cut(2 + static_cast<std::uint32_t>(seed % 7));
    bool dead = false;
    const auto as_chance_has_it = [&]() -> std::optional<store::Settle> {
      dead |= random.next() % 60 == 0;
      if (dead) return std::nullopt;  // nothing of this process is durable any more
      if (random.next() % 4 == 0) {
        return store::Settle{.how = store::Settled::voided, .released = true};
      }
      return accepted();
    };
    start();
    run(seed, as_chance_has_it);
    for (int times = 0; times < 2; ++times) {
      dead = false;
      go_on();
      run(seed + 1000, as_chance_has_it);
    }
    go_on();
    run(seed + 2000, accepted);
    expect_each_sent_once();
    if (HasFailure()) return;
  }
}

// Its equal record lies in a slice before it that was not read yet.
TEST_F(SlicesTest, AResumeKnowsWhatIsSettledInLaterSlices) {
  start();
  while (ingests_[3]->step() != Ingest::Step::done) {
  }
  grant(accepted);
  const std::size_t sent = taken_.size();
  ASSERT_GT(sent, 500u);
  go_on();
  while (ingests_[0]->step() != Ingest::Step::done) {  // before the last is read again
  }
  ingests_[0].reset();
  run(1, accepted);
  expect_each_sent_once();
}

TEST_F(SlicesTest, TheAudienceHasEndedWhenAllItsSlicesHave) {
  start();
  for (const std::size_t slice : {2u, 0u, 3u}) {
    while (ingests_[slice]->step() != Ingest::Step::done) {
    }
    grant(accepted);
    EXPECT_FALSE(run_->ingest_done.load());
  }
  EXPECT_EQ(report().records, kRecords / 4 * 3);
  while (ingests_[1]->step() != Ingest::Step::done) {
  }
  EXPECT_TRUE(run_->ingest_done.load());
  EXPECT_FALSE(run_->input_error);
  grant(accepted);
  expect_each_sent_once();
}

TEST_F(SlicesTest, AnAudienceThatIsNotTheSameIsFoundInAnySlice) {
  start();
  run(1, accepted);
  const Resumption known = Resumption::read(store_, record_, Purpose::finish).value();
  for (std::uint32_t slice = 0; slice < 4; ++slice) {
    ASSERT_EQ(known.mark(slice).records, kRecords / 4);
    MadeReader other(kRecords / 4, [&](std::uint64_t number) {
      return number == 1400 ? MadeRecord{"another"} : record(first_of(slice, 4) + number);
    });
    const auto same = check_audience(other, fingerprinter_, known.mark(slice), "tokens.txt");
    ASSERT_FALSE(same);
    EXPECT_THAT(same.error().what, HasSubstr("not those that were read before"));
  }
}

TEST_F(SlicesTest, ASliceThatCannotBeReadEndsTheOthers) {
  start();
  auto broken = std::make_unique<MadeReader>(300, record, 100);
  broken->fails = true;
  ingests_[2] = ingest(2, std::move(broken));
  run(3, accepted);
  ASSERT_TRUE(run_->input_error);
  EXPECT_THAT(run_->input_error->what, HasSubstr("the file ended early"));
  const Report so_far = report();
  EXPECT_LT(so_far.records, kRecords);
  EXPECT_EQ(so_far.pending, 0u);
  // What was not sent is not charged.
  EXPECT_EQ(charged(), static_cast<std::int64_t>(so_far.count(Outcome::accepted)));
}

TEST_F(SlicesTest, TheShareOfMalformedRecordsIsThatOfAllSlices) {
  start(nullptr, 0.05);  // one in thirteen is
  run(1, accepted);
  ASSERT_TRUE(run_->input_error);
  EXPECT_THAT(run_->input_error->what, HasSubstr("maxMalformed 0.05"));
  EXPECT_LT(report().records, kRecords);
}

TEST_F(SlicesTest, StoppingReleasesWhatNoBatchHolds) {
  start();
  for (int i = 0; i < 20; ++i) ASSERT_NE(ingests_[i % 4]->step(), Ingest::Step::done);
  run_->stop_ingest = true;
  run(1, accepted);
  EXPECT_LT(report().records, kRecords);
  EXPECT_EQ(charged(), static_cast<std::int64_t>(report().count(Outcome::accepted)));
}

class NoSink final : public OutcomeSink {
  void on_outcomes(std::span<const OutcomeRecord>) noexcept override {}
};

TEST_F(SlicesTest, WhereASinkIsToldOfRecordsASliceKnowsWhichIsItsFirst) {
  NoSink sink;
  sink_ = &sink;
  start();
  for (std::uint32_t slice = 0; slice < 4; ++slice) {
    EXPECT_EQ(run_->slices[slice].first_record, first_of(slice, 4));
    while (ingests_[slice]->step() != Ingest::Step::done) {
    }
  }
}

TEST_F(SlicesTest, ThreadsAtOnceSendEveryTokenOnce) {
  cut(8);
  start();
  pool_.release(pool_.try_acquire());  // known to be small: many are out at once
  std::vector<std::thread> threads;
  std::atomic<int> left{static_cast<int>(ingests_.size())};
  for (const auto& each : ingests_) {
    threads.emplace_back([&, ingest = each.get()] {
      Ingest::Step step = Ingest::Step::more;
      while (step != Ingest::Step::done) {
        step = ingest->step();
        if (step == Ingest::Step::starved) std::this_thread::yield();
      }
      --left;
    });
  }
  while (left > 0) grant(accepted);
  for (std::thread& each : threads) each.join();
  ASSERT_TRUE(run_->ingest_done.load());
  grant(accepted);
  expect_each_sent_once();
}

// The engine's way: an ingest that finds no batch waits for one in its thread.
TEST_F(SlicesTest, ThreadsThatWaitForTheFewBatchesThereAreAllComeToTheirEnd) {
  batch::Pool pool{0};  // two batches
  cut(8);
  start();
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 8; ++i) {
    ingests_[i] = std::make_unique<Ingest>(
        IngestSeams{clock_, *days_, *accounts_, [&] { return pool.acquire(); }, pool, [] {}},
        intake_, i, reader(i), fingerprinter_);
  }
  for (const auto& each : ingests_) {
    threads.emplace_back([ingest = each.get()] {
      while (ingest->step() != Ingest::Step::done) {
      }
    });
  }
  std::uint64_t records = 0;
  const auto take = [&] {
    for (batch::Batch* formed = nullptr; run_->formed.try_dequeue(formed);) {
      records += formed->size() + formed->drops().size();
      pool.release(std::unique_ptr<batch::Batch>{formed});
    }
  };
  while (!run_->ingest_done.load(std::memory_order_acquire)) take();
  for (std::thread& each : threads) each.join();
  take();
  EXPECT_EQ(records, kRecords);
  EXPECT_EQ(pool.in_use(), 0u);
}

}  // namespace
}  // namespace herald::campaign
