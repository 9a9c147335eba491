// Connections: how many, when the peer is in the way, and when it cannot be reached.
#include <gtest/gtest.h>

#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Connects = ServiceModel::Connects;

class Endpoint : public testing::Test {
 protected:
  void expect_finished(Sent& sent) {
    EXPECT_EQ(sent.state(), CampaignState::finished);
    EXPECT_EQ(on_.report(sent).count(Outcome::accepted), sent.tokens.size());
    on_.check_exact();
  }
  Pipeline on_;
};

TEST_F(Endpoint, UnreachableForAMinutePausesBeforeTheFirstSuccess) {
  on_.service.connects = Connects::refused;
  Sent& sent = on_.send({.tokens = 500});
  const base::BootTime began = on_.executor.boot();
  on_.run(minutes{2});
  EXPECT_GE(on_.executor.boot() - began, seconds{60});
  EXPECT_LT(on_.executor.boot() - began, seconds{62});
  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_NE(sent.reason().find("refused by the test"), std::string::npos) << sent.reason();
  EXPECT_EQ(on_.charged_today(), 0u);
  EXPECT_LT(on_.service.connections(), 100u) << "with back-off";
}

TEST_F(Endpoint, PeerThatNeverFinishesConnectingIsUnreachableToo) {
  on_.service.connects = Connects::never;
  Sent& sent = on_.send({.tokens = 500});
  on_.run(minutes{2});
  EXPECT_EQ(sent.state(), CampaignState::paused);
}

TEST_F(Endpoint, UnreachableAfterTheFirstSuccessIsWaitedFor) {
  Pipeline on{{.connections_max = 1}};
  Sent& sent = on.send({.tokens = 2000});
  on.service.on_request(6, on_wire(Plan::Wire::goaway_below));
  on.run_until_requests(5);
  on.service.connects = Connects::refused;
  on.run_for(minutes{10});
  EXPECT_FALSE(sent.stopped());
  on.service.connects = Connects::yes;
  const base::BootTime back = on.executor.boot();
  on.run();
  EXPECT_LT(on.executor.boot() - back, seconds{60}) << "I60";
  EXPECT_EQ(on.report(sent).count(Outcome::accepted), 2000u);
  on.check_exact();
}

TEST_F(Endpoint, PeerThatIsNotWhoItMustBePausesAtOnceWithoutOneRequestByte) {
  on_.service.connects = Connects::not_trusted;
  Sent& sent = on_.send({.tokens = 500});
  const base::BootTime began = on_.executor.boot();
  on_.run(seconds{5});
  EXPECT_LT(on_.executor.boot() - began, seconds{2});
  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_EQ(on_.service.requests(), 0u);
}

TEST_F(Endpoint, StreamLimitOpensMoreConnectionsUpToTheirMost) {
  on_.service.settings.streams_max = 2;
  on_.service.settings.thinks = milliseconds{100};
  Sent& sent = on_.send({.tokens = 5000});
  on_.run();
  EXPECT_EQ(on_.service.connections(), 4u);
  EXPECT_EQ(on_.service.requests_open_max(), 8u);
  expect_finished(sent);
}

// 50 bodies of 2.3 KiB, and 64 KiB of window for each connection. The one it cuts in two has not
// left when its deadline comes, so it is sent again.
TEST_F(Endpoint, WindowThatIsUsedUpOpensAnotherConnection) {
  on_.service.settings.updates_windows = false;
  Sent& sent = on_.send({.tokens = 5000});
  on_.run_for(seconds{2});
  EXPECT_EQ(on_.service.connections(), 2u);
  EXPECT_EQ(on_.service.taken(), 4900u);
  on_.run();
  expect_finished(sent);
}

TEST_F(Endpoint, TinyWindowsAreObeyed) {
  on_.service.settings.initial_window = 100;
  Sent& sent = on_.send({.tokens = 500});
  on_.run();
  expect_finished(sent);
}

TEST_F(Endpoint, StreamLimitOfZeroHoldsUntilItIsRaised) {
  on_.service.settings.streams_max = 0;
  Sent& sent = on_.send({.tokens = 1000});
  on_.run_for(seconds{30});
  EXPECT_EQ(on_.service.requests(), 0u);
  EXPECT_LE(on_.service.connections(), 4u);
  on_.service.session(0)->set_streams_max(10);
  on_.run();
  expect_finished(sent);
}

TEST_F(Endpoint, LoweredStreamLimitIsObeyedByWhatFollows) {
  Pipeline on{{.connections_max = 1}};
  on.service.settings.thinks = milliseconds{100};
  Sent& sent = on.send({.tokens = 20000});
  on.run_until_requests(40);
  on.service.session(0)->set_streams_max(1);
  on.run_for(seconds{1});
  const std::uint64_t before = on.service.requests();
  on.run_for(seconds{1});
  EXPECT_LE(on.service.requests() - before, 11u) << "one at a time, 110 ms each";
  on.service.session(0)->set_streams_max(100);
  on.run();
  EXPECT_EQ(on.report(sent).count(Outcome::accepted), 20000u);
  on.check_exact();
}

TEST_F(Endpoint, StoreFailureEndsEverythingAndNothingMoreIsSent) {
  for (std::uint64_t nth = 1; nth <= 12; ++nth) {
    SCOPED_TRACE("commit " + std::to_string(nth));
    Pipeline on;
    on.service.settings.streams_max = 2;
    on.store.fail_from_commit(nth);
    Sent& first = on.send({.tokens = 2000});
    Sent& second = on.send({.tokens = 2000, .first = 5000});
    on.run();
    ASSERT_TRUE(first.run->failure && second.run->failure);
    EXPECT_EQ(first.run->failure->code, Errc::disk);
    const std::uint64_t commits = on.store.commits();
    on.run_for(milliseconds{20});  // what was on its way arrives
    const std::uint64_t begun = on.service.requests();
    on.run_for(minutes{2});
    EXPECT_EQ(on.service.requests(), begun);
    EXPECT_EQ(on.store.commits(), commits) << "never tried again";
    for (const auto& [token, days] : on.service.account()) {
      ASSERT_EQ(days.begin()->second, 1u);
    }
  }
}

// A campaign that came after the failure waited for ever.
TEST_F(Endpoint, CampaignAfterAStoreFailureIsToldSo) {
  on_.store.fail_from_commit(1);
  on_.send({.tokens = 200});
  on_.run();
  store::CampaignRecord record;
  auto late = std::make_shared<dispatch::CampaignRun>(record);
  late->ingest_done = true;
  on_.dispatcher->start(late);
  on_.run_for(seconds{2});
  EXPECT_TRUE(late->stopped);
  EXPECT_TRUE(late->failure.has_value());
}

// The turn in which a campaign's record failed still sent what was reserved.
TEST_F(Endpoint, FailedCampaignRecordStopsTheTurn) {
  Pipeline on{{.connections_max = 1}};
  on.service.settings.streams_max = 1;
  on.send({.tokens = 100});
  on.send({.tokens = 3000, .first = 5000});
  on.store.fail_campaign_records();
  on.run();
  on.run_for(milliseconds{20});
  const std::uint64_t begun = on.service.requests();
  on.run_for(minutes{1});
  EXPECT_EQ(on.service.requests(), begun);
}

}  // namespace
}  // namespace herald::test
