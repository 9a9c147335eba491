#include "engine/sender.h"

#include <fmt/format.h>
#include <pthread.h>

#include "engine/auth/bearer.h"
#include "engine/auth/key_file.h"
#include "engine/base/random.h"
#include "engine/dispatch/dispatcher.h"
#include "engine/transport/io_loop.h"
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

struct Sender::Thread {
  explicit Thread(const base::Clock& clock)
      : random(base::Random::seed_from_kernel()), loop(clock) {}

  base::Random random;
  transport::IoLoop loop;
  std::unique_ptr<transport::StreamFactory> streams;
  std::thread thread;
};

struct Sender::App {
  App(Sender& sender, std::size_t home, const AppConfig& app, auth::Bearer bearer)
      : credentials(std::move(bearer)),
        loop(sender.threads_[home]->loop),
        dispatcher(sender.seams_at(home, credentials), settings_of(sender.config_, app)) {}

  BearerCredentials credentials;
  transport::IoLoop& loop;  // of its home
  dispatch::Dispatcher dispatcher;
};

Sender::Sender(const Config& config, const base::Clock& clock, store::Store& store,
               ledger::Accounts& accounts, dispatch::ServiceDays& days, batch::Pool& batches)
    : config_(config),
      clock_(clock),
      store_(store),
      accounts_(accounts),
      days_(days),
      batches_(batches) {
  for (std::uint32_t i = 0; i < config.engine.sender_threads; ++i) {
    threads_.push_back(std::make_unique<Thread>(clock));
  }
}

Result<std::unique_ptr<Sender>> Sender::start(const Config& config, const base::Clock& clock,
                                              store::Store& store, ledger::Accounts& accounts,
                                              dispatch::ServiceDays& days, batch::Pool& batches) {
  std::unique_ptr<Sender> sender{new Sender{config, clock, store, accounts, days, batches}};
  for (const auto& thread : sender->threads_) {
    auto streams = transport::make_tls_factory(thread->loop, config.endpoint);
    if (!streams) return streams.error();
    thread->streams = std::move(*streams);
  }
  for (std::size_t i = 0; i < sender->threads_.size(); ++i) {
    Thread& thread = *sender->threads_[i];
    thread.thread = std::thread{[&loop = thread.loop] { loop.run(); }};
    const std::string name = i == 0 ? "herald-sender" : fmt::format("herald-sender{}", i + 1);
    pthread_setname_np(thread.thread.native_handle(), name.c_str());
  }
  return sender;
}

Sender::~Sender() { stop(); }

void Sender::stop() {
  for (const auto& thread : threads_) thread->loop.stop();
  for (const auto& thread : threads_) {
    if (thread->thread.joinable()) thread->thread.join();
  }
}

dispatch::Seams Sender::seams_at(std::size_t home, dispatch::Credentials& credentials) {
  Thread& here = *threads_[home];
  std::vector<transport::Place> others;
  for (std::size_t i = 1; i < threads_.size(); ++i) {
    Thread& other = *threads_[(home + i) % threads_.size()];
    others.push_back({other.loop, *other.streams, other.random});
  }
  return {here.loop, clock_,   here.random,   store_,      accounts_,
          days_,     batches_, *here.streams, credentials, std::move(others)};
}

Result<void> Sender::open_app(const AppConfig& app) {
  const std::lock_guard lock{mutex_};
  if (apps_.contains(app.name)) return {};
  auto account = auth::load_key(app);
  if (!account) return account.error();
  auto bearer = auth::Bearer::make(std::move(*account), clock_.wall());
  if (!bearer) return bearer.error();
  const std::size_t home = apps_.size() % threads_.size();
  apps_.emplace(app.name, std::make_unique<App>(*this, home, app, std::move(*bearer)));
  return {};
}

Sender::App& Sender::app(const std::string& name) {
  const std::lock_guard lock{mutex_};
  return *apps_.at(name);
}

void Sender::start_campaign(const std::string& name,
                            std::shared_ptr<dispatch::CampaignRun> campaign) {
  App& on = app(name);
  on.loop.post([&dispatcher = on.dispatcher, campaign = std::move(campaign)]() mutable {
    dispatcher.start(std::move(campaign));
  });
}

void Sender::wake(const std::string& name) { app(name).dispatcher.wake(); }

void Sender::pause(const std::string& name, std::shared_ptr<dispatch::CampaignRun> campaign,
                   std::string reason) {
  App& on = app(name);
  on.loop.post(
      [&dispatcher = on.dispatcher, campaign = std::move(campaign),
       reason = std::move(reason)]() mutable { dispatcher.pause(*campaign, std::move(reason)); });
}

void Sender::cancel(const std::string& name, std::shared_ptr<dispatch::CampaignRun> campaign) {
  App& on = app(name);
  on.loop.post([&dispatcher = on.dispatcher, campaign = std::move(campaign)] {
    dispatcher.cancel(*campaign);
  });
}

}  // namespace herald
