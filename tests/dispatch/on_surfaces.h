// Fifty devices with a card or a live view each, and what the service was asked about them.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/pipeline.h"

namespace herald::test {

using base::Surface;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline Surface card(std::int64_t id, std::int64_t version = -1) {
  return {.kind = Surface::Kind::card, .id = id, .version = version};
}
inline Surface live_view(std::int64_t id, std::int64_t version = -1) {
  return {.kind = Surface::Kind::activity, .id = id, .version = version};
}
inline Surface creation(std::int64_t id, std::int64_t version = -1) {
  return {.kind = Surface::Kind::activity, .creates = true, .id = id, .version = version};
}
inline ledger::Scenario cards_a_day(std::uint32_t form) { return {.limits = {form, {}}}; }

class OnSurfaces : public testing::Test {
 protected:
  // Fifty devices, one token a request, the card or live view the same for all.
  CampaignOptions options(const Surface& surface) const {
    return {.tokens = 50,
            .batch = 1,
            .marketing = false,
            .scenario = cards_a_day(10),
            .surface = surface};
  }
  // Versions in the order in which the service was asked for them, of one device.
  std::vector<std::int64_t> versions_for(std::uint32_t token) const {
    std::vector<std::int64_t> versions;
    for (const Arrival& arrival : on_.service.arrivals()) {
      if (!arrival.tokens.empty() && arrival.tokens[0] == token_of(token)) {
        versions.push_back(arrival.surface.version);
      }
    }
    return versions;
  }
  std::uint32_t charged_today(std::uint32_t token, const Surface& surface) const {
    return on_.charged(token_of(token), surface, on_.calendar.day(on_.executor.wall()));
  }
  void expect_in_order() { EXPECT_EQ(on_.service.surfaces().old_versions(), 0u); }

  Pipeline on_;
};

}  // namespace herald::test
