// The service at the far end: an HTTP/2 or HTTP/1.1 server for each connection, on virtual time,
// that counts what it took by device and day with a map of its own, and misbehaves as it is told.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/day.h"
#include "engine/transport/byte_stream.h"
#include "tests/support/memory_stream.h"
#include "tests/support/plan.h"
#include "tests/support/surface_account.h"
#include "tests/support/virtual_executor.h"

namespace herald::test {

class ServiceConnection;

struct ServiceSettings {
  transport::Protocol protocol = transport::Protocol::http2;
  WireSettings wire;
  std::uint32_t streams_max = 128;
  std::uint32_t initial_window = 1 << 20;
  bool updates_windows = true;
  bool sends_settings = true;
  Duration thinks = std::chrono::milliseconds{5};  // before an answer
};

// One request as it came.
struct Arrival {
  std::uint64_t index = 0;     // from 1, in the order in which they began
  std::uint64_t campaign = 0;  // as the fixture's body says
  std::string authorization;
  std::string path;
  std::string push_type;
  base::BootTime began;
  std::uint64_t durable_at_first_byte = 0;
  std::vector<std::string> tokens;  // once the body is there
  base::Surface surface;            // likewise, as the body says
  bool test = false;                // likewise

  void read(const std::string& body);  // without the engine's help
};

class ServiceModel final : public transport::StreamFactory {  // one thread
 public:
  enum class Connects : std::uint8_t { yes, refused, not_trusted, never };

  explicit ServiceModel(VirtualExecutor& executor) : executor_(executor) {}
  ~ServiceModel() override;

  std::unique_ptr<transport::ByteStream> connect(transport::ByteStream::Handler& handler) override;

  // --- what it is told ---

  ServiceSettings settings;  // of connections made from now on
  Connects connects = Connects::yes;
  base::Calendar calendar;
  Duration clock_ahead{};  // its wall clock against ours
  bool sends_dates = true;
  // What it does with `GET /`, which is no request of anybody's, and counted apart.
  Plan on_probe = answers(bare(404));

  void on_request(std::uint64_t index, Plan plan) { plans_[index] = std::move(plan); }
  void on_every(Plan plan) {
    otherwise_ = [plan = std::move(plan)](std::uint64_t) { return plan; };
  }
  void on_others(std::function<Plan(std::uint64_t index)> plan) { otherwise_ = std::move(plan); }
  void behave() {
    plans_.clear();
    on_every(answers(accepted()));
  }
  // Asked when the first byte of a request arrives.
  void at_first_byte(std::function<std::uint64_t()> durable) { durable_ = std::move(durable); }
  // Called when the whole body is there.
  void at_body(std::function<void(const Arrival&)> call) { at_body_ = std::move(call); }

  // Called when it was processed: of each token, whether it was taken, and on which day.
  using Taken = std::function<void(const Arrival&, const std::vector<bool>&, base::Day)>;
  void at_taken(Taken call) { at_taken_ = std::move(call); }

  // The connections there were, in the order they were made; null once gone.
  std::shared_ptr<Wire> wire(std::size_t index) { return wires_.at(index).lock(); }
  ServiceConnection* session(std::size_t index);  // of HTTP/2
  std::size_t connections() const { return wires_.size(); }

  // --- its account ---

  std::uint32_t count(const std::string& token, base::Day day) const;
  std::uint32_t taken_of(std::uint64_t campaign, const std::string& token) const;
  std::uint64_t taken() const { return taken_; }
  std::uint32_t charges_per_device_max() const;  // and day
  const std::vector<Arrival>& arrivals() const { return arrivals_; }
  std::uint64_t requests() const { return arrivals_.size(); }
  std::uint64_t probes() const { return probes_; }
  std::uint64_t requests_open_max() const { return open_max_; }
  const SurfaceAccount& surfaces() const { return surfaces_; }
  using Account = std::unordered_map<std::string, std::map<base::Day, std::uint32_t>>;
  const Account& account() const { return account_; }

 private:
  friend class Http1ServiceConnection;
  friend class ServiceConnection;
  std::uint64_t begin();
  Arrival& arrive();                                        // the first byte of a request
  Reply process(const Arrival& arrival, const Plan& plan);  // its whole body
  Plan plan_for(std::uint64_t index);
  Reply answer_probe(const std::string& path, bool authorized);
  std::string date() const;  // of an answer that is made now
  void take(const Arrival& arrival, const std::vector<bool>& taken);

  VirtualExecutor& executor_;
  std::map<std::uint64_t, Plan> plans_;
  std::function<Plan(std::uint64_t)> otherwise_ = [](std::uint64_t) { return answers(accepted()); };
  std::function<std::uint64_t()> durable_;
  std::function<void(const Arrival&)> at_body_;
  Taken at_taken_;
  std::vector<std::weak_ptr<Wire>> wires_;
  std::vector<Arrival> arrivals_;
  std::uint64_t probes_ = 0;
  std::uint64_t open_ = 0;
  std::uint64_t open_max_ = 0;
  std::uint64_t taken_ = 0;
  Account account_;
  SurfaceAccount surfaces_;
  std::map<std::uint64_t, std::unordered_map<std::string, std::uint32_t>> by_campaign_;
};

}  // namespace herald::test
