// What is given back, and charged again once: cards and live views whose requests were not taken.
#include <gtest/gtest.h>

#include "tests/dispatch/on_surfaces.h"

namespace herald::test {
namespace {

// I6: over midnight a retry is voided, and its tokens pass the ledger once more.
TEST_F(OnSurfaces, OverMidnightACardIsChargedToTheNewDayOnce) {
  Pipeline::Options at;
  at.wall += hours{14} - seconds{90};
  Pipeline on{at};
  const base::Day today = on.calendar.day(on.executor.wall());
  on.service.on_every(answers(bare(503)));
  const CampaignOptions one{.tokens = 20,
                            .batch = 1,
                            .marketing = false,
                            .scenario = cards_a_day(1),
                            .surface = card(7, 1)};
  Sent& sent = on.send(one);
  on.run_for(minutes{3});
  on.service.behave();

  on.run();

  EXPECT_EQ(on.report(sent).count(Outcome::accepted), 20u);
  for (std::uint32_t token = 0; token < 20; ++token) {
    EXPECT_EQ(on.charged(token_of(token), card(7), today + 1), 1u);
  }
  on.check_exact();
  on.check_recovered();
}

TEST_F(OnSurfaces, OverMidnightALiveViewIsChargedOnce) {
  Pipeline::Options at;
  at.wall += hours{14} - seconds{90};
  Pipeline on{at};
  on.service.on_every(answers(bare(503)));
  Sent& sent = on.send({.tokens = 20, .batch = 5, .marketing = false, .surface = creation(7, 1)});
  on.run_for(minutes{3});
  on.service.behave();
  on.run();
  EXPECT_EQ(on.report(sent).count(Outcome::accepted), 20u);
  for (std::uint32_t token = 0; token < 20; ++token) {
    EXPECT_EQ(on.charged(token_of(token), live_view(7), ledger::kShortWindow), 1u);
  }
  on.check_exact();
  on.check_recovered();
}

// While it was in the lane without a charge, others had what there was.
TEST_F(OnSurfaces, AVoidedUpdateIsOverQuotaWhenTheNewDaysIsSpent) {
  Pipeline::Options at;
  at.wall += hours{14} - seconds{90};
  Pipeline on{at};
  CampaignOptions one{.tokens = 10,
                      .batch = 1,
                      .marketing = false,
                      .scenario = cards_a_day(1),
                      .surface = card(7, 1)};
  one.starts_in = minutes{5};
  Sent& early = on.send(one);
  on.run_for(minutes{3});
  one.starts_in = {};
  one.surface.version = -1;
  Sent& late = on.send(one);  // charged for the new day, and sent, before the first is looked at
  on.run();
  EXPECT_EQ(on.report(late).count(Outcome::accepted), 10u);
  EXPECT_EQ(on.report(early).count(Outcome::over_quota), 10u);
  EXPECT_EQ(on.service.surfaces().card_most(), 1u);
  on.check_exact();
}

TEST_F(OnSurfaces, WhatIsReturnedIsChargedToNobody) {
  on_.service.on_every(answers(coded(400, "80300002")));
  Sent& sent = on_.send(options(creation(7, 1)));
  on_.run();
  EXPECT_EQ(sent.state(), CampaignState::paused);
  EXPECT_EQ(on_.report(sent).pending, on_.report(sent).records);
  EXPECT_EQ(on_.charged(token_of(0), live_view(7), ledger::kLongWindow), 0u);
  on_.service.behave();
  Sent& again = on_.send(options(creation(7, 1)));
  on_.run();
  EXPECT_EQ(on_.report(again).count(Outcome::accepted), 50u) << "no creation, no version is held";
  on_.check_exact();
  on_.check_recovered();
}

TEST_F(OnSurfaces, ListedTokensHaveTheirUpdateBackTheRestNot) {
  on_.service.on_request(1, answers(partly({0, 7})));
  Sent& sent = on_.send({.tokens = 20, .marketing = false, .surface = creation(7, 3)});
  on_.run();
  EXPECT_EQ(on_.report(sent).count(Outcome::invalid), 2u);
  EXPECT_EQ(on_.charged(token_of(0), live_view(7), ledger::kLongWindow), 0u);
  EXPECT_EQ(on_.charged(token_of(1), live_view(7), ledger::kLongWindow), 1u);
  Sent& again = on_.send({.tokens = 20, .marketing = false, .surface = creation(7, 3)});
  on_.run();
  EXPECT_EQ(on_.report(again).count(Outcome::accepted), 2u);
  EXPECT_EQ(on_.report(again).reasons.at("over_quota.created"), 18u);
  on_.check_exact();
  on_.check_recovered();
}

TEST_F(OnSurfaces, PausedOrExpiredNothingUnsentStaysCharged) {
  for (const bool expires : {false, true}) {
    Pipeline on;
    on.service.on_every(answers(bare(503)));
    CampaignOptions one{.tokens = 200, .batch = 1, .marketing = false, .surface = card(7, 1)};
    if (expires) one.expires_in = seconds{20};
    Sent& sent = on.send(one);
    on.run_for(seconds{10});
    if (!expires) on.pause(sent);
    on.run();
    for (std::uint32_t token = 0; token < 200; ++token) {
      ASSERT_EQ(on.charged(token_of(token), card(7), on.calendar.day(on.executor.wall())), 0u);
    }
    on.check_exact();
    on.check_recovered();
  }
}

// The service may take a request long after its answer was given up.
TEST_F(OnSurfaces, WhatIsTakenLateIsStillInItsWindow) {
  const auto update = [](std::int64_t id) {
    return CampaignOptions{.tokens = 1,
                           .marketing = false,
                           .scenario = {.limits = {2, {1, 100}}},
                           .surface = live_view(id)};
  };
  on_.send(update(1));
  on_.run();
  const std::shared_ptr<Wire> wire = on_.service.wire(0);
  wire->stall(true);
  Sent& late = on_.send(update(7));
  on_.run_for(seconds{50});
  EXPECT_EQ(on_.report(late).count(Outcome::ambiguous), 1u);
  EXPECT_EQ(on_.service.taken(), 1u);
  wire->stall(false);
  on_.run_for(seconds{1});
  ASSERT_EQ(on_.service.taken(), 2u) << "it was to be taken late";
  while (on_.service.taken() < 3) {
    on_.send(update(7));
    on_.run_for(seconds{10});
  }
  EXPECT_EQ(on_.service.surfaces().live_view_most(ledger::kShortWindow), 1u);
  on_.run();
  on_.check();
}

}  // namespace
}  // namespace herald::test
