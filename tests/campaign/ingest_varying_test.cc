// Ingest where payloads differ from record to record: a batch for each rendering, and every record
// still ends exactly once.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <random>
#include <set>

#include "engine/campaign/fold.h"
#include "engine/campaign/ingest.h"
#include "engine/campaign/outcome_map.h"
#include "tests/campaign/support.h"
#include "tests/support/made_records.h"

namespace herald::campaign {
namespace {

using base::Surface;
using test::MadeReader;
using test::MadeRecord;

constexpr std::string_view kBroken = "-1";  // a formId that does not render

// One campaign's ingest; batches come from a pool that others may share.
class VaryingIngest {
 public:
  struct Options {
    Surface::Kind kind = Surface::Kind::card;
    std::uint32_t batch_tokens_max = batch::kTokensMax;
    std::uint32_t form_limit = 2;
    std::uint16_t total_limit = 3000;
  };

  VaryingIngest(SetClock& clock, ledger::Accounts& accounts, batch::Pool& pool,
                std::unique_ptr<MadeReader> reader, const Options& options)
      : accounts_(accounts),
        pool_(pool),
        run_(std::make_shared<dispatch::CampaignRun>(record_of(CampaignState::running))) {
    run_->charge = {.total_limit = options.total_limit};
    run_->scenario.limits.form = options.form_limit;
    run_->batch_tokens_max = options.batch_tokens_max;
    const auto render = [kind = options.kind](const base::RecordFields& fields, std::string& body,
                                              Surface& surface) {
      const std::string_view id = fields[base::RecordField::form_id];
      body += fmt::format("{{\"formId\":{},\"target\":[", id);
      if (id == kBroken) return Reason::payload_rule;  // with what it had written left behind
      if (kind == Surface::Kind::none) return Reason::none;
      surface.id = std::strtoll(std::string{id}.c_str(), nullptr, 10);
      const std::string version{fields[base::RecordField::version]};
      if (!version.empty()) surface.version = std::strtoll(version.c_str(), nullptr, 10);
      return Reason::none;
    };
    ingest_ =
        std::make_unique<Ingest>(IngestSeams{clock, calendar_, accounts,
                                             [this] { return pool_.try_acquire(); }, pool, [] {}},
                                 run_, Message{Surface{.kind = options.kind}, render},
                                 std::move(reader), fingerprinter_, 1.0);
  }
  ~VaryingIngest() {
    while (auto batch = formed()) pool_.release(std::move(batch));
  }

  Ingest::Step step() { return ingest_->step(); }
  void stop() { run_->stop_ingest = true; }
  std::unique_ptr<batch::Batch> formed() {
    batch::Batch* batch = nullptr;
    return run_->formed.try_dequeue(batch) ? std::unique_ptr<batch::Batch>{batch} : nullptr;
  }
  dispatch::CampaignRun& run() { return *run_; }
  ledger::Fingerprint fingerprint(const std::string& token) const { return fingerprinter_(token); }

 private:
  ledger::Accounts& accounts_;
  batch::Pool& pool_;
  base::Calendar calendar_;
  ledger::Fingerprinter fingerprinter_{42, "", "demo"};
  std::shared_ptr<dispatch::CampaignRun> run_;
  std::unique_ptr<Ingest> ingest_;
};

// A batch as it was handed over.
struct Formed {
  std::string prefix;
  Surface surface;
  base::DaySet days;
  std::uint64_t first;
  std::uint32_t records;
  bool last;
  std::vector<std::pair<std::uint64_t, std::string>> tokens;  // by record
  std::vector<ledger::Fingerprint> fingerprints;
  std::vector<std::pair<std::uint64_t, Reason>> drops;
};

class IngestVarying : public testing::Test {
 protected:
  using Options = VaryingIngest::Options;

  void start_anew() {
    ingest_.reset();  // before what it stands on
    accounts_ = std::make_unique<ledger::Accounts>();
    store_ = {};
    formed_.clear();
  }
  void begin(std::uint64_t records, MadeReader::Make make, const Options& options = {},
             std::size_t memory = std::size_t{1} << 30,
             std::size_t block = audience::kRecordsPerBlock) {
    kind_ = options.kind;
    records_ = records;
    make_ = make;
    pool_ = std::make_unique<batch::Pool>(memory);
    auto reader = std::make_unique<MadeReader>(records, std::move(make), block);
    reader->fails = reader_fails_;
    ingest_ =
        std::make_unique<VaryingIngest>(clock_, *accounts_, *pool_, std::move(reader), options);
  }
  // As the dispatcher does: reserved in the order of the lane, accepted, and back to the pool.
  bool take_one() {
    auto batch = ingest_->formed();
    if (batch == nullptr) return false;
    Formed formed{batch->prefix,
                  batch->surface,
                  batch->days,
                  batch->first_record,
                  batch->records,
                  batch->last,
                  {},
                  {},
                  {}};
    for (std::size_t i = 0; i < batch->size(); ++i) {
      formed.tokens.emplace_back(batch->first_record + batch->entries()[i].record, batch->token(i));
      formed.fingerprints.push_back(batch->entries()[i].fingerprint);
    }
    for (const batch::Drop& drop : batch->drops()) {
      formed.drops.emplace_back(batch->first_record + drop.record, drop.reason);
    }
    store::GroupWriter group;
    const store::BatchId id = batch->size() > 0 ? store_.new_batch_id() : 0;
    group.reservation({.campaign = kCampaign,
                       .batch = id,
                       .surface = batch->surface,
                       .days = batch->size() > 0 ? batch->days : base::DaySet{kToday, false},
                       .first_record = batch->first_record,
                       .records = batch->records},
                      batch->entries(), batch->drops());
    if (batch->last) {
      group.audience_end(kCampaign, 0, batch->first_record + batch->records, kToday);
    }
    if (id != 0) {
      group.settle({.batch = id,
                    .campaign = kCampaign,
                    .outcome = Outcome::accepted,
                    .tokens = batch->size()},
                   kToday);
    }
    store_.add(group);
    formed_.push_back(std::move(formed));
    pool_->release(std::move(batch));
    return true;
  }
  // To the end, sending one batch whenever ingest has none.
  void finish() {
    for (;;) {
      const Ingest::Step step = ingest_->step();
      if (step == Ingest::Step::done) break;
      if (step != Ingest::Step::starved) continue;
      ASSERT_TRUE(take_one()) << "it waits for a batch for ever";
    }
    while (take_one()) {
    }
    EXPECT_TRUE(ingest_->run().ingest_done.load());
  }
  // Each of the first `records` records is in one place, the fold and the map agree on it, and what
  // is sent is what was rendered.
  void expect_each_once(std::uint64_t records, const MadeReader::Make& make) {
    std::vector<int> seen(records, 0);
    std::uint64_t sent = 0;
    for (const Formed& formed : formed_) {
      for (const auto& [record, token] : formed.tokens) {
        ASSERT_LT(record, records);
        ++seen[record];
        const MadeRecord made = make(record);
        ASSERT_EQ(token, made.token);
        ASSERT_EQ(formed.prefix, fmt::format("{{\"formId\":{},\"target\":[", made.form_id));
        if (formed.surface) {
          ASSERT_EQ(std::to_string(formed.surface.id), made.form_id);
        }
        ++sent;
      }
      for (const auto& [record, reason] : formed.drops) {
        ASSERT_LT(record, records);
        ++seen[record];
      }
      if (!formed.tokens.empty()) {
        ASSERT_TRUE(formed.drops.empty()) << "drops have batches of their own";
      }
    }
    for (std::uint64_t i = 0; i < records; ++i) ASSERT_EQ(seen[i], 1) << "record " << i;

    const auto report = fold_campaign(store_, record_of(CampaignState::finished), false);
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(report->records, records);
    EXPECT_EQ(report->pending, 0u);
    EXPECT_EQ(report->count(Outcome::accepted), sent);
    const auto map = OutcomeMap::read(store_, record_of(CampaignState::finished)).value();
    ASSERT_EQ(map.records(), records);
    for (std::uint64_t i = 0; i < records; ++i) ASSERT_TRUE(map.at(i)) << i;
  }
  // What the batches hold is all that is charged; given back, nothing is.
  void expect_charged_is_what_is_formed() {
    std::map<ledger::Fingerprint, std::map<base::Day, std::uint32_t>> formed;
    for (const Formed& each : formed_) {
      for (const ledger::Fingerprint token : each.fingerprints) {
        for (base::Day day = each.days.first; day <= each.days.last(); ++day) ++formed[token][day];
      }
    }
    accounts_->devices.for_each([&](ledger::Fingerprint token, const ledger::DeviceState& device) {
      // Earlier days are over for that device.
      EXPECT_EQ(device.total[0], formed[token][device.base]);
      EXPECT_EQ(device.total[1], formed[token][device.base + 1]);
    });
    for (const Formed& each : formed_) {
      accounts_->release(each.fingerprints, {each.days, false, false, each.surface, ""});
    }
    accounts_->devices.for_each([&](ledger::Fingerprint, const ledger::DeviceState& device) {
      EXPECT_EQ(device.total[0] + device.total[1], 0u);
    });
    if (kind_ == Surface::Kind::none) return;
    for (std::uint64_t record = 0; record < records_; ++record) {
      const MadeRecord made = make_(record);
      const Surface surface{.kind = kind_, .id = std::strtoll(made.form_id.c_str(), nullptr, 10)};
      const auto key = ledger::Surfaces::key(ingest_->fingerprint(made.token), surface);
      for (const base::Day day : {kToday, kToday + 1}) {
        ASSERT_EQ(
            accounts_->surfaces.look(key, {surface, {day, false}, true}, {1, {1, 1}}, clock_.now),
            ledger::Verdict::charged)
            << "record " << record << " is still charged";
      }
    }
  }
  std::vector<std::string> order() const {
    std::vector<std::string> forms;
    for (const Formed& formed : formed_) {
      if (!formed.tokens.empty()) forms.push_back(std::to_string(formed.surface.id));
    }
    return forms;
  }

  SetClock clock_;
  std::unique_ptr<ledger::Accounts> accounts_ = std::make_unique<ledger::Accounts>();
  MemoryStore store_;
  bool reader_fails_ = false;
  Surface::Kind kind_ = Surface::Kind::none;
  std::uint64_t records_ = 0;
  MadeReader::Make make_;
  std::unique_ptr<batch::Pool> pool_;
  std::unique_ptr<VaryingIngest> ingest_;
  std::vector<Formed> formed_;
};

std::string token(std::uint64_t number) { return fmt::format("token-{:07}", number); }

TEST_F(IngestVarying, RecordsThatRenderTheSameShareABatch) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, std::to_string(record % 3)};
  };
  begin(3003, make);
  finish();
  expect_each_once(3003, make);
  ASSERT_EQ(formed_.size(), 7u);  // three full, three with one, and the end
  for (int i = 0; i < 3; ++i) EXPECT_EQ(formed_[i].tokens.size(), 1000u);
  for (int i = 3; i < 6; ++i) EXPECT_EQ(formed_[i].tokens.size(), 1u);
  EXPECT_TRUE(formed_.back().last);
  EXPECT_TRUE(formed_.back().tokens.empty());
  expect_charged_is_what_is_formed();
}

TEST_F(IngestVarying, WithoutSurfacesTokensAreChargedToDevicesAlone) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record % 50), Reason::none, std::to_string(record % 2)};
  };
  begin(60, make, {.kind = Surface::Kind::none});
  finish();
  expect_each_once(60, make);
  std::uint64_t sent = 0;
  for (const Formed& formed : formed_) {
    EXPECT_FALSE(formed.surface);
    sent += formed.tokens.size();
  }
  EXPECT_EQ(sent, 50u) << "with another payload a token is still a duplicate";
  expect_charged_is_what_is_formed();
}

TEST_F(IngestVarying, WithSurfacesATokenMayHaveSeveral) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(0), Reason::none, std::to_string(record % 30)};
  };
  begin(60, make);
  finish();
  expect_each_once(60, make);
  std::uint64_t duplicates = 0;
  for (const Formed& formed : formed_) duplicates += formed.drops.size();
  EXPECT_EQ(duplicates, 30u);
  expect_charged_is_what_is_formed();
}

TEST_F(IngestVarying, ARecordThatDoesNotRenderIsMalformedAndLeavesNothing) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, record % 2 == 0 ? "7" : std::string{kBroken}};
  };
  begin(10, make);
  finish();
  expect_each_once(10, make);
  ASSERT_EQ(order(), std::vector<std::string>{"7"});
  EXPECT_EQ(formed_[0].tokens.size(), 5u);
  EXPECT_EQ(formed_[1].drops.size(), 5u);
  for (const auto& [record, reason] : formed_[1].drops) EXPECT_EQ(reason, Reason::payload_rule);
  expect_charged_is_what_is_formed();
}

TEST_F(IngestVarying, WithMoreThan256TheOneUsedLongestAgoGoes) {
  // 0 to 255, then 0 again, then 256, 257: 1 and 2 go.
  const auto make = [](std::uint64_t record) {
    const std::uint64_t form = record < 256 ? record : record == 256 ? 0 : record - 1;
    return MadeRecord{token(record), Reason::none, std::to_string(form)};
  };
  begin(259, make);
  ASSERT_EQ(ingest_->step(), Ingest::Step::more);
  while (take_one()) {
  }
  EXPECT_EQ(order(), (std::vector<std::string>{"1", "2"}));
  finish();
  expect_each_once(259, make);
  EXPECT_EQ(order().size(), 258u);
}

TEST_F(IngestVarying, OneTokenARequestIsABatchEach) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, std::to_string(record % 4)};
  };
  begin(2000, make, {.batch_tokens_max = 1});
  finish();
  expect_each_once(2000, make);
  for (const Formed& formed : formed_) EXPECT_LE(formed.tokens.size(), 1u);
  ASSERT_EQ(order().size(), 2000u);
  for (std::size_t i = 0; i < 2000; ++i) ASSERT_EQ(formed_[i].first, i) << "in the file's order";
}

TEST_F(IngestVarying, ANewDayClosesEachBatchThatGetsMore) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, record < 4 ? "1" : std::to_string(record % 2)};
  };
  begin(12, make, {}, std::size_t{1} << 30, 4);
  clock_.now = noon(kToday) + std::chrono::hours{12} - std::chrono::minutes{10};
  ASSERT_EQ(ingest_->step(), Ingest::Step::more);
  clock_.now += std::chrono::minutes{9} + std::chrono::seconds{30};  // both days
  ASSERT_EQ(ingest_->step(), Ingest::Step::more);
  clock_.now += std::chrono::minutes{1};
  finish();
  expect_each_once(12, make);
  std::vector<std::pair<std::string, base::DaySet>> all;
  for (const Formed& formed : formed_) {
    if (!formed.tokens.empty()) all.emplace_back(std::to_string(formed.surface.id), formed.days);
  }
  const base::DaySet today{kToday, false};
  const base::DaySet both{kToday, true};
  const base::DaySet tomorrow{kToday + 1, false};
  EXPECT_THAT(all,
              testing::UnorderedElementsAre(testing::Pair("1", today), testing::Pair("0", both),
                                            testing::Pair("1", both), testing::Pair("0", tomorrow),
                                            testing::Pair("1", tomorrow)));
  expect_charged_is_what_is_formed();
}

// A payload that few records have must not keep its token waiting to the end of the audience.
TEST_F(IngestVarying, ARareRecordDoesNotWaitForTheEndOfAMillionOthers) {
  constexpr std::uint64_t kMany = (std::uint64_t{1} << 20) + 5000;
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(0), record == 0 ? Reason::none : Reason::empty, "1"};
  };
  begin(kMany, make);
  std::uint64_t records = 0;
  while (order().empty() && records < kMany) {
    ASSERT_EQ(ingest_->step(), Ingest::Step::more);
    records += audience::kRecordsPerBlock;
    while (take_one()) {
    }
  }
  ASSERT_LT(records, kMany) << "it has not gone";
  EXPECT_EQ(order().front(), "1");
  finish();
  for (const Formed& formed : formed_) {
    EXPECT_LE(formed.records, (1u << 20) + audience::kRecordsPerBlock);
  }
}

TEST_F(IngestVarying, TheSmallestPoolIsEnough) {
  for (const std::uint32_t most : {1u, 2u, 1000u}) {
    SCOPED_TRACE(most);
    start_anew();
    const auto make = [](std::uint64_t record) {
      return MadeRecord{token(record), record % 7 == 0 ? Reason::empty : Reason::none,
                        std::to_string(record % 5)};
    };
    begin(700, make, {.batch_tokens_max = most}, 0);
    finish();
    expect_each_once(700, make);
    expect_charged_is_what_is_formed();
  }
}

// Each holds what it fills while it waits for another batch, and there are only two.
TEST_F(IngestVarying, TwoCampaignsWithTheSmallestPoolDoNotWaitForEachOther) {
  batch::Pool pool{0};
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), record % 2 == 0 ? Reason::empty : Reason::none,
                      std::to_string(record % 3)};
  };
  std::vector<std::unique_ptr<VaryingIngest>> both;
  for (int i = 0; i < 2; ++i) {
    both.push_back(std::make_unique<VaryingIngest>(
        clock_, *accounts_, pool, std::make_unique<MadeReader>(100, make, 1), Options{}));
  }
  std::array<bool, 2> done{};
  int idle = 0;
  while (!done[0] || !done[1]) {
    bool moved = false;
    for (std::size_t i = 0; i < 2; ++i) {
      if (done[i]) continue;
      const Ingest::Step step = both[i]->step();
      done[i] = step == Ingest::Step::done;
      moved |= step != Ingest::Step::starved;
    }
    for (auto& each : both) {
      while (auto batch = each->formed()) {
        pool.release(std::move(batch));
        moved = true;
      }
    }
    ASSERT_LT(idle = moved ? 0 : idle + 1, 3) << "they wait for each other";
  }
}

TEST_F(IngestVarying, StoppedInTheMiddleNothingStaysChargedThatIsInNoBatch) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, std::to_string(record)};
  };
  begin(5000, make, {}, 0);
  for (int i = 0; i < 100; ++i) {
    if (ingest_->step() == Ingest::Step::starved) take_one();
  }
  ingest_->stop();
  finish();
  EXPECT_GT(formed_.size(), 10u);
  EXPECT_LT(formed_.size(), 1000u);
  expect_each_once(formed_.size(), make);
  expect_charged_is_what_is_formed();
}

TEST_F(IngestVarying, AFileThatEndsEarlyKeepsWhatWasRead) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, std::to_string(record % 5)};
  };
  reader_fails_ = true;
  begin(3000, make);
  finish();
  EXPECT_TRUE(ingest_->run().input_error);
  expect_each_once(3000, make);
  for (const Formed& formed : formed_) EXPECT_FALSE(formed.last);
}

// Everything at once, from a seed.
TEST_F(IngestVarying, WhateverComesEveryRecordEndsOnce) {
  const char* given = std::getenv("HERALD_SEED");
  std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  for (int i = 0; i < 100; ++i, ++seed) {
    SCOPED_TRACE("HERALD_SEED=" + std::to_string(seed));
    std::mt19937_64 random{seed};
    const auto one_in = [&](std::uint64_t n) { return random() % n == 0; };
    start_anew();
    clock_.now =
        noon(kToday) + (one_in(2) ? std::chrono::minutes{12 * 60 - 3} : std::chrono::minutes{0});
    const std::uint64_t records = random() % 3000;
    const std::uint64_t forms = one_in(2) ? 1 + random() % 5 : 1 + random() % 600;
    const std::uint64_t tokens = 1 + random() % 4000;
    const std::uint64_t salt = random();
    const auto make = [=](std::uint64_t record) {
      std::mt19937_64 own{salt + record};
      MadeRecord made{token(own() % tokens), Reason::none, std::to_string(own() % forms)};
      if (own() % 10 == 0) made.malformed = Reason::empty;
      if (own() % 10 == 0) made.form_id = kBroken;
      if (own() % 2 == 0) made.version = std::to_string(forms);
      return made;
    };
    const auto visible = [=](std::uint64_t record) { return make(record); };
    const std::uint32_t sizes[] = {1, 2, 10, 1000};
    const Surface::Kind kinds[] = {Surface::Kind::none, Surface::Kind::card,
                                   Surface::Kind::activity};
    const bool small_pool = one_in(2);
    begin(records, make,
          {.kind = kinds[random() % 3],
           .batch_tokens_max = sizes[random() % 4],
           .form_limit = static_cast<std::uint32_t>(random() % 3),
           .total_limit = static_cast<std::uint16_t>(one_in(2) ? 3000 : 1 + random() % 5)},
          small_pool ? 0 : std::size_t{64} << 20, 1 + random() % audience::kRecordsPerBlock);
    const std::uint64_t stop_after = one_in(3) ? random() % 20 : ~std::uint64_t{0};
    for (std::uint64_t steps = 0;; ++steps) {
      if (steps == stop_after) ingest_->stop();
      const Ingest::Step step = ingest_->step();
      if (step == Ingest::Step::done) break;
      if (step == Ingest::Step::starved) {
        ASSERT_TRUE(take_one());
      }
      while (one_in(2) && take_one()) {
      }
      if (one_in(10)) clock_.now += std::chrono::seconds{random() % 120};
    }
    while (take_one()) {
    }
    const bool whole = !formed_.empty() && formed_.back().last;
    std::uint64_t placed = 0;
    for (const Formed& each : formed_) placed += each.tokens.size() + each.drops.size();
    if (whole) {
      ASSERT_EQ(placed, records);
    } else {
      ASSERT_NE(stop_after, ~std::uint64_t{0});
    }
    // A version may have been rendered twice for one form: the surface is the first's.
    expect_each_once(placed, visible);
    expect_charged_is_what_is_formed();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace herald::campaign
