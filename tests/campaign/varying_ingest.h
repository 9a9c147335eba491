// An ingest whose payloads differ from record to record, between an audience that is made and a
// pool that others may share.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/campaign/fold.h"
#include "engine/campaign/ingest.h"
#include "engine/campaign/outcome_map.h"
#include "tests/campaign/support.h"
#include "tests/support/made_records.h"

namespace herald::campaign {

using base::Surface;
using test::MadeReader;
using test::MadeRecord;

inline constexpr std::string_view kBroken = "-1";  // a formId that does not render

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
      : pool_(pool),
        run_(std::make_shared<dispatch::CampaignRun>(record_of(CampaignState::running))) {
    days_.show(kToday + 1);
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
    ingest_ = std::make_unique<Ingest>(
        IngestSeams{clock, days_, accounts, [this] { return pool_.try_acquire(); }, pool, [] {}},
        run_, Message{Surface{.kind = options.kind}, render}, std::move(reader), fingerprinter_,
        1.0);
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
  batch::Pool& pool_;
  dispatch::ServiceDays days_{base::Calendar{}};
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
    const auto map = OutcomeMap::read(store_, record_of(CampaignState::finished), true).value();
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

}  // namespace herald::campaign
