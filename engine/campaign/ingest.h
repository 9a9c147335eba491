// From the audience to formed batches: read, de-duplicate, charge, lay out.
//
// A state machine: each step takes one block of records as far as there are batches to put it in.
// The program runs it on a thread that waits for batches, a simulation on its executor.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "engine/audience/reader.h"
#include "engine/base/clock.h"
#include "engine/base/day.h"
#include "engine/batch/pool.h"
#include "engine/dispatch/campaign_run.h"
#include "engine/ledger/fingerprint.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/seen.h"

namespace herald::campaign {

// The share of malformed records is looked at once this many were read: a short file with a few bad
// lines is sent, the wrong file is not.
inline constexpr std::uint64_t kMalformedLookAt = 10000;

struct IngestSeams {
  const base::Clock& clock;
  base::Calendar calendar;
  ledger::Ledger& ledger;
  // An empty batch; null: none now, ask again later.
  std::function<std::unique_ptr<batch::Batch>()> acquire;
  batch::Pool& batches;        // where a batch that is not needed goes back
  std::function<void()> wake;  // the sender: something is in `formed`, or ingest is done
};

class Ingest {  // one thread
 public:
  enum class Step : std::uint8_t { more, starved, done };

  Ingest(IngestSeams seams, std::shared_ptr<dispatch::CampaignRun> campaign,
         std::unique_ptr<audience::RecordReader> reader, const ledger::Fingerprinter& fingerprinter,
         double malformed_max);

  Step step();

 private:
  bool read_block();
  void make_room();
  void judge_block();
  bool place_block();
  bool begin_batch();
  void hand_over(bool last);
  Step finish();
  void give_up(Error error);
  void release_rest();
  bool too_many_malformed() const;

  IngestSeams on_;
  std::shared_ptr<dispatch::CampaignRun> campaign_;
  const std::unique_ptr<audience::RecordReader> reader_;
  const ledger::Fingerprinter fingerprinter_;
  const double malformed_max_;
  ledger::Seen seen_;
  std::unique_ptr<batch::Batch> batch_;  // being filled
  std::uint64_t malformed_ = 0;
  bool ended_ = false;  // no block follows

  // The block at hand: its records, and what was found of each.
  std::span<const audience::Record> block_;
  std::uint64_t block_first_ = 0;  // number of its first record
  std::size_t placed_ = 0;         // of the block
  base::DaySet days_;              // it was charged for
  std::size_t tokens_ = 0;         // records of it that are tokens
  std::array<audience::Record, audience::kRecordsPerBlock> token_;
  std::array<ledger::Fingerprint, audience::kRecordsPerBlock> fingerprint_;
  std::array<ledger::Verdict, audience::kRecordsPerBlock> verdict_;
  std::size_t token_at_ = 0;  // of the next record that is one
};

}  // namespace herald::campaign
