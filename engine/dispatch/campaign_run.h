// One campaign while it runs: what ingest hands to the sender, and what the sender knows of it.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/batch/batch.h"
#include "engine/dispatch/pacer.h"
#include "engine/ledger/accounts.h"
#include "engine/store/store.h"
#include "herald/outcome.h"
#include "herald/report.h"

namespace herald::dispatch {

struct CampaignRun {
  explicit CampaignRun(store::CampaignRecord campaign)
      : slices(campaign.slices()), record(std::move(campaign)) {}

  // --- fixed before anything starts ---

  std::string push_type;  // the header's value
  std::string prefix;     // of the body, before the tokens
  std::string suffix;
  ledger::Charge charge;  // limits and class; its days are set when batches are formed
  ledger::Scenario scenario;
  std::optional<base::WallTime> start_at;
  std::optional<base::WallTime> expires;
  std::uint32_t rate = 0;  // devices per second; 0: the app's
  std::uint32_t batch_tokens_max = batch::kTokensMax;
  OutcomeSink* sink = nullptr;
  bool at_least_once = false;  // what is ambiguous is sent once more, with a charge of its own
  bool resumed = false;        // its audience is read again
  // Only what is ambiguous is sent again; the campaign stays in this state.
  std::optional<CampaignState> resends_in;
  std::function<void()> interrupt_reading;  // ingest may wait for bytes that never come; or empty

  // --- from the ingest threads to the sender thread ---

  // Formed batches, those of a slice in its order: a producer for each. Bounded by the batch pool.
  moodycamel::ConcurrentQueue<batch::Batch*> formed;
  std::atomic<bool> stop_ingest{false};  // relaxed: ingest looks at every block, late is fine
  std::atomic<bool> ingest_done{false};  // release/acquire: every batch is in `formed` before it
  std::function<void()> before_wait;     // ingest's own, of one slice: nothing comes for now
  std::optional<Error> input_error;      // set before ingest_done
  std::uint64_t content_digest = 0;      // likewise
  struct Slice {
    // In the audience: of the slice's first record. Set before its first batch where there is a
    // sink to tell, else 0: what lies before it may not have been counted yet.
    std::uint64_t first_record = 0;
    std::uint64_t content_digest = 0;  // set before ingest_done
    std::uint64_t marked = 0;  // the sender thread's: its records that a mark in the store covers
  };
  std::vector<Slice> slices;

  // --- the sender thread's ---

  enum class Phase : std::uint8_t {
    running,
    stopping,  // grants no more; waits for ingest and for what is in flight
    stopped,
  };
  Phase phase = Phase::running;
  store::CampaignRecord record;  // counters and state, as they will be stored
  std::optional<std::string> pause_reason;
  bool cancelled = false;        // stopping, or stopped, for good
  std::uint64_t given_back = 0;  // records whose reservation was, and that have no new one
  base::BootTime started{};
  std::optional<Pacer> pacer;        // of the campaign, where its rate is below the app's
  std::deque<batch::Batch*> lane;    // formed and not granted; bounded by the batch pool
  std::uint32_t granted = 0;         // batches from their grant to their end
  std::uint64_t last_group = 0;      // the dispatcher's number of the group with its last news
  bool proven = false;               // a positive answer was had: more than one may be in flight
  std::uint64_t answered = 0;        // requests, whatever the answer
  std::uint32_t unreadable = 0;      // answers in a row
  std::uint32_t refused_tokens = 0;  // in a row

  // --- counters: read by progress; relaxed, each stands alone ---

  std::atomic<std::uint64_t> records_read{0};
  std::atomic<std::uint64_t> bytes_read{0};
  std::uint64_t bytes_total = 0;
  std::array<std::atomic<std::uint64_t>, kOutcomes> outcomes{};

  // Ingest reads no more, and waits for nothing. Any thread.
  void end_ingest() {
    stop_ingest.store(true, std::memory_order_relaxed);
    if (interrupt_reading) interrupt_reading();
  }

  void count(Outcome outcome, std::int64_t more) {
    outcomes[static_cast<std::size_t>(outcome)].fetch_add(static_cast<std::uint64_t>(more),
                                                          std::memory_order_relaxed);
  }
  std::uint64_t counted(Outcome outcome) const {
    return outcomes[static_cast<std::size_t>(outcome)].load(std::memory_order_relaxed);
  }

  // --- for those who wait ---

  std::mutex mutex;
  std::condition_variable stopped_changed;
  std::string trouble;                 // guarded by mutex: why nothing moves
  bool stopped = false;                // guarded by mutex
  bool clock_in_doubt = false;         // guarded by mutex: that is why it paused
  store::CampaignRecord final_record;  // guarded by mutex, once stopped
  std::optional<Error> failure;        // guarded by mutex: the store failed
  std::function<void()> on_stopped;    // called by the sender thread, for a simulation
};

// What the batch's tokens were charged, each.
inline ledger::Charged charged_of(const CampaignRun& campaign, const batch::Batch& batch) {
  return {batch.days, batch.marketing, batch.test, batch.surface, campaign.scenario.project};
}

}  // namespace herald::dispatch
