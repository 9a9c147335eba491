// From a slice of the audience to formed batches: read, render, de-duplicate, charge, lay out.
//
// A state machine: each step takes one block of records as far as there are batches to put it in.
// The program runs it on a thread that waits for batches, a simulation on its executor. Batches of
// different slices come in no order; of equal tokens in them one is sent, whichever was judged
// first.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/audience/reader.h"
#include "engine/base/clock.h"
#include "engine/base/day.h"
#include "engine/base/record_fields.h"
#include "engine/base/surface.h"
#include "engine/batch/pool.h"
#include "engine/campaign/intake.h"
#include "engine/campaign/judge.h"
#include "engine/campaign/open_groups.h"
#include "engine/campaign/records_digest.h"
#include "engine/campaign/resumption.h"
#include "engine/dispatch/campaign_run.h"
#include "engine/dispatch/service_days.h"
#include "engine/ledger/accounts.h"
#include "engine/ledger/fingerprint.h"

namespace herald::campaign {

struct IngestSeams {
  const base::Clock& clock;
  dispatch::ServiceDays& days;
  ledger::Accounts& accounts;
  // An empty batch; null: none now, ask again later.
  std::function<std::unique_ptr<batch::Batch>()> acquire;
  batch::Pool& batches;        // where a batch that is not needed goes back
  std::function<void()> wake;  // the sender: something is in `formed`, or ingest is done
};

class Ingest {  // one thread
 public:
  enum class Step : std::uint8_t {
    more,
    starved,  // of batches, or of the service's day: nothing is charged before it is known
    done,
  };

  // `reader`: of that slice.
  Ingest(IngestSeams seams, std::shared_ptr<Intake> intake, std::uint32_t slice,
         std::unique_ptr<audience::RecordReader> reader,
         const ledger::Fingerprinter& fingerprinter);
  // Of an audience that is one slice.
  Ingest(IngestSeams seams, std::shared_ptr<dispatch::CampaignRun> campaign, Message message,
         std::unique_ptr<audience::RecordReader> reader, const ledger::Fingerprinter& fingerprinter,
         double malformed_max, std::unique_ptr<const Resumption> resumption = nullptr)
      : Ingest(std::move(seams),
               std::make_shared<Intake>(std::move(campaign), std::move(message), malformed_max,
                                        std::move(resumption)),
               0, std::move(reader), fingerprinter) {}
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  Step step();
  // Within a step, while the audience has nothing more for now: what was read goes out as it is.
  void flush();

 private:
  // A record of the block that has a token, and what was found of it.
  struct Rendering {
    std::size_t begin = 0;  // in renderings_
    std::size_t size = 0;
  };

  bool read_block();
  void make_room();
  void take_tokens(const audience::Block& block);
  void render_tokens(const audience::Block& block);
  void judge_block();
  void recognise();
  void judge_known(std::span<const base::Surface> on, base::WallTime now);
  void note_records(const audience::Block& block);
  bool place_block();
  std::size_t charged_run() const;
  void place_run(std::size_t run);
  bool place_token(std::size_t at, Reason resends);
  bool place_rendered(std::size_t at, Reason resends);
  bool place_drop(Outcome outcome, Reason reason);
  bool begin_batch(Reason resends = Reason::none);
  std::unique_ptr<batch::Batch> new_batch();
  void append(batch::Batch& batch, std::size_t at);
  void hand_over(std::unique_ptr<batch::Batch> batch);
  void hand_over_groups();
  void hand_over_wide();
  Step finish();
  void release_rest();
  bool only_again() const {
    return resumption_ && resumption_->purpose() == Resumption::Purpose::again;
  }
  std::uint64_t number() const { return block_first_ + placed_; }  // of the record to be placed

  IngestSeams on_;
  const std::shared_ptr<Intake> intake_;
  dispatch::CampaignRun* const campaign_;  // the intake's, as what follows
  const Message& message_;
  const Resumption* const resumption_;  // null: nothing of the audience is known
  const std::uint32_t slice_;
  const std::unique_ptr<audience::RecordReader> reader_;
  const ledger::Fingerprinter fingerprinter_;
  Judge judge_;
  std::unique_ptr<batch::Batch> batch_;  // being filled; where payloads vary, with drops only
  OpenGroups groups_;                    // where they do
  std::uint64_t bytes_told_ = 0;         // of those read
  bool begun_ = false;
  bool ended_ = false;  // no block follows
  RecordsDigest digest_;
  store::AudienceMark mark_;  // of digest_, when it was last asked

  // The block at hand: why each record cannot be sent, if so, and what was found of the others.
  std::size_t block_size_ = 0;
  std::uint64_t block_first_ = 0;  // number of its first record
  std::size_t placed_ = 0;         // of the block
  base::DaySet days_;              // it was charged for
  std::array<Reason, audience::kRecordsPerBlock> malformed_as_;
  // Of each record, where the campaign goes on.
  std::array<Resumption::Known, audience::kRecordsPerBlock> known_;
  std::array<Reason, audience::kRecordsPerBlock> resends_;
  std::size_t tokens_ = 0;  // records of it that have one
  std::array<audience::Record, audience::kRecordsPerBlock> token_;
  std::array<base::Surface, audience::kRecordsPerBlock> surface_;
  std::array<Rendering, audience::kRecordsPerBlock> rendering_;
  std::string renderings_;  // one behind the other
  std::array<ledger::Fingerprint, audience::kRecordsPerBlock> fingerprint_;
  std::array<ledger::Verdict, audience::kRecordsPerBlock> verdict_;
  std::size_t token_at_ = 0;  // of the next record that has one
};

}  // namespace herald::campaign
