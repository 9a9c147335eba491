// The whole way of a token on virtual time: ingest, ledger, dispatcher and connections, between an
// audience in memory, a store in memory and a service that misbehaves as told.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "herald/report.h"
#include "tests/support/process.h"
#include "tests/support/service_connection.h"
#include "tests/support/world.h"

namespace herald::test {

class Pipeline : public World {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::uint32_t rate = 100000;
    std::uint32_t connections_max = 4;
    std::size_t memory = 64 << 20;
    std::uint32_t sender_threads = 1;
    transport::Protocol protocol = transport::Protocol::http2;
    base::WallTime wall{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} +
                        std::chrono::hours{2}};  // 10:00 at the service
    Pipeline* after = nullptr;  // what an earlier process left behind: its store is taken over
  };
  Pipeline() : Pipeline(Options{}) {}
  explicit Pipeline(const Options& options);

  Sent& send(const CampaignOptions& options) { return process.send(options); }
  // Until every campaign is over. Fails the test when that takes longer.
  void run(Duration limit = std::chrono::minutes{30});
  void run_for(Duration duration) { executor.run_for(duration); }
  // Until the service has seen this many requests begin.
  void run_until_requests(std::uint64_t requests);
  // Our clock is set, the service's is not.
  void step_our_clock(Duration by);
  void pause(Sent& sent, std::string reason = "by the test") {
    process.pause(sent, std::move(reason));
  }
  void cancel(Sent& sent) { dispatcher->cancel(*sent.run); }
  bool all_stopped() const { return process.all_stopped(); }

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

  Process process;
  ledger::Accounts& accounts = process.accounts;
  ledger::Ledger& ledger = accounts.devices;
  dispatch::ServiceDays& days = process.days;
  batch::Pool& batches = process.batches;
  FakeCredentials& credentials = process.credentials;
  std::unique_ptr<dispatch::Dispatcher>& dispatcher = process.dispatcher;

 private:
  World& taken_over(const Options& options);
  void check_campaign(const Sent& sent);
  void check_surfaces(bool exactly);
};

std::string protocol_name(transport::Protocol protocol);  // of a test's parameter

}  // namespace herald::test
