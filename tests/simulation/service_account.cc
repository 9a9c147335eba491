#include "tests/simulation/service_account.h"

#include <fmt/format.h>

namespace herald::simulation {

void ServiceAccount::expect(std::uint64_t campaign, bool marketing, bool may_repeat) {
  campaigns_[campaign] = {marketing, may_repeat, std::vector<Attempt>(devices_.size())};
}

void ServiceAccount::take(const test::Arrival& arrival, const std::vector<bool>& taken,
                          base::Day day, Proof proof) {
  ++processed_;
  const auto found = campaigns_.find(arrival.campaign);
  if (found == campaigns_.end()) {
    return violations_.add("I13",
                           fmt::format("a request of unknown campaign {}", arrival.campaign));
  }
  Campaign& campaign = found->second;
  for (std::size_t i = 0; i < arrival.tokens.size(); ++i) {
    const DeviceIndex device = devices_.of(arrival.tokens[i]);
    if (device == kNoDevice) {
      violations_.add("I15", fmt::format("unknown token {}", arrival.tokens[i]));
      continue;
    }
    Attempt& attempt = campaign.attempts[device];
    if (attempt.arrivals > 0 && !attempt.proven_refused && !campaign.may_repeat) {
      violations_.add(attempt.accepts > 0 ? "I13" : "I8",
                      fmt::format("{} came again for campaign {} though the attempt before was not "
                                  "proven refused",
                                  arrival.tokens[i], arrival.campaign));
    }
    ++attempt.arrivals;
    attempt.began = arrival.began;
    attempt.proven_refused =
        proof == Proof::refused ||
        (!taken[i] && (proof == Proof::as_taken || proof == Proof::only_refused));
    if (!taken[i]) continue;
    ++attempt.accepts;
    const std::uint32_t total = ++total_.at(device, day);
    const std::uint32_t marketing = campaign.marketing ? ++marketing_.at(device, day) : 0;
    if (total > limits_.total || marketing > limits_.marketing) {
      violations_.add("I1", fmt::format("{} had {} messages, {} of them marketing, on {}",
                                        arrival.tokens[i], total, marketing, base::to_string(day)));
    }
  }
}

const Attempt& ServiceAccount::attempt(std::uint64_t campaign, DeviceIndex device) const {
  static const Attempt kNone;
  const auto found = campaigns_.find(campaign);
  return found == campaigns_.end() ? kNone : found->second.attempts[device];
}

}  // namespace herald::simulation
