#include "tests/support/service_model.h"

#include <algorithm>

#include "tests/support/service_connection.h"

namespace herald::test {

ServiceModel::~ServiceModel() = default;

std::unique_ptr<transport::ByteStream> ServiceModel::connect(
    transport::ByteStream::Handler& handler) {
  auto wire = std::make_shared<Wire>(executor_, settings.wire, handler);
  wires_.push_back(wire);
  switch (connects) {
    case Connects::yes:
      wire->open(std::make_unique<ServiceConnection>(*this, executor_, *wire));
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
  const std::shared_ptr<Wire> held = wire(index);
  return held == nullptr ? nullptr : static_cast<ServiceConnection*>(held->peer());
}

std::uint64_t ServiceModel::begin() {
  open_max_ = std::max(open_max_, ++open_);
  return arrivals_.size() + 1;
}

Plan ServiceModel::plan_for(std::uint64_t index) {
  const auto found = plans_.find(index);
  return found == plans_.end() ? otherwise_(index) : found->second;
}

void ServiceModel::take(std::uint64_t campaign, const std::vector<std::string>& tokens,
                        const std::vector<bool>& taken) {
  const base::Day day = calendar.day(
      executor_.wall() + std::chrono::duration_cast<std::chrono::milliseconds>(clock_ahead));
  auto& of_campaign = by_campaign_[campaign];
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!taken[i]) continue;
    ++account_[tokens[i]][day];
    ++of_campaign[tokens[i]];
    ++taken_;
  }
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
