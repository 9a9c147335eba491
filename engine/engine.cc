#include "herald/engine.h"

#include <fmt/format.h>
#include <pthread.h>

#include "engine/campaign/fold.h"
#include "engine/campaign/recovery.h"
#include "engine/campaign_setup.h"
#include "engine/engine_impl.h"
#include "engine/ledger/fingerprint.h"
#include "engine/store/rocks_store.h"

namespace herald {
namespace {

// Campaigns whose audience waits for the ingest threads: submit() refuses more.
constexpr std::size_t kCampaignsQueuedMax = 1000;
// How often ingest, while it waits for the service's day, looks whether it shall stop.
constexpr std::chrono::milliseconds kStopLookedAt{50};

}  // namespace

// --- Engine ---

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<Engine> Engine::open(const Config& config) {
  auto impl = std::make_unique<Impl>(config);
  if (auto opened = impl->open(); !opened) return opened.error();
  return Engine{std::move(impl)};
}

Result<void> Engine::Impl::open() {
  auto opened = store::open_rocks_store(config.data_dir, config.ledger, clock, campaign::sum_up);
  if (!opened) return opened.error();
  store = std::move(*opened);
  const base::Calendar calendar = base::calendar_of(config.ledger);
  if (auto removed = remove_old_spools(config, *store, calendar.day(clock.wall())); !removed) {
    return removed;
  }
  auto rebuilt = campaign::rebuild_ledger(*store, accounts, calendar, clock.wall());
  if (!rebuilt) return rebuilt.error();
  auto settled = campaign::settle_unanswered(*store, rebuilt->unanswered, clock.wall());
  if (!settled) return settled;
  days.emplace(calendar, rebuilt->days);
  days->on_shown([this] { changed.notify_all(); });
  auto started = Sender::start(config, clock, *store, accounts, *days, batches);
  if (!started) return started.error();
  sender = std::move(*started);
  for (std::uint32_t i = 0; i < config.engine.ingest_threads; ++i) {
    ingest_threads.emplace_back([this] { ingest_all(); });
    pthread_setname_np(ingest_threads.back().native_handle(), "herald-ingest");
  }
  return {};
}

Engine::Impl::~Impl() {
  std::vector<std::shared_ptr<Campaign::Impl>> all;
  {
    const std::lock_guard lock{mutex};
    closing = true;
    all = campaigns;
  }
  changed.notify_all();
  for (const auto& each : all) {
    Campaign campaign{each};
    campaign.pause("the engine was closed");
    campaign.wait();
  }
  batches.close();
  for (std::thread& each : ingest_threads) each.join();
  if (sender) sender->stop();
  store.reset();
}

// An ingest thread: slices of campaigns in the order of the campaigns, each to its end.
void Engine::Impl::ingest_all() {
  std::unique_lock lock{mutex};
  for (;;) {
    Slice next;
    changed.wait(lock, [&] {
      next = next_slice();
      return next.queued != nullptr || (closing && queue.empty());
    });
    if (next.queued == nullptr) return;
    lock.unlock();
    ingest(*next.queued, next.number);
    lock.lock();
    --next.queued->reading;
    changed.notify_all();
  }
}

// Takes the next slice that may be read now. Those of a campaign that tells a sink of its records
// are read one after the other, as a record's number is not known before those before it. With
// mutex held.
Engine::Impl::Slice Engine::Impl::next_slice() {
  for (auto at = queue.begin(); at != queue.end(); ++at) {
    const std::shared_ptr<Queued> queued = *at;
    if (queued->reading > 0 && queued->intake->campaign()->sink != nullptr) continue;
    const std::uint32_t slice = queued->next++;
    ++queued->reading;
    if (queued->next == queued->intake->slices()) queue.erase(at);
    return {queued, slice};
  }
  return {};
}

void Engine::Impl::ingest(Queued& queued, std::uint32_t slice) {
  const auto& intake = queued.intake;
  auto reader = queued.audience.reader(slice);
  if (!reader) {
    intake->give_up(reader.error());
    if (intake->end_slice(slice, 0, 0)) sender->wake(queued.app);
    return;
  }
  campaign::Ingest ingest{{clock, *days, accounts, [this] { return batches.acquire(); }, batches,
                           [this, name = queued.app] { sender->wake(name); }},
                          intake,
                          slice,
                          std::move(*reader),
                          ledger::Fingerprinter{store->meta().fingerprint_seed, "", queued.app}};
  for (;;) {
    const campaign::Ingest::Step step = ingest.step();
    if (step == campaign::Ingest::Step::done) return;
    if (step == campaign::Ingest::Step::starved) wait_a_moment();
  }
}

// For the service's day, or until the campaign is told to stop.
void Engine::Impl::wait_a_moment() {
  std::unique_lock lock{mutex};
  changed.wait_for(lock, kStopLookedAt);
}

Result<std::shared_ptr<dispatch::CampaignRun>> Engine::Impl::make_run(const Job& job,
                                                                      const AppConfig& app,
                                                                      const message::Template& body,
                                                                      AudienceOpening& audience) {
  const base::WallTime now = clock.wall();
  if (!message_of(body).in_order()) {
    if (auto cut = audience.cut(config.engine.slice); !cut) return cut.error();
  }
  store::CampaignRecord record;
  record.number = store->new_campaign_number();
  record.id = job.id;
  record.app = job.app;
  record.project = app.project_id;
  record.push_type = job.push_type;
  record.job = job.canonical;
  audience.describe(record);
  record.created_day = days->earliest(now);
  record.created_ms = now.time_since_epoch().count();
  record.body_bytes = body.size_without_tokens();
  record.synced = config.ledger.durability == Durability::sync;
  if (auto stored = store->put_campaign(record); !stored) return stored.error();

  auto run = std::make_shared<dispatch::CampaignRun>(std::move(record));
  set_up(*run, job, app, config.ledger, body);
  run->bytes_total = audience.bytes();
  if (const auto interrupt = audience.interrupt()) {
    run->interrupt_reading = [interrupt] { interrupt->raise(); };
  }
  return run;
}

Result<const AppConfig*> Engine::Impl::app_of(const Job& job) const {
  const AppConfig* app = config.app(job.app);
  if (app != nullptr) return app;
  return Error{Errc::job, fmt::format("job {}: app \"{}\" is not in {}: add an [[app]] or name one "
                                      "that is there",
                                      job.id, job.app, config.file.string())};
}

Result<Campaign> Engine::submit(const Job& job, OutcomeSink* sink) {
  const auto app = impl_->app_of(job);
  if (!app) return app.error();
  auto audience = AudienceOpening::of_job(job);
  if (!audience) return audience.error();
  return impl_->submit(job, **app, std::move(*audience), sink);
}

Result<Campaign> Engine::submit(const Job& job, AudienceFeed& feed, OutcomeSink* sink) {
  const auto app = impl_->app_of(job);
  if (!app) return app.error();
  auto audience = AudienceOpening::of_feed(job, feed.feed_);
  if (!audience) return audience.error();
  return impl_->submit(job, **app, std::move(*audience), sink);
}

Result<Campaign> Engine::Impl::submit(const Job& job, const AppConfig& app,
                                      AudienceOpening audience, OutcomeSink* sink) {
  auto body = message::Template::make(job, config.rules);
  if (!body) return body.error();

  // One at a time: two calls with one id must not both find it free.
  const std::lock_guard lock{mutex};
  auto existing = store::find_campaign(*store, job.id);
  if (!existing) return existing.error();
  if (*existing) {
    return Error{Errc::exists,
                 fmt::format("campaign {} exists, {}: see `herald report {}`, or give the job "
                             "another id",
                             job.id, to_string((*existing)->state), job.id)};
  }
  if (queue.size() >= kCampaignsQueuedMax) {
    return Error{Errc::usage, fmt::format("campaign {}: {} campaigns wait already: submit it when "
                                          "some have ended",
                                          job.id, kCampaignsQueuedMax)};
  }
  if (auto opened = sender->open_app(app); !opened) return opened.error();
  auto run = make_run(job, app, *body, audience);
  if (!run) return run.error();
  (*run)->sink = sink;
  auto to_read = audience.audience(config, (*run)->record, [run = *run] {
    if (run->before_wait) run->before_wait();
  });
  if (!to_read) return to_read.error();
  return start(
      std::make_shared<campaign::Intake>(*run, message_of(*body), job.policy.max_malformed), job,
      std::move(*to_read));
}

// Hands it to the threads. With mutex held.
Campaign Engine::Impl::start(std::shared_ptr<campaign::Intake> intake, const Job& job,
                             Audience audience) {
  const std::shared_ptr<dispatch::CampaignRun> run = intake->campaign();
  auto campaign = std::make_shared<Campaign::Impl>();
  campaign->run = run;
  campaign->store = store.get();
  campaign->sender = sender.get();
  campaign->id = job.id;
  campaign->app = job.app;
  campaign->clock = &clock;
  campaign->started = clock.boot();
  campaign->created =
      std::chrono::system_clock::time_point{std::chrono::milliseconds{run->record.created_ms}};
  campaigns.push_back(campaign);
  sender->start_campaign(job.app, run);
  queue.push_back(
      std::make_shared<Queued>(Queued{std::move(intake), job.app, std::move(audience)}));
  changed.notify_all();
  return Campaign{campaign};
}

EngineStats Engine::stats() const {
  return {impl_->accounts.devices.devices(), impl_->accounts.bytes()};
}

// --- Campaign ---

Campaign::Campaign(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

const std::string& Campaign::id() const { return impl_->id; }

Progress Campaign::progress() const {
  dispatch::CampaignRun& run = *impl_->run;
  Progress progress;
  progress.records = run.records_read.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    progress.settled += run.counted(static_cast<Outcome>(i));
  }
  progress.accepted = run.counted(Outcome::accepted);
  progress.bytes_read = run.bytes_read.load(std::memory_order_relaxed);
  progress.bytes_total = run.bytes_total;
  const std::lock_guard lock{run.mutex};
  if (run.stopped) {
    progress.state = run.final_record.state;
    progress.seconds = static_cast<double>(run.final_record.elapsed_ms) / 1000;
  } else {
    progress.trouble = run.trouble;
    progress.seconds = std::chrono::duration<double>(impl_->clock->boot() - impl_->started).count();
  }
  return progress;
}

void Campaign::wait() const {
  dispatch::CampaignRun& run = *impl_->run;
  std::unique_lock lock{run.mutex};
  run.stopped_changed.wait(lock, [&] { return run.stopped; });
}

bool Campaign::wait_for(std::chrono::milliseconds timeout) const {
  dispatch::CampaignRun& run = *impl_->run;
  std::unique_lock lock{run.mutex};
  return run.stopped_changed.wait_for(lock, timeout, [&] { return run.stopped; });
}

void Campaign::pause(std::string reason) {
  impl_->sender->pause(impl_->app, impl_->run, std::move(reason));
}

void Campaign::cancel() { impl_->sender->cancel(impl_->app, impl_->run); }

Result<Report> Campaign::report() const {
  dispatch::CampaignRun& run = *impl_->run;
  store::CampaignRecord record;
  bool stopped = false;
  bool clock_in_doubt = false;
  {
    const std::lock_guard lock{run.mutex};
    if (run.failure) return *run.failure;
    clock_in_doubt = run.clock_in_doubt;
    stopped = run.stopped;
    if (stopped) record = run.final_record;
  }
  if (!stopped) {
    auto found = store::find_campaign(*impl_->store, impl_->id);
    if (!found) return found.error();
    if (!*found)
      return Error{Errc::not_found, fmt::format("campaign {} is not in the store", impl_->id)};
    record = std::move(**found);
  }
  auto report = campaign::fold_campaign(*impl_->store, record, false);
  if (report) report->clock_in_doubt = clock_in_doubt && report->state == CampaignState::paused;
  return report;
}

}  // namespace herald
