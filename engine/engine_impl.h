// What an Engine and its Campaigns are made of; for the files that implement them.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/audience_opening.h"
#include "engine/batch/pool.h"
#include "engine/campaign/ingest.h"
#include "engine/campaign/resumption.h"
#include "engine/dispatch/service_days.h"
#include "engine/ledger/accounts.h"
#include "engine/message/template.h"
#include "engine/reading.h"
#include "engine/sender.h"
#include "herald/engine.h"

namespace herald {

struct Campaign::Impl {
  std::shared_ptr<dispatch::CampaignRun> run;
  store::Store* store = nullptr;
  Sender* sender = nullptr;
  std::string id;
  std::string app;
  const base::Clock* clock = nullptr;
  base::BootTime started;
  std::chrono::system_clock::time_point created;
};

struct Engine::Impl {
  explicit Impl(const Config& settings) : config(settings), batches(settings.engine.memory) {}
  ~Impl();

  Result<void> open();
  Result<std::shared_ptr<dispatch::CampaignRun>> make_run(const Job& job, const AppConfig& app,
                                                          const message::Template& body,
                                                          AudienceOpening& audience);
  Result<Campaign> submit(const Job& job, const AppConfig& app, AudienceOpening audience,
                          OutcomeSink* sink);
  Result<const AppConfig*> app_of(const Job& job) const;
  struct Queued;
  struct Slice {
    std::shared_ptr<Queued> queued;  // null: there is none to read now
    std::uint32_t number = 0;
  };
  Slice next_slice();
  void ingest_all();
  void ingest(Queued& queued, std::uint32_t slice);
  void wait_a_moment();
  Reading reading() const;
  std::shared_ptr<Campaign::Impl> find_running(std::string_view campaign);  // under mutex; or null

  // Of engine_resuming.cc; with mutex held.
  Result<store::CampaignRecord> stopped_campaign(std::string_view id);
  Result<Campaign> go_on(const Job& job, store::CampaignRecord record,
                         campaign::Resumption::Purpose purpose, OutcomeSink* sink);
  Result<std::shared_ptr<ledger::Seen>> check_again(const store::CampaignRecord& record,
                                                    const campaign::Resumption& known);
  Campaign as_it_is(store::CampaignRecord record);
  Result<Campaign> cannot_read(store::CampaignRecord record, Error error);

  // A campaign of which slices are read, or wait for it.
  struct Queued {
    std::shared_ptr<campaign::Intake> intake;
    std::string app;
    Audience audience;
    std::uint32_t next = 0;     // slice; with the mutex held, as what follows
    std::uint32_t reading = 0;  // slices
  };
  Campaign start(std::shared_ptr<campaign::Intake> intake, const Job& job, Audience audience);

  const Config config;
  base::SystemClock clock;
  batch::Pool batches;
  ledger::Accounts accounts;
  std::optional<dispatch::ServiceDays> days;  // from open() on
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Sender> sender;

  mutable std::mutex mutex;  // of what follows; taken when campaigns come and go
  std::condition_variable changed;
  std::deque<std::shared_ptr<Queued>> queue;  // with slices that no thread has taken
  std::vector<std::shared_ptr<Campaign::Impl>> campaigns;
  bool closing = false;
  std::vector<std::thread> ingest_threads;
};

}  // namespace herald
