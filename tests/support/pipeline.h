// The whole way of a token on virtual time: ingest, ledger, dispatcher and connections, between an
// audience in memory, a store in memory and a service that misbehaves as told.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/random.h"
#include "engine/batch/pool.h"
#include "engine/campaign/ingest.h"
#include "engine/dispatch/dispatcher.h"
#include "engine/ledger/ledger.h"
#include "herald/report.h"
#include "tests/support/memory_store.h"
#include "tests/support/reservations.h"
#include "tests/support/service_connection.h"
#include "tests/support/service_model.h"
#include "tests/support/virtual_executor.h"

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
  std::uint32_t tokens = 1000;
  std::uint32_t first = 0;  // token number: campaigns with the same numbers share devices
  std::uint32_t batch = 100;
  std::uint32_t rate = 0;
  std::uint8_t marketing_limit = 2;
  std::uint16_t total_limit = 3000;
  std::optional<Duration> starts_in;
  std::optional<Duration> expires_in;
  OutcomeSink* sink = nullptr;
  bool marketing = true;
  ledger::Scenario scenario;
  base::Surface surface;  // what all are for, or of which kind and operation each is
  // What the payload of that token is for, where payloads vary.
  std::function<base::Surface(std::uint32_t token)> surface_of;
};

// A campaign and what reads its audience.
class Sent {
 public:
  bool stopped() const { return run->stopped; }
  CampaignState state() const { return run->final_record.state; }
  const std::string& reason() const { return run->final_record.pause_reason; }

  std::shared_ptr<dispatch::CampaignRun> run;
  std::unique_ptr<campaign::Ingest> ingest;
  std::vector<std::string> tokens;  // of its audience
};

class Pipeline {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::uint32_t rate = 100000;
    std::uint32_t connections_max = 4;
    std::size_t memory = 64 << 20;
    transport::Protocol protocol = transport::Protocol::http2;
    base::WallTime wall{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} +
                        std::chrono::hours{2}};  // 10:00 at the service
    Pipeline* after = nullptr;  // what an earlier process left behind: its store is taken over
  };
  Pipeline() : Pipeline(Options{}) {}
  explicit Pipeline(const Options& options);
  ~Pipeline();

  Sent& send(const CampaignOptions& options);
  // Until every campaign is over. Fails the test when that takes longer.
  void run(Duration limit = std::chrono::minutes{30});
  void run_for(Duration duration) { executor.run_for(duration); }
  // Until the service has seen this many requests begin.
  void run_until_requests(std::uint64_t requests);
  // Our clock is set, the service's is not.
  void step_our_clock(Duration by);
  void pause(Sent& sent, std::string reason = "by the test");
  bool all_stopped() const;

  // From the store, and nothing else; checked to add up.
  Report report(const Sent& sent);
  std::uint32_t charged(const std::string& token, base::Day day) const;
  // How often a card is charged on a day, or a live view since then.
  std::uint32_t charged(const std::string& token, const base::Surface& card, base::Day day) const;
  std::uint32_t charged(const std::string& token, const base::Surface& live_view,
                        Duration since) const;
  std::uint64_t charged_today() const;  // over all devices that the service or a campaign knows

  // A new process reads the store: its accounts say what these say.
  void check_recovered();
  // I4, I10 to I13: totals add up, nothing is accepted twice or without a charge.
  void check();
  // Beside that, the ledger holds exactly what the service took (I5 without faults).
  void check_exact();

  base::Calendar calendar;
  VirtualExecutor executor;
  MemoryStore store{executor};
  ServiceModel service{executor};
  ledger::Accounts accounts;
  ledger::Ledger& ledger = accounts.devices;
  dispatch::ServiceDays days;
  batch::Pool batches;
  FakeCredentials credentials;
  ReservationCheck reservations;
  std::unique_ptr<dispatch::Dispatcher> dispatcher;

 private:
  dispatch::DaysAtStart rebuild(const Options& options);
  void step(Sent& sent);
  void wake_ingest();
  void check_campaign(const Sent& sent);
  void check_surfaces(bool exactly);

  base::Random random_;
  const ledger::Fingerprinter fingerprinter_;
  std::vector<std::unique_ptr<Sent>> campaigns_;
  std::vector<Sent*> starved_;
};

std::string token_of(std::uint32_t number);
std::string protocol_name(transport::Protocol protocol);  // of a test's parameter

}  // namespace herald::test
