// Live views minute by minute for hours: the service's own windows, by its own clock, never hold
// more than the limit, whatever happens to the requests.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using base::Surface;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct Windows {
  ledger::Windows limits;
  milliseconds every;  // a little faster than the hour allows
  hours during;
};

class LiveViews : public testing::TestWithParam<Windows> {
 protected:
  CampaignOptions update(std::int64_t version, bool creates = false) const {
    return {.tokens = 12,
            .batch = 5,
            .marketing = false,
            .scenario = {.limits = {2, GetParam().limits}},
            .surface = {
                .kind = Surface::Kind::activity, .creates = creates, .id = 7, .version = version}};
  }
  // Steadily, and every quarter of an hour as many at once as five minutes hold and three more.
  void send_for(Pipeline& on, hours duration) {
    const base::BootTime until = on.executor.boot() + duration;
    std::int64_t version = 1;
    on.send(update(version, true));
    base::BootTime burst = on.executor.boot() + minutes{15};
    while (on.executor.boot() < until) {
      on.run_for(GetParam().every);
      on.send(update(++version));
      if (on.executor.boot() < burst) continue;
      burst += minutes{15};
      for (std::uint32_t i = 0; i < GetParam().limits.five_minutes + 3; ++i) {
        on.run_for(seconds{1});
        on.send(update(++version));
      }
    }
  }
  void expect_within(const Pipeline& on) {
    EXPECT_LE(on.service.surfaces().live_view_most(ledger::kShortWindow),
              GetParam().limits.five_minutes);
    EXPECT_LE(on.service.surfaces().live_view_most(ledger::kLongWindow), GetParam().limits.hour);
  }
};

TEST_P(LiveViews, WithoutFaultsTheWindowsAreFullAndNeverMore) {
  Pipeline on;
  send_for(on, GetParam().during);
  on.run();
  expect_within(on);
  EXPECT_EQ(on.service.surfaces().live_view_most(ledger::kShortWindow),
            GetParam().limits.five_minutes);
  EXPECT_EQ(on.service.surfaces().live_view_most(ledger::kLongWindow), GetParam().limits.hour);
  EXPECT_EQ(on.service.surfaces().old_versions(), 0u);
  on.check_exact();
  on.check_recovered();
}

TEST_P(LiveViews, WithFaultsNeverMore) {
  const char* one = std::getenv("HERALD_SEED");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  for (std::uint64_t seed = first; seed < first + (one != nullptr ? 1 : 2); ++seed) {
    SCOPED_TRACE("HERALD_SEED=" + std::to_string(seed));
    base::Random random{seed};
    Pipeline on{{.seed = seed}};
    const Plan faults[] = {answers(bare(503)),
                           on_wire(Plan::Wire::refuse_stream),
                           on_wire(Plan::Wire::goaway_at),
                           answers(partly({0, 2})),
                           answers_late(seconds{20}),
                           answers_late(seconds{45}),
                           answers(bare(500, true)),
                           resets(2),
                           on_wire(Plan::Wire::cut),
                           on_wire(Plan::Wire::silent),
                           answers(partly_wrong_counts())};
    on.service.on_others([&](std::uint64_t) {
      if (random.next() % 4 != 0) return answers_late(milliseconds{random.next() % 2000});
      return faults[random.next() % std::size(faults)];
    });
    send_for(on, GetParam().during);
    on.service.behave();
    on.run();
    expect_within(on);
    on.check();
    on.check_recovered();
    if (HasFailure()) return;
  }
}

TEST_P(LiveViews, ACreationIsSentOnceInTwelveHours) {
  Pipeline on;
  std::uint64_t accepted = 0;
  for (int i = 0; i < 14 * 4; ++i) {
    Sent& sent = on.send(update(-1, true));
    on.run();
    accepted += on.report(sent).count(Outcome::accepted);
    on.run_for(minutes{30});
  }
  EXPECT_EQ(accepted, 3u * 12);  // in 28 hours
  EXPECT_GT(on.service.surfaces().creations_apart(), hours{12});
  on.check_exact();
  on.check_recovered();
}

INSTANTIATE_TEST_SUITE_P(Events, LiveViews,
                         testing::Values(Windows{ledger::kUsualWindows, seconds{50}, hours{4}},
                                         Windows{ledger::kLargeWindows, seconds{17}, hours{2}}),
                         [](const auto& each) { return each.index == 0 ? "usual" : "large"; });

}  // namespace
}  // namespace herald::test
