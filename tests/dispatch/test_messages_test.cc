// Test messages: at most 1000 tokens a project and day, whichever campaigns they are of, and
// nothing of what the service proved not to have taken.
#include <gtest/gtest.h>

#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using base::Surface;
using std::chrono::hours;

Surface live_view(std::int64_t id, std::int64_t version = -1) {
  return {.kind = Surface::Kind::activity, .id = id, .version = version};
}

class TestMessages : public testing::Test {
 protected:
  Sent& send(std::uint32_t tokens, std::uint32_t first, std::string project = "1",
             const Surface& surface = {}) {
    return on_.send({.tokens = tokens,
                     .first = first,
                     .batch = 10,
                     .marketing = false,
                     .scenario = {.test = true, .project = std::move(project)},
                     .surface = surface});
  }
  std::uint32_t taken(const std::string& project) const {
    std::uint32_t tokens = 0;
    on_.accounts.tests.for_each([&](const std::string& of, base::Day, std::uint32_t more) {
      if (of == project) tokens += more;
    });
    return tokens;
  }

  Pipeline on_;
};

TEST_F(TestMessages, AThousandTokensAProjectAndDayOverCampaigns) {
  Sent* campaigns[3] = {};
  for (std::uint32_t i = 0; i < 3; ++i) campaigns[i] = &send(450, 1000 * i);
  on_.run();
  std::uint64_t accepted = 0;
  std::uint64_t over = 0;
  for (const auto* each : campaigns) {
    accepted += on_.report(*each).count(Outcome::accepted);
    over += on_.report(*each).count(Outcome::over_quota);
  }
  EXPECT_EQ(accepted, 1000u);
  EXPECT_EQ(over, 350u);
  EXPECT_EQ(on_.report(*campaigns[2]).reasons.at("over_quota.test"), 350u);
  EXPECT_EQ(on_.service.surfaces().tests_most(), 1000u);
  on_.check_exact();
  on_.check_recovered();
}

TEST_F(TestMessages, AnotherProjectAndAnotherDayHaveTheirOwn) {
  send(1000, 0);
  send(1000, 0, "2");
  on_.run();
  EXPECT_EQ(taken("1"), 1000u);
  EXPECT_EQ(taken("2"), 1000u);
  on_.run_for(hours{24});
  Sent& tomorrow = send(100, 0);
  on_.run();
  EXPECT_EQ(on_.report(tomorrow).count(Outcome::accepted), 100u);
}

TEST_F(TestMessages, ProvenRefusalsAreGivenBack) {
  on_.service.on_others([](std::uint64_t index) {
    if (index % 4 == 2) return answers(partly({0, 1, 2}));
    if (index % 4 == 3) return answers(all_invalid());
    return answers(accepted());
  });
  on_.service.settings.streams_max = 1;
  Sent& sent = send(400, 0);
  on_.run();
  EXPECT_EQ(sent.state(), CampaignState::finished);
  EXPECT_EQ(taken("1"), on_.report(sent).count(Outcome::accepted));
  EXPECT_EQ(on_.report(sent).count(Outcome::accepted), 270u);
  on_.service.behave();
  Sent& more = send(1000, 1000);
  on_.run();
  EXPECT_EQ(on_.report(more).count(Outcome::accepted), 730u);
  on_.check_exact();
  on_.check_recovered();
}

TEST_F(TestMessages, DoubtIsNotGivenBack) {
  on_.service.on_request(2, on_wire(Plan::Wire::cut));
  Sent& sent = send(100, 0);
  on_.run();
  EXPECT_GE(on_.report(sent).count(Outcome::ambiguous), 10u);
  EXPECT_EQ(taken("1"), 100u);
  on_.check();
  on_.check_recovered();
}

TEST_F(TestMessages, TooFastIsSentAMinuteLaterUnderTheSameCharge) {
  on_.service.on_request(3, answers(coded(200, "80300029")));
  Sent& sent = send(100, 0);
  on_.run();
  EXPECT_EQ(on_.report(sent).count(Outcome::accepted), 100u);
  EXPECT_EQ(taken("1"), 100u);
  on_.check_exact();
}

TEST_F(TestMessages, OfALiveViewCountForTheProjectAlone) {
  for (int i = 0; i < 15; ++i) {
    send(10, 0, "1", live_view(7, i));
    on_.run();
  }
  EXPECT_EQ(taken("1"), 150u);
  EXPECT_EQ(on_.charged(token_of(0), live_view(7), ledger::kShortWindow), 0u);
  EXPECT_EQ(on_.service.surfaces().old_versions(), 0u);
  Sent& old = send(10, 0, "1", live_view(7, 14));
  on_.run();
  EXPECT_EQ(on_.report(old).reasons.at("malformed.old_version"), 10u);
  EXPECT_EQ(taken("1"), 150u);
  on_.check_recovered();
}

}  // namespace
}  // namespace herald::test
