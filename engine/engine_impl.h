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
                                                          const AudienceOpening& audience);
  Result<Campaign> submit(const Job& job, const AppConfig& app, AudienceOpening audience,
                          OutcomeSink* sink);
  Result<const AppConfig*> app_of(const Job& job) const;
  void ingest_all();
  void wait_a_moment();
  Reading reading() const;
  std::shared_ptr<Campaign::Impl> find_running(std::string_view campaign);  // under mutex; or null

  // Of engine_resuming.cc; with mutex held.
  Result<store::CampaignRecord> stopped_campaign(std::string_view id);
  Result<Campaign> go_on(const Job& job, store::CampaignRecord record,
                         campaign::Resumption::Purpose purpose, OutcomeSink* sink);
  Campaign as_it_is(store::CampaignRecord record);
  Result<Campaign> cannot_read(store::CampaignRecord record, Error error);

  struct Queued {
    std::shared_ptr<dispatch::CampaignRun> run;
    std::string app;
    campaign::Message message;
    std::unique_ptr<audience::RecordReader> reader;
    double malformed_max;
    std::unique_ptr<const campaign::Resumption> resumption;  // null: it begins
  };
  Campaign start(std::shared_ptr<dispatch::CampaignRun> run, const message::Template& body,
                 const Job& job, std::unique_ptr<audience::RecordReader> reader,
                 std::unique_ptr<const campaign::Resumption> resumption);

  const Config config;
  base::SystemClock clock;
  batch::Pool batches;
  ledger::Accounts accounts;
  std::optional<dispatch::ServiceDays> days;  // from open() on
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Sender> sender;

  mutable std::mutex mutex;  // of what follows; taken when campaigns come and go
  std::condition_variable changed;
  std::deque<Queued> queue;
  std::vector<std::shared_ptr<Campaign::Impl>> campaigns;
  bool closing = false;
  std::thread ingest;
};

}  // namespace herald
