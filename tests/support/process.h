// What dies when herald is killed: the ledger in memory, batches, credentials, connections, and the
// campaigns that run, each with what reads its audience.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/batch/pool.h"
#include "engine/campaign/ingest.h"
#include "engine/campaign/recovery.h"
#include "engine/dispatch/dispatcher.h"
#include "engine/dispatch/service_days.h"
#include "engine/ledger/accounts.h"
#include "tests/support/world.h"

namespace herald::test {

class FakeCredentials final : public dispatch::Credentials {
 public:
  std::string_view authorization(base::WallTime) override { return text_; }
  std::uint64_t generation() const override { return generation_; }
  Result<void> renew(base::WallTime) override;

  void refuse_to_renew() { broken_ = true; }
  std::uint64_t renewals() const { return generation_ - 1; }

 private:
  std::uint64_t generation_ = 1;
  std::string text_ = "Bearer 1";
  bool broken_ = false;
};

struct CampaignOptions {
  std::string id{};  // empty: by its number
  std::uint32_t tokens = 1000;
  std::uint32_t first = 0;  // token number: campaigns with the same numbers share devices
  // Instead: what the audience's lines are; a line that is no token is malformed.
  std::vector<std::string> lines{};
  std::uint32_t slices = 1;  // which the audience is read in, at once
  std::uint32_t batch = 100;
  std::uint32_t rate = 0;
  std::uint8_t marketing_limit = 2;
  std::uint16_t total_limit = 3000;
  std::optional<Duration> starts_in{};
  std::optional<Duration> expires_in{};
  OutcomeSink* sink = nullptr;
  bool marketing = true;
  bool at_least_once = false;
  ledger::Scenario scenario{};
  base::Surface surface{};  // what all are for, or of which kind and operation each is
  // What the payload of that token is for, where payloads vary.
  std::function<base::Surface(std::uint32_t token)> surface_of{};
};

// In the audience: of the first record of each slice.
std::vector<std::uint64_t> first_records(const CampaignOptions& options);

// A campaign and what reads its audience.
class Sent {
 public:
  bool stopped() const { return run->stopped; }
  CampaignState state() const { return run->final_record.state; }
  const std::string& reason() const { return run->final_record.pause_reason; }

  std::shared_ptr<dispatch::CampaignRun> run;
  std::vector<std::unique_ptr<campaign::Ingest>> ingests;  // one a slice
  std::vector<std::string> tokens;                         // of its audience, in order
};

// A process's own part of the world's executor: what it planned is not done once it is dead.
class ProcessExecutor final : public base::Executor {
 public:
  explicit ProcessExecutor(VirtualExecutor& executor) : executor_(executor) {}

  void post(Task task) override { executor_.post(while_alive(std::move(task))); }
  TimerId run_at(base::BootTime when, Task task) override {
    return executor_.run_at(when, while_alive(std::move(task)));
  }
  void cancel(TimerId timer) override { executor_.cancel(timer); }
  void die() { alive_.reset(); }

 private:
  Task while_alive(Task task) const {
    return [alive = std::weak_ptr{alive_}, task = std::move(task)] {
      if (!alive.expired()) task();
    };
  }

  VirtualExecutor& executor_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Another thread of the process, whose tasks come when it gets round to them: in their order,
// mostly soon, sometimes after a good while. What its connections hear comes as the wire has it.
class FarThread final : public base::Executor {
 public:
  FarThread(VirtualExecutor& executor, std::uint64_t seed)
      : random(seed), executor_(executor), alive_(executor) {}

  void post(Task task) override;
  TimerId run_at(base::BootTime when, Task task) override {
    return alive_.run_at(when, std::move(task));
  }
  void cancel(TimerId timer) override { alive_.cancel(timer); }
  void die() { alive_.die(); }

  base::Random random;  // its own, and its connections'

 private:
  VirtualExecutor& executor_;
  ProcessExecutor alive_;
  base::BootTime last_{};  // when the task posted last is due
};

class Process {
 public:
  struct Settings {
    std::uint64_t seed = 1;
    std::uint32_t rate = 100000;
    std::uint32_t connections_max = 4;
    std::size_t memory = 64 << 20;
    std::uint32_t sender_threads = 1;
    bool recovers = false;  // fills its ledger from the store, in which there is something
  };
  Process(World& world, const Settings& settings);
  // Its campaigns are over, or it is killed.
  ~Process();

  // As a new campaign, whose record is in the store when this returns.
  Sent& send(const CampaignOptions& options);
  // The two steps of it: a process may die between them.
  Result<store::CampaignRecord> create(const CampaignOptions& options);
  Sent& start(store::CampaignRecord record, const CampaignOptions& options,
              std::shared_ptr<const campaign::Resumption> resumption = nullptr);
  // Goes on with one that is unfinished in the store; nobody runs it.
  Result<Sent*> resume(store::CampaignRecord record, const CampaignOptions& options);
  void pause(Sent& sent, std::string reason = "by the test");
  bool all_stopped() const;
  const std::vector<std::unique_ptr<Sent>>& campaigns() const { return campaigns_; }

  // Nothing of it happens any more: what it knew is gone, and the sockets close.
  void kill();

  ledger::Accounts accounts;
  const Result<campaign::Rebuilt> rebuilt;
  dispatch::ServiceDays days;
  batch::Pool batches;
  FakeCredentials credentials;
  std::unique_ptr<dispatch::Dispatcher> dispatcher;

 private:
  void step(campaign::Ingest& ingest);
  void wake_ingest();
  std::shared_ptr<ledger::Seen> check_again(const CampaignOptions& options,
                                            const std::vector<std::string>& lines,
                                            const campaign::Resumption& known);

  World& world_;
  ProcessExecutor executor_;
  base::Random random_;
  std::vector<std::unique_ptr<FarThread>> others_;  // sender threads
  std::vector<std::unique_ptr<Sent>> campaigns_;
  std::vector<campaign::Ingest*> starved_;
};

std::string token_of(std::uint32_t number);

}  // namespace herald::test
