// Going on with campaigns that stopped before their end, and sending the ambiguous again.
#include <fmt/format.h>

#include <algorithm>

#include "engine/audience/spool.h"
#include "engine/audience_opening.h"
#include "engine/campaign/fold.h"
#include "engine/campaign_setup.h"
#include "engine/engine_impl.h"

namespace herald {
namespace {

using campaign::Resumption;

bool is_over(CampaignState state) {
  return state == CampaignState::finished || state == CampaignState::cancelled;
}

// The job as it was handed in; what it said of the audience is in the record.
Result<Job> job_of(const store::CampaignRecord& record, const RulesConfig& rules) {
  auto job = Job::parse(record.job, record.id, rules);
  if (job) return job;
  return Error{Errc::job,
               fmt::format("campaign {}: its job is no longer taken ({}): put the [rules] "
                           "of the configuration back as they were",
                           record.id, job.error().what)};
}

Resumption::Purpose purpose_of(const Job& job) {
  return job.policy.at_least_once ? Resumption::Purpose::finish_and_again
                                  : Resumption::Purpose::finish;
}

}  // namespace

Result<std::vector<std::string>> Engine::unfinished() const {
  const std::lock_guard lock{impl_->mutex};
  const auto records = impl_->store->campaigns();
  if (!records) return records.error();
  std::vector<std::string> ids;
  for (const store::CampaignRecord& record : *records) {
    if (!is_over(record.state) && record.state != CampaignState::running) ids.push_back(record.id);
  }
  return ids;
}

Result<Campaign> Engine::resume(std::string_view id, OutcomeSink* sink) {
  const std::lock_guard lock{impl_->mutex};
  auto record = impl_->stopped_campaign(id);
  if (!record) return record.error();
  if (is_over(record->state)) return impl_->as_it_is(std::move(*record));
  const auto job = job_of(*record, impl_->config.rules);
  if (!job) return job.error();
  return impl_->go_on(*job, std::move(*record), purpose_of(*job), sink);
}

Result<Campaign> Engine::resume(const Job& job, OutcomeSink* sink) {
  const std::lock_guard lock{impl_->mutex};
  auto record = impl_->stopped_campaign(job.id);
  if (!record) return record.error();
  if (job.canonical != record->job || job.app != record->app) {
    return Error{
        Errc::exists,
        fmt::format("campaign {} exists, {}, and is another one: its job differs from this "
                    "one; give this one another id, or go on with that one by `herald "
                    "resume {}`",
                    job.id, to_string(record->state), job.id)};
  }
  if (is_over(record->state)) {
    return Error{Errc::exists,
                 fmt::format("campaign {} exists, {}: see `herald report {}`, or give the job "
                             "another id",
                             job.id, to_string(record->state), job.id)};
  }
  if (record->audience_spooled || job.audience.is_standard_input()) {
    return Error{Errc::exists,
                 fmt::format("campaign {} exists, {}, and cannot go on from {}: its audience is "
                             "that of the first run; see `herald resume {}`",
                             job.id, to_string(record->state),
                             record->audience_spooled ? "a new one" : "standard input", job.id)};
  }
  record->audience = std::filesystem::absolute(job.audience.file).lexically_normal().string();
  return impl_->go_on(job, std::move(*record), purpose_of(job), sink);
}

Result<Campaign> Engine::resend_ambiguous(std::string_view id, OutcomeSink* sink) {
  const std::lock_guard lock{impl_->mutex};
  auto record = impl_->stopped_campaign(id);
  if (!record) return record.error();
  if (record->state == CampaignState::cancelled) {
    return Error{Errc::usage, fmt::format("campaign {} was cancelled: nothing of it is sent any "
                                          "more",
                                          id)};
  }
  const auto job = job_of(*record, impl_->config.rules);
  if (!job) return job.error();
  return impl_->go_on(*job, std::move(*record), Resumption::Purpose::again, sink);
}

// A campaign that no process runs: this one has the lock.
Result<store::CampaignRecord> Engine::Impl::stopped_campaign(std::string_view id) {
  if (find_running(id) != nullptr) {
    return Error{Errc::usage, fmt::format("campaign {} is running already", id)};
  }
  // After that: a campaign's last record is stored before it counts as stopped.
  return reading().record(id);
}

Result<Campaign> Engine::Impl::go_on(const Job& job, store::CampaignRecord record,
                                     Resumption::Purpose purpose, OutcomeSink* sink) {
  const auto app = app_of(job);
  if (!app) return app.error();
  auto body = message::Template::make(job, config.rules);
  if (!body) return body.error();
  const auto so_far = campaign::fold_campaign(*store, record, false);
  if (!so_far) return so_far.error();
  auto known = Resumption::read(*store, record, purpose);
  if (!known) return known.error();

  if (record.audience_spooled) {
    const auto sound = audience::check_spool(audience::spool_file(config.data_dir, record.number));
    if (!sound) return cannot_read(std::move(record), sound.error());
  }
  // Once as far as it was read, to see that it is the same; then again from its first byte.
  auto seen = check_again(record, *known);
  if (!seen) return cannot_read(std::move(record), seen.error());
  auto audience = reopen_audience(config, record);
  if (!audience) return cannot_read(std::move(record), audience.error());

  if (auto opened = sender->open_app(**app); !opened) return opened.error();
  const bool only_again = purpose == Resumption::Purpose::again;
  const CampaignState state = record.state;
  if (!only_again) record.state = CampaignState::running;
  // It may have been created by a clock that was ahead.
  record.created_day = std::min(record.created_day, days->earliest(clock.wall()));
  record.pause_reason.clear();
  record.synced = record.synced && config.ledger.durability == Durability::sync;
  if (auto stored = store->put_campaign(record); !stored) return stored.error();

  auto run = std::make_shared<dispatch::CampaignRun>(std::move(record));
  set_up(*run, job, **app, config.ledger, *body);
  run->sink = sink;
  run->resumed = !only_again;
  if (only_again) run->resends_in = state;
  for (std::uint32_t i = 0; i < audience->slices(); ++i) {
    run->slices[i].marked = known->mark(i).records;
  }
  run->bytes_total = audience->bytes;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    run->count(static_cast<Outcome>(i), static_cast<std::int64_t>(so_far->outcomes[i]));
  }
  return start(std::make_shared<campaign::Intake>(
                   std::move(run), message_of(*body), job.policy.max_malformed,
                   std::make_shared<const Resumption>(std::move(*known)), std::move(*seen)),
               job, std::move(*audience));
}

// Sees that the audience begins as it did. What its devices have had, where it has several slices.
Result<std::shared_ptr<ledger::Seen>> Engine::Impl::check_again(const store::CampaignRecord& record,
                                                                const Resumption& known) {
  const auto audience = reopen_audience(config, record);
  if (!audience) return audience.error();
  const ledger::Fingerprinter fingerprinter{store->meta().fingerprint_seed, "", record.app};
  std::shared_ptr<ledger::Seen> seen;
  if (audience->slices() > 1) seen = std::make_shared<ledger::Seen>(accounts.devices);
  for (std::uint32_t slice = 0; slice < audience->slices(); ++slice) {
    const auto reader = audience->reader(slice);
    if (!reader) return reader.error();
    campaign::SeeRecords see;
    if (seen) {
      see = [&](std::uint64_t first, std::span<const ledger::Fingerprint> records) {
        mark_settled(known, slice, first, records, accounts.devices, *seen);
      };
    }
    const auto same =
        campaign::check_audience(**reader, fingerprinter, known.mark(slice), record.audience, see);
    if (!same) return same.error();
  }
  return seen;
}

// One that has stopped, for who asks how.
Campaign Engine::Impl::as_it_is(store::CampaignRecord record) {
  auto campaign = std::make_shared<Campaign::Impl>();
  campaign->id = record.id;
  campaign->app = record.app;
  campaign->store = store.get();
  campaign->sender = sender.get();
  campaign->clock = &clock;
  campaign->started = clock.boot();
  campaign->run = std::make_shared<dispatch::CampaignRun>(record);
  campaign->run->final_record = std::move(record);
  campaign->run->stopped = true;
  return Campaign{campaign};
}

// I67: what was read has its outcomes, and the rest waits for its audience.
Result<Campaign> Engine::Impl::cannot_read(store::CampaignRecord record, Error error) {
  if (error.code != Errc::audience || is_over(record.state)) return error;
  record.state = CampaignState::input_error;
  record.pause_reason = std::move(error.what);
  if (auto stored = store->put_campaign(record); !stored) return stored.error();
  return as_it_is(std::move(record));
}

}  // namespace herald
