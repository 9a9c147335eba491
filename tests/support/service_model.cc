#include "tests/support/service_model.h"

#include <fmt/chrono.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <optional>

#include "tests/support/http1_service_connection.h"
#include "tests/support/service_connection.h"

namespace herald::test {

namespace {

std::optional<std::int64_t> number_behind(const std::string& body, std::string_view key) {
  const auto at = body.find(key);
  if (at == std::string::npos) return std::nullopt;
  return std::strtoll(body.c_str() + at + key.size(), nullptr, 10);
}

}  // namespace

// {"campaign":N,"target":{"token":["t1",...]}}, and before the target "formId" or "activityId" and
// "operation", "version" and "test".
void Arrival::read(const std::string& body) {
  using Kind = base::Surface::Kind;
  campaign = static_cast<std::uint64_t>(number_behind(body, "\"campaign\":").value_or(0));
  const auto form = number_behind(body, "\"formId\":");
  const auto activity = number_behind(body, "\"activityId\":");
  surface.kind = form ? Kind::card : activity ? Kind::activity : Kind::none;
  surface.id = form ? *form : activity.value_or(0);
  surface.creates = number_behind(body, "\"operation\":") == 0;
  surface.version = number_behind(body, "\"version\":").value_or(-1);
  test = number_behind(body, "\"test\":") == 1;
  for (std::size_t at = body.find('[') + 1; at < body.size() && body[at] != ']'; ++at) {
    if (body[at] != '"') continue;
    std::string token;
    for (++at; at < body.size() && body[at] != '"'; ++at) {
      if (body[at] == '\\') ++at;
      token += body[at];
    }
    tokens.push_back(std::move(token));
  }
}

ServiceModel::~ServiceModel() = default;

std::unique_ptr<transport::ByteStream> ServiceModel::connect(
    transport::ByteStream::Handler& handler) {
  auto wire = std::make_shared<Wire>(executor_, settings.wire, handler);
  wires_.push_back(wire);
  switch (connects) {
    case Connects::yes:
      if (settings.protocol == transport::Protocol::http2) {
        wire->open(std::make_unique<ServiceConnection>(*this, executor_, *wire));
      } else {
        wire->open(std::make_unique<Http1ServiceConnection>(*this, executor_, *wire),
                   transport::Protocol::http1);
      }
      break;
    case Connects::refused:
      wire->refuse({Errc::unreachable, "cannot connect (refused by the test)"});
      break;
    case Connects::not_trusted:
      wire->refuse({Errc::tls, "its certificate does not verify (by the test)"});
      break;
    case Connects::never:
      break;
  }
  return std::make_unique<MemoryStream>(std::move(wire));
}

ServiceConnection* ServiceModel::session(std::size_t index) {
  assert(settings.protocol == transport::Protocol::http2);
  const std::shared_ptr<Wire> held = wire(index);
  return held == nullptr ? nullptr : static_cast<ServiceConnection*>(held->peer());
}

std::uint64_t ServiceModel::begin() {
  open_max_ = std::max(open_max_, ++open_);
  return arrivals_.size() + 1;
}

Arrival& ServiceModel::arrive() {
  Arrival arrival;
  arrival.index = begin();
  arrival.began = executor_.boot();
  if (durable_) arrival.durable_at_first_byte = durable_();
  arrivals_.push_back(std::move(arrival));
  return arrivals_.back();
}

Plan ServiceModel::plan_for(std::uint64_t index) {
  const auto found = plans_.find(index);
  return found == plans_.end() ? otherwise_(index) : found->second;
}

Reply ServiceModel::process(const Arrival& arrival, const Plan& plan) {
  arrivals_[arrival.index - 1] = arrival;
  if (at_body_) at_body_(arrival);
  Reply reply = plan.reply(arrival.tokens);
  take(arrival, reply.taken);
  return reply;
}

Reply ServiceModel::answer_probe(const std::string& path, bool authorized) {
  ++probes_;
  EXPECT_EQ(path, "/");
  EXPECT_FALSE(authorized) << "what asks for the time needs no credentials";
  return on_probe.reply({});
}

std::string ServiceModel::date() const {
  const auto now = executor_.wall() + std::chrono::floor<std::chrono::milliseconds>(clock_ahead);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time_t{seconds}));
}

void ServiceModel::take(const Arrival& arrival, const std::vector<bool>& taken) {
  const base::Day day = calendar.day(
      executor_.wall() + std::chrono::duration_cast<std::chrono::milliseconds>(clock_ahead));
  auto& of_campaign = by_campaign_[arrival.campaign];
  for (std::size_t i = 0; i < arrival.tokens.size(); ++i) {
    if (!taken[i]) continue;
    const std::string& token = arrival.tokens[i];
    ++account_[token][day];
    ++of_campaign[token];
    ++taken_;
    surfaces_.take(token, arrival.surface, arrival.test, executor_.boot(), day);
  }
  if (at_taken_) at_taken_(arrival, taken, day);
}

std::uint32_t ServiceModel::count(const std::string& token, base::Day day) const {
  const auto device = account_.find(token);
  if (device == account_.end()) return 0;
  const auto found = device->second.find(day);
  return found == device->second.end() ? 0 : found->second;
}

std::uint32_t ServiceModel::taken_of(std::uint64_t campaign, const std::string& token) const {
  const auto tokens = by_campaign_.find(campaign);
  if (tokens == by_campaign_.end()) return 0;
  const auto found = tokens->second.find(token);
  return found == tokens->second.end() ? 0 : found->second;
}

std::uint32_t ServiceModel::charges_per_device_max() const {
  std::uint32_t most = 0;
  for (const auto& [token, days] : account_) {
    for (const auto& [day, count] : days) most = std::max(most, count);
  }
  return most;
}

}  // namespace herald::test
