// Takes formed batches and sees to it that each ends: grants them, has them reserved, sends them,
// and settles what the answers prove. One app on one sender thread, whatever threads its
// connections are spread over.
//
//   formed ─▶ grant (credit, stream, days) ─▶ reserved, synced ─▶ ready ─▶ in flight ─▶ settled
//                                                  ▲                         │
//                                                  └── retries ◀── Table P ──┘
//
// A state machine: events in (a wake-up, a durable group, an ended request, a timer), calls to the
// seams out. Nothing here blocks.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/day.h"
#include "engine/base/executor.h"
#include "engine/base/random.h"
#include "engine/batch/pool.h"
#include "engine/dispatch/answer.h"
#include "engine/dispatch/campaign_run.h"
#include "engine/dispatch/clock_check.h"
#include "engine/dispatch/credentials.h"
#include "engine/dispatch/in_flight.h"
#include "engine/dispatch/pacer.h"
#include "engine/dispatch/retries.h"
#include "engine/dispatch/service_days.h"
#include "engine/dispatch/settler.h"
#include "engine/dispatch/table_p.h"
#include "engine/ledger/accounts.h"
#include "engine/store/group.h"
#include "engine/store/store.h"
#include "engine/transport/connections.h"

namespace herald::dispatch {

// How much a commit group reserves at most, in tokens, and what a small batch counts as: 32
// requests of 1000 tokens, or 512 of one.
inline constexpr std::uint32_t kGrantTokensMax = 32 * batch::kTokensMax;
inline constexpr std::uint32_t kBatchCountsAsMin = batch::kTokensMax / 16;
// Durable and unsent: when so little is left, more is granted. With those it is what a crash leaves
// in doubt although it was never sent.
inline constexpr std::uint32_t kReadyLow = 8 * batch::kTokensMax;

// What a dispatcher stands on; all of it outlives the dispatcher.
struct Seams {
  base::Executor& executor;
  const base::Clock& clock;
  base::Random& random;
  store::Store& store;
  ledger::Accounts& accounts;
  ServiceDays& days;  // of all apps, and of ingest
  batch::Pool& batches;
  transport::StreamFactory& streams;
  Credentials& credentials;
  std::vector<transport::Place> others{};  // sender threads that take connections of the app, too
};

struct AppSettings {
  std::string name;
  std::string path;       // /v3/{projectId}/messages:send
  std::string authority;  // host, or host:port
  std::uint32_t rate = 6000;
  std::uint32_t connections_max = 16;
  transport::Timing timing;
  base::Calendar calendar;
};

// What a batch counts as among those that are granted and ready.
inline std::uint32_t counts_as(const batch::Batch& batch) {
  return std::max(batch.size(), kBatchCountsAsMin);
}

class Dispatcher final : private transport::Connections::Owner {
 public:
  Dispatcher(const Seams& seams, AppSettings app);
  ~Dispatcher() override;

  // Executor's thread. The campaign's record is in the store; it stays until it is stopped.
  void start(std::shared_ptr<CampaignRun> campaign);
  // Any thread. A batch was formed, or ingest is done.
  void wake();
  // Executor's thread. Ends it as `paused`: settles what is in flight, voids the rest.
  void pause(CampaignRun& campaign, std::string reason);
  // The same, but it ends as `cancelled`; one that is being paused, too.
  void cancel(CampaignRun& campaign);
  // For a simulation, in which a process is killed: lets go of all it holds. Nothing is settled,
  // stored or sent any more.
  void abandon();

 private:
  using Batch = batch::Batch;

  // Events.
  void on_ended(void* tag, const transport::Ended& ended) override;
  void on_unsent(void* tag) override;
  void on_capacity() override { schedule(); }
  void on_durable(std::uint64_t sequence);
  void on_store_failed(const Error& error);
  void fail(CampaignRun& campaign);
  void discard_formed();

  // The turn of the wheel: everything that can go on, goes on.
  void schedule();
  void turn();
  ClockCheck::Verdict check_clock(base::BootTime now);
  void probe();
  void on_probe_ended(const transport::Ended& ended);
  void pause_doubtful(base::BootTime now);
  void pause_for_clock(CampaignRun& campaign, const std::string& reason);
  void take_due_retries(base::BootTime now);
  void make_ready(Batch& batch);
  void send_ready();
  void expire_ready(base::WallTime now);
  bool still_fits(CampaignRun& campaign, Batch& batch, base::WallTime now);
  void submit(CampaignRun& campaign, Batch& batch);
  void grant(base::BootTime now, ClockCheck::Verdict clock);
  CampaignRun* next_campaign(base::WallTime now);
  void prepare(CampaignRun& campaign, Batch& batch);
  void charge_again(CampaignRun& campaign, Batch& batch, base::DaySet days);
  void drop_old(CampaignRun& campaign, Batch& batch);
  bool has_credit(std::uint32_t devices, base::BootTime now);
  void reserve(CampaignRun& campaign, Batch& batch);
  void commit();
  void check_endpoint(base::BootTime now);
  void tell_trouble(const std::string& trouble);
  void sleep(base::BootTime now);
  void wake_at(base::BootTime when) { wake_at_ = std::min(wake_at_, when); }

  // What Table P says is next for a batch.
  void settle(CampaignRun& campaign, Batch& batch, const Ruling& ruling, const Answer& answer);
  void resend(CampaignRun& campaign, Batch& batch, const Ruling& ruling, const Answer& answer);
  void send_again(CampaignRun& campaign, Batch& batch, const Ruling& ruling);
  void renew_credentials(CampaignRun& campaign, Batch& batch);
  void count(CampaignRun& campaign, Batch& batch, const transport::Ended& ended,
             const Ruling& ruling);
  void pause_if_ruled(CampaignRun& campaign, const Ruling& ruling, const Answer& answer);
  void to_lane(CampaignRun& campaign, Batch& batch, store::Settled how);
  void end_batch(CampaignRun& campaign, Batch& batch);

  // The end of campaigns.
  void advance(CampaignRun& campaign, base::BootTime now);
  void stop(CampaignRun& campaign, base::BootTime now);
  static CampaignRun& of(const Batch& batch) { return *static_cast<CampaignRun*>(batch.campaign); }

  const Seams on_;
  const AppSettings app_;
  Pacer pacer_;
  RetryBudget retry_budget_;
  ServiceDays& days_;
  ClockCheck clock_check_;
  AnswerReader answers_;
  Settler settler_;
  transport::Connections connections_;

  std::vector<std::shared_ptr<CampaignRun>> campaigns_;
  std::size_t campaign_turn_ = 0;      // who is asked first for a batch
  store::GroupWriter group_;           // news so far, and what is being granted
  std::uint64_t group_number_ = 1;     // of group_
  std::uint64_t durable_number_ = 0;   // groups up to this one are durable
  std::vector<Batch*> next_granting_;  // in group_
  std::vector<Batch*> granting_;       // in the group that is being committed
  bool committing_ = false;
  std::deque<Batch*> ready_;        // durable, waiting for a stream
  std::uint32_t ready_tokens_ = 0;  // of them, as counts_as() counts
  Retries retries_;
  SurfacesInFlight surfaces_;
  std::uint64_t renewed_generation_ = 0;  // of credentials made after a refusal, not yet proven
  std::vector<batch::Fate> fates_;
  bool trouble_told_ = false;
  std::string note_;  // told as trouble for a while: what is not as it should be
  base::BootTime note_until_{};
  std::optional<Error> failure_;  // the store's: nothing goes out any more

  base::Timer timer_;
  base::BootTime wake_at_ = base::BootTime::max();  // of this turn
  base::BootTime timer_at_{};                       // what timer_ is set to
  std::atomic<bool> scheduled_{false};  // exchange, acq_rel: a wake-up sees what was formed before
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for calls that come after the end
};

}  // namespace herald::dispatch
