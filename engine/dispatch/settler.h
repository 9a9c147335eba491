// Turns a ruling of Table P into what everybody has to know: the settle record, the ledger, the
// counters and the embedder's sink.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/day.h"
#include "engine/batch/batch.h"
#include "engine/dispatch/answer.h"
#include "engine/dispatch/campaign_run.h"
#include "engine/dispatch/table_p.h"
#include "engine/ledger/accounts.h"
#include "engine/store/group.h"

namespace herald::dispatch {

class Settler {  // one thread
 public:
  // `lateness`: how long after an answer that never came the service may still take a request.
  Settler(ledger::Accounts& accounts, std::chrono::milliseconds lateness)
      : accounts_(accounts), lateness_(lateness) {}

  // Every token of the batch gets its outcome; what is proven untaken is released.
  void settle(CampaignRun& campaign, const batch::Batch& batch, const Ruling& ruling,
              const Answer& answer, base::WallTime now, base::Day day, store::GroupWriter& group);
  // The reservation is given back, and its records are pending again.
  void give_back(const CampaignRun& campaign, const batch::Batch& batch, store::Settled how,
                 base::WallTime now, base::Day day, store::GroupWriter& group);
  // What is charged in memory only: the batch was never reserved.
  void release_charge(const CampaignRun& campaign, const batch::Batch& batch);
  // The outcomes of records that are not sent, once the group that covers them is durable.
  void count_drops(CampaignRun& campaign, const batch::Batch& batch);

 private:
  enum class Part : std::uint8_t { all, listed, unlisted };
  std::span<const ledger::Fingerprint> tokens_of(const batch::Batch& batch, Part part,
                                                 const Answer& answer);
  static batch::Fate fate_after(const batch::Batch& batch, Outcome outcome, Reason reason);
  void tell(CampaignRun& campaign, const batch::Batch& batch, const batch::Fate& rest);

  ledger::Accounts& accounts_;
  const std::chrono::milliseconds lateness_;
  std::vector<bool> is_listed_;
  std::vector<ledger::Fingerprint> fingerprints_;
  std::vector<store::Exception> exceptions_;
  std::vector<OutcomeRecord> told_;
  std::vector<std::string> tokens_;
};

}  // namespace herald::dispatch
