// The engine: campaigns in, reports out. This is the header that an embedder starts from.
//
//   auto config = herald::Config::load("conf/herald.toml").value();
//   auto engine = herald::Engine::open(config).value();
//   auto campaign = engine.submit(herald::Job::load("sale.json").value()).value();
//   campaign.wait();
//   std::puts(herald::to_json(campaign.report().value()).c_str());
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "herald/audience_feed.h"
#include "herald/config.h"
#include "herald/explain.h"
#include "herald/inspect.h"
#include "herald/job.h"
#include "herald/outcome.h"
#include "herald/report.h"
#include "herald/result.h"

namespace herald {

// Numbers of a running campaign, good enough for a progress bar; the Report is exact.
struct Progress {
  CampaignState state = CampaignState::running;
  std::uint64_t records = 0;  // read so far
  std::uint64_t settled = 0;  // with an outcome
  std::uint64_t accepted = 0;
  std::uint64_t bytes_read = 0;   // of the audience
  std::uint64_t bytes_total = 0;  // 0: not known
  double seconds = 0;
  std::string trouble;  // one line: why nothing moves, while nothing does
};

// What the engine keeps in memory for as long as it lives.
struct EngineStats {
  std::uint64_t devices = 0;       // with charges or a suppression
  std::uint64_t ledger_bytes = 0;  // of memory, the de-duplication of running campaigns included
};

// A campaign that runs in this engine.
struct CampaignProgress {
  std::string id;
  std::string app;
  std::chrono::system_clock::time_point created;
  Progress progress;
};

// Any thread. Copies share the campaign; it must not outlive its Engine.
class Campaign {
 public:
  const std::string& id() const;
  Progress progress() const;
  void wait() const;                               // until it is no longer running
  bool wait_for(std::chrono::milliseconds) const;  // true: it has stopped
  // Stops granting, settles what is in flight, voids the rest: state paused, can be resumed.
  void pause(std::string reason);
  // The same for good: state cancelled. What was given back then ends as cancelled, in the report
  // and in the list of outcomes; the sink is not told of it.
  void cancel();
  // From the store, so equal to what `herald report` prints later. Errors: disk, damaged_store.
  Result<Report> report() const;

 private:
  friend class Engine;
  struct Impl;
  explicit Campaign(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with the engine's threads
};

// Any thread may call; the engine starts only the threads its configuration names.
class Engine {
 public:
  // Takes the data directory, recovers the store and rebuilds the ledger.
  // Errors: disk, damaged_store, store_in_use, key_refused, config.
  static Result<Engine> open(const Config& config);
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();  // pauses what still runs, and waits for it

  // Validates everything before the first byte is sent. `sink` may be null, and must outlive the
  // campaign. Errors: job, config, audience, exists, key_refused.
  Result<Campaign> submit(const Job& job, OutcomeSink* sink = nullptr);
  // The same with an audience that the caller pushes; the job's own is not looked at, but for its
  // format. The feed may have records already, and is pushed to, and finished, afterwards.
  Result<Campaign> submit(const Job& job, AudienceFeed& feed, OutcomeSink* sink = nullptr);

  // Goes on with a campaign that stopped before its end: paused, by whatever, or its process died.
  // The audience is read again from its first byte; one that is not the same any more makes it
  // input_error. What an earlier process left unanswered is ambiguous, and is sent again only where
  // the job says at-least-once. One that was finished or cancelled is given as it is.
  // Errors: not_found, usage (it runs already), job and config (they do not fit it any more),
  // key_refused, disk, damaged_store.
  Result<Campaign> resume(std::string_view id, OutcomeSink* sink = nullptr);
  // The same, by who has the job: it must be the same, and its audience may lie elsewhere.
  // Errors: also exists, when the campaign is over, or is another one with the same id.
  Result<Campaign> resume(const Job& job, OutcomeSink* sink = nullptr);
  // Ids of those that could be resumed and do not run. Errors: disk, damaged_store.
  Result<std::vector<std::string>> unfinished() const;

  // Sends what is ambiguous once more, each with a charge of its own; what has no quota for it, or
  // is refused, stays ambiguous. The campaign keeps its state. Errors: as resume().
  Result<Campaign> resend_ambiguous(std::string_view id, OutcomeSink* sink = nullptr);

  // Of campaigns in the store, whether they run here or not; while one runs, what has settled of
  // it. Names are ids. What these say holds of the functions in herald/inspect.h and explain.h,
  // too.
  Result<std::vector<CampaignSummary>> campaigns() const;
  Result<Report> report(std::string_view campaign) const;
  Result<void> outcomes(std::string_view campaign, bool all, OutcomeSink& sink) const;
  Result<void> ledger(const std::filesystem::path& tokens,
                      const std::function<void(const LedgerLine&)>& line) const;
  Result<std::vector<DeviceAccount>> explain(std::string_view token) const;

  // Those that run here, without a look at the store.
  std::vector<CampaignProgress> running() const;
  // A campaign that runs here. Errors: not_found; usage, when it does not run.
  Result<Campaign> running(std::string_view campaign) const;
  // Of a campaign that does not run. Errors: as cancel_campaign() of herald/inspect.h; usage, when
  // it does run: Campaign::cancel() is for that.
  Result<Report> cancel(std::string_view campaign);

  EngineStats stats() const;

 private:
  friend struct EngineStore;  // engine/engine_store.h
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace herald
