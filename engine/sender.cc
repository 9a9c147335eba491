#include "engine/sender.h"

#include <fmt/format.h>
#include <pthread.h>

#include "engine/auth/bearer.h"
#include "engine/auth/key_file.h"
#include "engine/dispatch/dispatcher.h"
#include "engine/transport/tls_stream.h"

namespace herald {
namespace {

class BearerCredentials final : public dispatch::Credentials {
 public:
  explicit BearerCredentials(auth::Bearer bearer) : bearer_(std::move(bearer)) {}
  std::string_view authorization(base::WallTime now) override { return bearer_.header(now); }
  std::uint64_t generation() const override { return bearer_.generation(); }
  Result<void> renew(base::WallTime now) override { return bearer_.renew(now); }

 private:
  auth::Bearer bearer_;
};

std::string authority_of(const EndpointConfig& endpoint) {
  const bool ipv6 = endpoint.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? fmt::format("[{}]", endpoint.host) : endpoint.host;
  return endpoint.port == 443 ? host : fmt::format("{}:{}", host, endpoint.port);
}

dispatch::AppSettings settings_of(const Config& config, const AppConfig& app) {
  return {
      .name = app.name,
      .path = fmt::format("/v3/{}/messages:send", app.project_id),
      .authority = authority_of(config.endpoint),
      .rate = app.rate,
      .connections_max = config.endpoint.max_connections,
      .timing = {.connect = config.endpoint.connect_timeout,
                 .request = config.endpoint.request_timeout},
      .calendar = base::calendar_of(config.ledger),
  };
}

}  // namespace

struct Sender::App {
  App(Sender& sender, const AppConfig& app, auth::Bearer bearer)
      : credentials(std::move(bearer)),
        dispatcher({sender.loop_, sender.clock_, sender.random_, sender.store_, sender.accounts_,
                    sender.days_, sender.batches_, *sender.streams_, credentials},
                   settings_of(sender.config_, app)) {}

  BearerCredentials credentials;
  dispatch::Dispatcher dispatcher;
};

Sender::Sender(const Config& config, const base::Clock& clock, store::Store& store,
               ledger::Accounts& accounts, dispatch::ServiceDays& days, batch::Pool& batches)
    : config_(config),
      clock_(clock),
      store_(store),
      accounts_(accounts),
      days_(days),
      batches_(batches),
      random_(base::Random::seed_from_kernel()),
      loop_(clock) {}

Result<std::unique_ptr<Sender>> Sender::start(const Config& config, const base::Clock& clock,
                                              store::Store& store, ledger::Accounts& accounts,
                                              dispatch::ServiceDays& days, batch::Pool& batches) {
  std::unique_ptr<Sender> sender{new Sender{config, clock, store, accounts, days, batches}};
  auto streams = transport::make_tls_factory(sender->loop_, config.endpoint);
  if (!streams) return streams.error();
  sender->streams_ = std::move(*streams);
  sender->thread_ = std::thread{[&loop = sender->loop_] { loop.run(); }};
  pthread_setname_np(sender->thread_.native_handle(), "herald-sender");
  return sender;
}

Sender::~Sender() { stop(); }

void Sender::stop() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

Result<void> Sender::open_app(const AppConfig& app) {
  const std::lock_guard lock{mutex_};
  if (apps_.contains(app.name)) return {};
  auto account = auth::load_key(app);
  if (!account) return account.error();
  auto bearer = auth::Bearer::make(std::move(*account), clock_.wall());
  if (!bearer) return bearer.error();
  apps_.emplace(app.name, std::make_unique<App>(*this, app, std::move(*bearer)));
  return {};
}

Sender::App& Sender::app(const std::string& name) {
  const std::lock_guard lock{mutex_};
  return *apps_.at(name);
}

void Sender::start_campaign(const std::string& name,
                            std::shared_ptr<dispatch::CampaignRun> campaign) {
  loop_.post([&dispatcher = app(name).dispatcher, campaign = std::move(campaign)]() mutable {
    dispatcher.start(std::move(campaign));
  });
}

void Sender::wake(const std::string& name) { app(name).dispatcher.wake(); }

void Sender::pause(const std::string& name, std::shared_ptr<dispatch::CampaignRun> campaign,
                   std::string reason) {
  loop_.post(
      [&dispatcher = app(name).dispatcher, campaign = std::move(campaign),
       reason = std::move(reason)]() mutable { dispatcher.pause(*campaign, std::move(reason)); });
}

void Sender::cancel(const std::string& name, std::shared_ptr<dispatch::CampaignRun> campaign) {
  loop_.post([&dispatcher = app(name).dispatcher, campaign = std::move(campaign)] {
    dispatcher.cancel(*campaign);
  });
}

}  // namespace herald
