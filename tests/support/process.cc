#include "tests/support/process.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "engine/audience/lines.h"
#include "tests/support/made_records.h"

namespace herald::test {
namespace {

class MemorySource final : public audience::ByteSource {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t size = std::min(into.size(), bytes_.size() - at_);
    std::memcpy(into.data(), bytes_.data() + at_, size);
    at_ += size;
    return size;
  }
  std::uint64_t size() const override { return bytes_.size(); }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

// What ServiceModel reads.
std::string body_before_tokens(std::uint64_t campaign, const base::Surface& surface, bool test) {
  std::string body = fmt::format(R"({{"campaign":{},)", campaign);
  if (surface.kind == base::Surface::Kind::card) body += fmt::format(R"("formId":{},)", surface.id);
  if (surface.kind == base::Surface::Kind::activity) {
    body += fmt::format(R"("activityId":{},"operation":{},)", surface.id, surface.creates ? 0 : 1);
  }
  if (surface.version >= 0) body += fmt::format(R"("version":{},)", surface.version);
  if (test) body += R"("test":1,)";
  return body + R"("target":{"token":[)";
}

// Renders what the record's fields say, as MadeRecord has them.
campaign::Message message_of(const CampaignOptions& options, std::uint64_t campaign) {
  if (!options.surface_of) return {options.surface, {}};
  const auto render = [campaign, test = options.scenario.test](const base::RecordFields& fields,
                                                               std::string& body,
                                                               base::Surface& surface) {
    const auto number = [&](base::RecordField field) {
      return std::strtoll(std::string{fields[field]}.c_str(), nullptr, 10);
    };
    surface.id = number(base::RecordField::form_id);
    surface.version = number(base::RecordField::version);
    body += body_before_tokens(campaign, surface, test);
    return Reason::none;
  };
  return {options.surface, render};
}

std::vector<std::string> lines_of(const CampaignOptions& options) {
  std::vector<std::string> lines = options.lines;
  for (std::uint32_t i = 0; options.lines.empty() && i < options.tokens; ++i) {
    lines.push_back(token_of(options.first + i));
  }
  return lines;
}

std::unique_ptr<audience::RecordReader> reader_of(const CampaignOptions& options,
                                                  const std::vector<std::string>& lines,
                                                  std::uint32_t slice) {
  if (!options.surface_of) {
    const auto firsts = first_records(options);
    const std::uint64_t end = slice + 1 < firsts.size() ? firsts[slice + 1] : lines.size();
    std::string text;
    for (std::uint64_t i = firsts[slice]; i < end; ++i) text += lines[i] + "\n";
    return std::make_unique<audience::LineReader>(std::make_unique<MemorySource>(std::move(text)));
  }
  const auto make = [options](std::uint64_t at) {
    const auto number = options.first + static_cast<std::uint32_t>(at);
    const base::Surface surface = options.surface_of(number);
    return MadeRecord{token_of(number), Reason::none, std::to_string(surface.id),
                      std::to_string(surface.version)};
  };
  return std::make_unique<MadeReader>(options.tokens, make);
}

Result<campaign::Rebuilt> rebuild_ledger(World& world, bool recovers, ledger::Accounts& accounts) {
  if (!recovers) return campaign::Rebuilt{};
  return campaign::rebuild_ledger(world.store, accounts, world.calendar, world.executor.wall());
}

}  // namespace

std::vector<std::uint64_t> first_records(const CampaignOptions& options) {
  const std::uint64_t records = options.lines.empty() ? options.tokens : options.lines.size();
  std::vector<std::uint64_t> firsts{0};
  for (std::uint32_t i = 1; i < options.slices; ++i) {
    const std::uint64_t first = records * i / options.slices;
    if (first > firsts.back()) firsts.push_back(first);
  }
  return firsts;
}

std::string token_of(std::uint32_t number) { return fmt::format("device-token-{:07}", number); }

Result<void> FakeCredentials::renew(base::WallTime) {
  if (broken_) return Error{Errc::key_refused, "the key cannot sign (by the test)"};
  text_ = fmt::format("Bearer {}", ++generation_);
  return {};
}

void FarThread::post(Task task) {
  const bool is_busy = random.next() % 16 == 0;
  const Duration most =
      is_busy ? Duration{std::chrono::milliseconds{400}} : Duration{std::chrono::microseconds{200}};
  const auto wait = std::chrono::duration_cast<Duration>(most * random.unit());
  last_ = std::max(last_, executor_.boot() + wait);
  alive_.run_at(last_, std::move(task));
}

Process::Process(World& world, const Settings& settings)
    : rebuilt(rebuild_ledger(world, settings.recovers, accounts)),
      days(world.calendar, rebuilt ? rebuilt->days : dispatch::DaysAtStart{}),
      batches(settings.memory),
      world_(world),
      executor_(world.executor),
      random_(settings.seed) {
  batches.on_release([this] { wake_ingest(); });
  days.on_shown([this] { wake_ingest(); });
  std::vector<transport::Place> others;
  for (std::uint32_t i = 1; i < settings.sender_threads; ++i) {
    others_.push_back(std::make_unique<FarThread>(world_.executor, settings.seed + i));
    others.push_back({*others_.back(), world_.service, others_.back()->random});
  }
  dispatcher = std::make_unique<dispatch::Dispatcher>(
      dispatch::Seams{executor_, world_.executor, random_, world_.store, accounts, days, batches,
                      world_.service, credentials, std::move(others)},
      dispatch::AppSettings{.name = std::string{kApp},
                            .path = "/v3/1/messages:send",
                            .authority = "push.example",
                            .rate = settings.rate,
                            .connections_max = settings.connections_max,
                            .timing = {},
                            .calendar = world_.calendar});
}

Process::~Process() {
  batches.on_release({});
  dispatcher.reset();
}

void Process::kill() {
  executor_.die();
  for (const auto& other : others_) other->die();
  batches.on_release({});
  dispatcher->abandon();
  dispatcher.reset();
  campaigns_.clear();
}

Sent& Process::send(const CampaignOptions& options) {
  auto record = create(options);
  EXPECT_TRUE(record.has_value());
  return start(std::move(*record), options);
}

Result<store::CampaignRecord> Process::create(const CampaignOptions& options) {
  store::CampaignRecord record;
  record.number = world_.store.new_campaign_number();
  record.id = options.id.empty() ? fmt::format("campaign-{}", record.number) : options.id;
  record.app = kApp;
  record.project = options.scenario.project;
  record.push_type = options.surface.kind == base::Surface::Kind::card ? 1 : 0;
  record.created_day = days.earliest(world_.executor.wall());
  // Their bytes do not matter here: records are found by their numbers.
  if (options.slices > 1) record.audience_slices = first_records(options);
  if (const auto stored = world_.store.put_campaign(record); !stored) return stored.error();
  return record;
}

Result<Sent*> Process::resume(store::CampaignRecord record, const CampaignOptions& options) {
  using Purpose = campaign::Resumption::Purpose;
  auto resumption = campaign::Resumption::read(
      world_.store, record, options.at_least_once ? Purpose::finish_and_again : Purpose::finish);
  if (!resumption) return resumption.error();
  record.state = CampaignState::running;
  record.created_day = std::min(record.created_day, days.earliest(world_.executor.wall()));
  record.pause_reason.clear();
  if (const auto stored = world_.store.put_campaign(record); !stored) return stored.error();
  return &start(std::move(record), options,
                std::make_shared<const campaign::Resumption>(std::move(*resumption)));
}

// As the engine does: the audience is the same, and what its slices have had is known to all.
std::shared_ptr<ledger::Seen> Process::check_again(const CampaignOptions& options,
                                                   const std::vector<std::string>& lines,
                                                   const campaign::Resumption& known) {
  const auto slices = static_cast<std::uint32_t>(first_records(options).size());
  auto seen = slices > 1 ? std::make_shared<ledger::Seen>(accounts.devices) : nullptr;
  for (std::uint32_t slice = 0; slice < slices; ++slice) {
    campaign::SeeRecords see;
    if (seen) {
      see = [&](std::uint64_t first, std::span<const ledger::Fingerprint> records) {
        mark_settled(known, slice, first, records, accounts.devices, *seen);
      };
    }
    const auto same =
        campaign::check_audience(*reader_of(options, lines, slice), world_.fingerprinter,
                                 known.mark(slice), "the audience", see);
    EXPECT_TRUE(same) << same.error().what;
  }
  return seen;
}

Sent& Process::start(store::CampaignRecord record, const CampaignOptions& options,
                     std::shared_ptr<const campaign::Resumption> resumption) {
  auto sent = std::make_unique<Sent>();
  sent->tokens = lines_of(options);
  sent->run = std::make_shared<dispatch::CampaignRun>(std::move(record));
  dispatch::CampaignRun& run = *sent->run;
  run.push_type = "0";
  run.prefix = body_before_tokens(run.record.number, options.surface, options.scenario.test);
  run.suffix = "]}}";
  run.charge.marketing = options.marketing;
  run.scenario = options.scenario;
  run.charge.notification = true;
  run.charge.marketing_limit = options.marketing_limit;
  run.charge.total_limit = options.total_limit;
  const auto in = [&](Duration wait) {
    return world_.executor.wall() + std::chrono::duration_cast<std::chrono::milliseconds>(wait);
  };
  if (options.starts_in) run.start_at = in(*options.starts_in);
  if (options.expires_in) run.expires = in(*options.expires_in);
  run.rate = options.rate;
  run.batch_tokens_max = options.batch;
  run.sink = options.sink;
  run.interrupt_reading = [this] { wake_ingest(); };
  run.at_least_once = options.at_least_once;
  run.resumed = resumption != nullptr;
  std::shared_ptr<ledger::Seen> seen;
  if (resumption) seen = check_again(options, sent->tokens, *resumption);
  const auto intake =
      std::make_shared<campaign::Intake>(sent->run, message_of(options, run.record.number), 0.05,
                                         std::move(resumption), std::move(seen));
  dispatcher->start(sent->run);
  for (std::uint32_t slice = 0; slice < intake->slices(); ++slice) {
    sent->ingests.push_back(std::make_unique<campaign::Ingest>(
        campaign::IngestSeams{world_.executor, days, accounts,
                              [this] { return batches.try_acquire(); }, batches,
                              [this] { dispatcher->wake(); }},
        intake, slice, reader_of(options, sent->tokens, slice), world_.fingerprinter));
    executor_.post([this, at = sent->ingests.back().get()] { step(*at); });
  }
  campaigns_.push_back(std::move(sent));
  return *campaigns_.back();
}

void Process::step(campaign::Ingest& ingest) {
  switch (ingest.step()) {
    case campaign::Ingest::Step::more:
      executor_.post([this, &ingest] { step(ingest); });
      break;
    case campaign::Ingest::Step::starved:
      starved_.push_back(&ingest);
      break;
    case campaign::Ingest::Step::done:
      break;
  }
}

void Process::wake_ingest() {
  for (campaign::Ingest* ingest : std::exchange(starved_, {})) {
    executor_.post([this, ingest] { step(*ingest); });
  }
}

void Process::pause(Sent& sent, std::string reason) {
  dispatcher->pause(*sent.run, std::move(reason));
}

bool Process::all_stopped() const {
  return std::all_of(campaigns_.begin(), campaigns_.end(),
                     [](const auto& each) { return each->stopped(); });
}

}  // namespace herald::test
