#include "tests/support/pipeline.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

#include "engine/audience/lines.h"
#include "engine/campaign/fold.h"
#include "engine/campaign/outcome_map.h"
#include "engine/campaign/recovery.h"
#include "tests/support/made_records.h"

namespace herald::test {
namespace {

constexpr std::string_view kApp = "demo";

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

}  // namespace

std::string token_of(std::uint32_t number) { return fmt::format("device-token-{:07}", number); }

std::string protocol_name(transport::Protocol protocol) {
  return protocol == transport::Protocol::http2 ? "Http2" : "Http1";
}

Result<void> FakeCredentials::renew(base::WallTime) {
  if (broken_) return Error{Errc::key_refused, "the key cannot sign (by the test)"};
  text_ = fmt::format("Bearer {}", ++generation_);
  return {};
}

Pipeline::Pipeline(const Options& options)
    : days(calendar, rebuild(options)),
      batches(options.memory),
      reservations({store.meta().fingerprint_seed, "", kApp}),
      random_(options.seed),
      fingerprinter_(store.meta().fingerprint_seed, "", kApp) {
  service.settings.protocol = options.protocol;
  service.at_first_byte([this] { return store.durable_sequence(); });
  service.at_body([this](const Arrival& arrival) { reservations.on_request(arrival); });
  store.on_durable([this](std::uint64_t sequence, std::string_view bytes) {
    reservations.on_group(sequence, bytes);
  });
  batches.on_release([this] { wake_ingest(); });
  days.on_shown([this] { wake_ingest(); });
  dispatcher = std::make_unique<dispatch::Dispatcher>(
      dispatch::Seams{executor, executor, random_, store, accounts, days, batches, service,
                      credentials},
      dispatch::AppSettings{.name = std::string{kApp},
                            .path = "/v3/1/messages:send",
                            .authority = "push.example",
                            .rate = options.rate,
                            .connections_max = options.connections_max,
                            .timing = {},
                            .calendar = calendar});
}

dispatch::DaysAtStart Pipeline::rebuild(const Options& options) {
  executor.set_wall(options.wall);
  if (options.after == nullptr) return {};
  store.take_over(options.after->store);
  const auto rebuilt = campaign::rebuild_ledger(store, accounts, calendar, executor.wall());
  EXPECT_TRUE(rebuilt.has_value());
  if (!rebuilt) return {};
  EXPECT_TRUE(rebuilt->unanswered.empty());
  return rebuilt->days;
}

void Pipeline::step_our_clock(Duration by) {
  executor.set_wall(executor.wall() + std::chrono::floor<std::chrono::milliseconds>(by));
  service.clock_ahead -= by;
}

Pipeline::~Pipeline() {
  batches.on_release({});
  dispatcher.reset();
}

Sent& Pipeline::send(const CampaignOptions& options) {
  auto sent = std::make_unique<Sent>();
  std::string audience;
  for (std::uint32_t i = 0; i < options.tokens; ++i) {
    sent->tokens.push_back(token_of(options.first + i));
    audience += sent->tokens.back() + "\n";
  }
  store::CampaignRecord record;
  record.number = store.new_campaign_number();
  record.id = fmt::format("campaign-{}", record.number);
  record.app = kApp;
  record.project = options.scenario.project;
  record.push_type = options.surface.kind == base::Surface::Kind::card ? 1 : 0;
  record.created_day = days.earliest(executor.wall());
  EXPECT_TRUE(store.put_campaign(record).has_value());
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
    return executor.wall() + std::chrono::duration_cast<std::chrono::milliseconds>(wait);
  };
  if (options.starts_in) run.start_at = in(*options.starts_in);
  if (options.expires_in) run.expires = in(*options.expires_in);
  run.rate = options.rate;
  run.batch_tokens_max = options.batch;
  run.sink = options.sink;
  run.interrupt_reading = [this] { wake_ingest(); };
  std::unique_ptr<audience::RecordReader> reader;
  if (options.surface_of) {
    const auto make = [options](std::uint64_t at) {
      const auto number = options.first + static_cast<std::uint32_t>(at);
      const base::Surface surface = options.surface_of(number);
      return MadeRecord{token_of(number), Reason::none, std::to_string(surface.id),
                        std::to_string(surface.version)};
    };
    reader = std::make_unique<MadeReader>(options.tokens, make);
  } else {
    reader =
        std::make_unique<audience::LineReader>(std::make_unique<MemorySource>(std::move(audience)));
  }
  sent->ingest = std::make_unique<campaign::Ingest>(
      campaign::IngestSeams{executor, days, accounts, [this] { return batches.try_acquire(); },
                            batches, [this] { dispatcher->wake(); }},
      sent->run, message_of(options, run.record.number), std::move(reader), fingerprinter_, 0.05);
  dispatcher->start(sent->run);
  executor.post([this, at = sent.get()] { step(*at); });
  campaigns_.push_back(std::move(sent));
  return *campaigns_.back();
}

void Pipeline::step(Sent& sent) {
  switch (sent.ingest->step()) {
    case campaign::Ingest::Step::more:
      executor.post([this, &sent] { step(sent); });
      break;
    case campaign::Ingest::Step::starved:
      starved_.push_back(&sent);
      break;
    case campaign::Ingest::Step::done:
      break;
  }
}

void Pipeline::wake_ingest() {
  for (Sent* sent : std::exchange(starved_, {})) {
    executor.post([this, sent] { step(*sent); });
  }
}

bool Pipeline::all_stopped() const {
  return std::all_of(campaigns_.begin(), campaigns_.end(),
                     [](const auto& each) { return each->stopped(); });
}

void Pipeline::run(Duration limit) {
  ASSERT_TRUE(executor.run_until([this] { return all_stopped(); }, limit))
      << "the campaigns do not end";
}

void Pipeline::run_until_requests(std::uint64_t requests) {
  ASSERT_TRUE(
      executor.run_until([&] { return service.requests() >= requests; }, std::chrono::minutes{30}))
      << service.requests() << " requests came";
}

void Pipeline::pause(Sent& sent, std::string reason) {
  dispatcher->pause(*sent.run, std::move(reason));
}

Report Pipeline::report(const Sent& sent) {
  auto folded = campaign::fold_campaign(store, sent.run->final_record, false);
  if (folded) return *folded;
  ADD_FAILURE() << folded.error().what;
  return {};
}

std::uint32_t Pipeline::charged(const std::string& token, base::Day day) const {
  const ledger::DeviceState state = ledger.find(fingerprinter_(token));
  const base::Day at = day - state.base;
  return at == 0 || at == 1 ? state.total[static_cast<std::size_t>(at)] : 0;
}

std::uint64_t Pipeline::charged_today() const {
  std::set<std::string> tokens;
  for (const auto& sent : campaigns_) tokens.insert(sent->tokens.begin(), sent->tokens.end());
  std::uint64_t charged_all = 0;
  const base::Day today = calendar.day(executor.wall());
  for (const std::string& token : tokens) charged_all += charged(token, today);
  return charged_all;
}

namespace {

// The most that still fit, found by asking: with which limit is one more refused?
std::uint32_t probe(const ledger::Accounts& accounts, ledger::Fingerprint token,
                    const base::Surface& surface, base::Day day, std::optional<Duration> since,
                    base::WallTime now) {
  base::Surface plain = surface;  // without what has reasons of its own
  plain.version = -1;
  plain.creates = false;
  const ledger::SurfaceCharge charge{plain, {day, false}, true};
  const ledger::Surfaces::Key key = ledger::Surfaces::key(token, plain);
  constexpr std::uint32_t kMany = 1000;
  for (std::uint32_t limit = 0;; ++limit) {
    ledger::Surfaces::Limits limits{limit, {kMany, kMany}};
    if (since == ledger::kShortWindow) limits.windows.five_minutes = limit;
    if (since == ledger::kLongWindow) limits.windows.hour = limit;
    if (accounts.surfaces.look(key, charge, limits, now) != ledger::Verdict::charged) continue;
    return limit == 0 ? 0 : limit - 1;
  }
}

}  // namespace

std::uint32_t Pipeline::charged(const std::string& token, const base::Surface& card,
                                base::Day day) const {
  return probe(accounts, fingerprinter_(token), card, day, {}, executor.wall());
}

std::uint32_t Pipeline::charged(const std::string& token, const base::Surface& live_view,
                                Duration since) const {
  return probe(accounts, fingerprinter_(token), live_view, 0, since, executor.wall());
}

// What was taken is charged; `exactly`: and no more than that.
void Pipeline::check_surfaces(bool exactly) {
  const base::Day today = calendar.day(executor.wall());
  for (const auto& [key, updates] : service.surfaces().updates()) {
    const auto& [kind, id, token] = key;
    const base::Surface surface{.kind = kind, .id = id};
    if (kind == base::Surface::Kind::card) {
      const std::uint32_t taken = service.surfaces().on_day(key, today);
      const std::uint32_t had = charged(token, surface, today);
      ASSERT_GE(had, taken) << token << " card " << id;
      if (exactly) {
        ASSERT_EQ(had, taken) << token << " card " << id;
      }
      continue;
    }
    for (const Duration window : {Duration{ledger::kShortWindow}, Duration{ledger::kLongWindow}}) {
      const std::uint32_t taken = service.surfaces().in_window(key, executor.boot() - window);
      ASSERT_GE(charged(token, surface, window), taken) << token << " live view " << id;
    }
  }
}

void Pipeline::check_recovered() {
  run_for(std::chrono::seconds{1});  // what is being synced
  ledger::Accounts again;
  const auto rebuilt = campaign::rebuild_ledger(store, again, calendar, executor.wall());
  ASSERT_TRUE(rebuilt.has_value());
  EXPECT_TRUE(rebuilt->unanswered.empty());
  const base::Day today = calendar.day(executor.wall());
  for (const auto& [key, updates] : service.surfaces().updates()) {
    const auto& [kind, id, token] = key;
    const base::Surface surface{.kind = kind, .id = id};
    const ledger::Fingerprint device = fingerprinter_(token);
    const auto had = [&](const ledger::Accounts& in, std::optional<Duration> since) {
      return probe(in, device, surface, today, since, executor.wall());
    };
    const auto is_old = [&](const ledger::Accounts& in, std::int64_t version) {
      base::Surface on = surface;
      on.version = version;
      return in.surfaces.is_old(ledger::Surfaces::key(device, on), on);
    };
    ASSERT_EQ(had(again, {}), had(accounts, {})) << token << " " << id;
    ASSERT_EQ(had(again, ledger::kShortWindow), had(accounts, ledger::kShortWindow));
    ASSERT_EQ(had(again, ledger::kLongWindow), had(accounts, ledger::kLongWindow));
    for (const auto& update : updates) {
      for (const std::int64_t version : {update.version, update.version + 1}) {
        ASSERT_EQ(is_old(again, version), is_old(accounts, version)) << token << " " << version;
      }
    }
  }
  const auto tests = [&](const ledger::Accounts& in) {
    std::map<std::string, std::uint32_t> all;
    in.tests.for_each([&](const std::string& project, base::Day day, std::uint32_t tokens) {
      if (day >= today) all[project + base::to_string(day)] = tokens;
    });
    return all;
  };
  EXPECT_EQ(tests(again), tests(accounts));
}

void Pipeline::check_campaign(const Sent& sent) {
  const Report totals = report(sent);
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    EXPECT_EQ(sent.run->counted(static_cast<Outcome>(i)), totals.outcomes[i])
        << kOutcomeNames[i] << ": counted live, and folded from the store";
  }
  const auto map = campaign::OutcomeMap::read(store, sent.run->final_record);
  ASSERT_TRUE(map.has_value());
  for (std::size_t i = 0; i < sent.tokens.size(); ++i) {
    const std::uint32_t taken = service.taken_of(sent.run->record.number, sent.tokens[i]);
    const auto found = i < map->records() ? map->at(i) : std::nullopt;
    const std::string_view said = found ? to_string(found->outcome) : "pending";
    if (found && found->outcome == Outcome::accepted) {
      EXPECT_EQ(taken, 1u) << sent.tokens[i] << " " << said;
    } else if (found && found->outcome == Outcome::ambiguous) {
      EXPECT_LE(taken, 1u) << sent.tokens[i] << " " << said;
    } else {
      EXPECT_EQ(taken, 0u) << sent.tokens[i] << " " << said;
    }
    if (testing::Test::HasFailure()) return;  // one is enough
  }
}

void Pipeline::check() {
  executor.run_for(std::chrono::seconds{1});  // what a dead connection still held arrives
  for (const auto& [token, on_days] : service.account()) {
    for (const auto& [day, count] : on_days) {
      const base::Day base = ledger.find(fingerprinter_(token)).base;
      if (day < base) continue;  // that day is over, and forgotten
      ASSERT_GE(charged(token, day), count) << token << " on " << base::to_string(day);
    }
  }
  for (const auto& sent : campaigns_) check_campaign(*sent);
  check_surfaces(false);
}

void Pipeline::check_exact() {
  check();
  check_surfaces(true);
  const base::Day today = calendar.day(executor.wall());
  for (const auto& sent : campaigns_) {
    for (const std::string& token : sent->tokens) {
      ASSERT_EQ(charged(token, today), service.count(token, today)) << token;
    }
  }
}

}  // namespace herald::test
