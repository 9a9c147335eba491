// One dispatcher, connections on several threads: what one thread promises holds for all of them.
#include <gtest/gtest.h>

#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Senders : public testing::Test {
 protected:
  Pipeline on_{{.connections_max = 4, .sender_threads = 2}};
};

TEST_F(Senders, WhatIsMoreThanOneRequestsWorthGoesOverBoth) {
  Pipeline on{{.connections_max = 2, .sender_threads = 2}};
  on.send({.tokens = 20000, .batch = 100});
  on.run();
  EXPECT_EQ(on.service.connections(), 2u) << "one of each thread";
  on.check_exact();
}

TEST_F(Senders, WhatIsLessStaysWithOne) {
  on_.send({.tokens = 2000, .batch = 100, .rate = 1000});
  on_.run();
  EXPECT_EQ(on_.service.connections(), 1u);
  on_.check_exact();
}

TEST_F(Senders, TheirConnectionsAreNoMoreThanOnesWouldBe) {
  Pipeline on{{.connections_max = 1, .sender_threads = 3}};
  on.send({.tokens = 20000, .batch = 100});
  on.run();
  EXPECT_EQ(on.service.connections(), 1u);
}

TEST_F(Senders, StreamsOfAnotherThreadAreUsedWhenTheOwnAreTaken) {
  on_.service.settings.streams_max = 1;
  on_.service.settings.thinks = seconds{1};
  on_.send({.tokens = 2000, .batch = 100});
  on_.run();
  EXPECT_EQ(on_.service.requests_open_max(), 4u);
  on_.check_exact();
}

TEST_F(Senders, APauseSettlesWhatAnotherThreadHas) {
  on_.service.settings.thinks = milliseconds{300};
  Sent& sent = on_.send({.tokens = 20000, .batch = 100});
  on_.run_until_requests(60);
  on_.pause(sent);
  on_.run();
  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_EQ(on_.report(sent).count(Outcome::ambiguous), 0u);
  EXPECT_EQ(on_.batches.in_use(), 0u);
  on_.check_exact();
}

TEST_F(Senders, AfterAFailedSyncNoThreadSendsAndAllComesBack) {
  on_.service.on_every(on_wire(Plan::Wire::silent));
  on_.service.on_request(1, answers(accepted()));
  Sent& sent = on_.send({.tokens = 20000, .batch = 100});
  on_.run_until_requests(100);
  on_.store.fail_from_commit(on_.store.commits() + 1);
  on_.run();
  EXPECT_TRUE(sent.run->failure.has_value());
  on_.run_for(seconds{1});
  const std::uint64_t requests = on_.service.requests();
  on_.run_for(seconds{60});
  EXPECT_EQ(on_.service.requests(), requests);
  EXPECT_EQ(on_.batches.in_use(), 0u);
}

}  // namespace
}  // namespace herald::test
