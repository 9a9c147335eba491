// The sender threads: a loop each, and for each app a dispatcher on one of them, its home, with
// connections on all of them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/clock.h"
#include "engine/batch/pool.h"
#include "engine/dispatch/campaign_run.h"
#include "engine/dispatch/service_days.h"
#include "engine/ledger/accounts.h"
#include "engine/store/store.h"
#include "herald/config.h"
#include "herald/result.h"

namespace herald {

namespace dispatch {
class Credentials;
struct Seams;
}  // namespace dispatch

class Sender {
 public:
  // Errors: config, when the CA file cannot be read.
  static Result<std::unique_ptr<Sender>> start(const Config& config, const base::Clock& clock,
                                               store::Store& store, ledger::Accounts& accounts,
                                               dispatch::ServiceDays& days, batch::Pool& batches);
  ~Sender();
  // Ends the threads; no campaign may run any more. The store goes after this and before the
  // sender: what it still has to say is posted here.
  void stop();

  // Any thread. The app's key is read at its first campaign. Errors: key_refused, config.
  Result<void> open_app(const AppConfig& app);
  // Any thread, after open_app().
  void start_campaign(const std::string& app, std::shared_ptr<dispatch::CampaignRun> campaign);
  void wake(const std::string& app);
  void pause(const std::string& app, std::shared_ptr<dispatch::CampaignRun> campaign,
             std::string reason);
  void cancel(const std::string& app, std::shared_ptr<dispatch::CampaignRun> campaign);

 private:
  struct App;
  struct Thread;
  Sender(const Config& config, const base::Clock& clock, store::Store& store,
         ledger::Accounts& accounts, dispatch::ServiceDays& days, batch::Pool& batches);
  App& app(const std::string& name);
  dispatch::Seams seams_at(std::size_t home, dispatch::Credentials& credentials);

  const Config& config_;
  const base::Clock& clock_;
  store::Store& store_;
  ledger::Accounts& accounts_;
  dispatch::ServiceDays& days_;
  batch::Pool& batches_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::mutex mutex_;  // of apps_: taken when campaigns start and end
  std::map<std::string, std::unique_ptr<App>> apps_;
};

}  // namespace herald
