#include "tests/support/pipeline.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "engine/audience/lines.h"
#include "engine/campaign/fold.h"
#include "engine/campaign/outcome_map.h"

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
    : batches(options.memory),
      reservations({store.meta().fingerprint_seed, "", kApp}),
      random_(options.seed),
      fingerprinter_(store.meta().fingerprint_seed, "", kApp) {
  executor.set_wall(options.wall);
  service.settings.protocol = options.protocol;
  service.at_first_byte([this] { return store.durable_sequence(); });
  service.at_body([this](const Arrival& arrival) { reservations.on_request(arrival); });
  store.on_durable([this](std::uint64_t sequence, std::string_view bytes) {
    reservations.on_group(sequence, bytes);
  });
  batches.on_release([this] { wake_ingest(); });
  dispatcher = std::make_unique<dispatch::Dispatcher>(
      dispatch::Seams{executor, executor, random_, store, accounts, batches, service, credentials},
      dispatch::AppSettings{.name = std::string{kApp},
                            .path = "/v3/1/messages:send",
                            .authority = "push.example",
                            .rate = options.rate,
                            .connections_max = options.connections_max,
                            .timing = {},
                            .calendar = calendar});
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
  record.created_day = calendar.day(executor.wall() - calendar.guard);
  EXPECT_TRUE(store.put_campaign(record).has_value());
  sent->run = std::make_shared<dispatch::CampaignRun>(std::move(record));
  dispatch::CampaignRun& run = *sent->run;
  run.push_type = "0";
  run.prefix = fmt::format(R"({{"campaign":{},"target":{{"token":[)", run.record.number);
  run.suffix = "]}}";
  run.charge.marketing = true;
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
  sent->ingest = std::make_unique<campaign::Ingest>(
      campaign::IngestSeams{executor, calendar, accounts, [this] { return batches.try_acquire(); },
                            batches, [this] { dispatcher->wake(); }},
      sent->run, campaign::Message{},
      std::make_unique<audience::LineReader>(std::make_unique<MemorySource>(std::move(audience))),
      fingerprinter_, 0.05);
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
  for (const auto& [token, days] : service.account()) {
    for (const auto& [day, count] : days) {
      const base::Day base = ledger.find(fingerprinter_(token)).base;
      if (day < base) continue;  // that day is over, and forgotten
      ASSERT_GE(charged(token, day), count) << token << " on " << base::to_string(day);
    }
  }
  for (const auto& sent : campaigns_) check_campaign(*sent);
}

void Pipeline::check_exact() {
  check();
  const base::Day today = calendar.day(executor.wall());
  for (const auto& sent : campaigns_) {
    for (const std::string& token : sent->tokens) {
      ASSERT_EQ(charged(token, today), service.count(token, today)) << token;
    }
  }
}

}  // namespace herald::test
