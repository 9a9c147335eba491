// Cards and live views: one request in flight for each, in the order of their versions, and each
// charged exactly as often as it may have been taken.
#include <gtest/gtest.h>

#include <string_view>

#include "tests/dispatch/on_surfaces.h"

namespace herald::test {
namespace {

TEST_F(OnSurfaces, ACardHasOneRequestInFlightOverSeveralCampaigns) {
  on_.service.on_every(answers_late(milliseconds{300}));
  Sent* campaigns[4] = {};
  std::int64_t version = 0;
  for (auto& each : campaigns) {
    each = &on_.send(options(card(7, ++version)));
    on_.run_for(milliseconds{500});  // the one before has everything in flight
  }

  on_.run();

  for (const auto* each : campaigns) {
    EXPECT_EQ(on_.report(*each).count(Outcome::accepted), 50u);
  }
  for (std::uint32_t token = 0; token < 50; ++token) {
    EXPECT_EQ(versions_for(token), (std::vector<std::int64_t>{1, 2, 3, 4}));
    EXPECT_EQ(charged_today(token, card(7)), 4u);
  }
  EXPECT_GT(on_.service.requests_open_max(), 1u) << "other cards do not wait";
  expect_in_order();
  on_.check_exact();
  on_.check_recovered();
}

// At the same time, any may be first: the newest arrives on every card, and none falls.
TEST_F(OnSurfaces, OfCampaignsAtTheSameTimeTheNewestArrives) {
  on_.service.on_every(answers_late(milliseconds{300}));
  Sent* campaigns[4] = {};
  std::int64_t version = 0;
  for (auto& each : campaigns) each = &on_.send(options(card(7, ++version)));
  on_.run();
  std::uint64_t accepted = 0;
  for (const auto* each : campaigns) {
    const Report report = on_.report(*each);
    accepted += report.count(Outcome::accepted);
    EXPECT_EQ(report.count(Outcome::accepted) + report.count(Outcome::malformed), 50u);
  }
  EXPECT_EQ(on_.report(*campaigns[3]).count(Outcome::accepted), 50u);
  EXPECT_EQ(on_.charged_today(), accepted);
  expect_in_order();
  on_.check_exact();
  on_.check_recovered();
}

TEST_F(OnSurfaces, DifferentCardsOfOneDeviceDoNotWaitForEachOther) {
  on_.service.on_every(answers_late(seconds{10}));
  on_.send({.tokens = 1, .batch = 1, .marketing = false, .surface = card(7, 1)});
  on_.send({.tokens = 1, .batch = 1, .marketing = false, .surface = card(8, 1)});
  on_.send({.tokens = 1, .batch = 1, .marketing = false, .surface = live_view(7, 1)});
  on_.run_for(seconds{5});
  EXPECT_EQ(on_.service.requests(), 3u);
  on_.run();
  on_.check_exact();
}

// A batch of many tokens waits while any of them has its live view in flight.
TEST_F(OnSurfaces, ABatchWaitsForTheLastOfItsDevices) {
  on_.service.on_request(1, answers_late(seconds{10}));
  on_.send({.tokens = 1, .first = 42, .marketing = false, .surface = live_view(7, 1)});
  on_.run_for(seconds{1});
  on_.send({.tokens = 100, .marketing = false, .surface = live_view(7, 2)});
  on_.run_for(seconds{8});
  EXPECT_EQ(on_.service.requests(), 1u);
  on_.run();
  EXPECT_EQ(on_.service.requests(), 2u);
  EXPECT_EQ(on_.service.arrivals()[1].tokens.size(), 100u);
  expect_in_order();
  on_.check_exact();
}

struct Fault {
  const char* name;
  Plan plan;
};

// Whatever befalls the first request, the newer version waits for its end.
TEST_F(OnSurfaces, TheNewerVersionWaitsForTheEndOfTheOlderWhateverItIs) {
  const Fault faults[] = {
      {"503", answers(bare(503))},
      {"refused stream", on_wire(Plan::Wire::refuse_stream)},
      {"goaway", on_wire(Plan::Wire::goaway_below)},
      {"goaway at", on_wire(Plan::Wire::goaway_at)},
      {"401", answers(bare(401))},
      {"too fast", answers(coded(200, "80300029"))},
      {"late", answers_late(seconds{20})},
  };
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.name);
    Pipeline on;
    on.service.on_request(1, fault.plan);
    if (std::string_view{fault.name} != "401") on.service.on_request(2, fault.plan);
    const CampaignOptions one{.tokens = 1, .batch = 1, .marketing = false, .surface = card(7, 1)};
    Sent& older = on.send(one);
    on.run_for(milliseconds{50});
    CampaignOptions two = one;
    two.surface.version = 2;
    Sent& newer = on.send(two);

    on.run();

    EXPECT_EQ(on.report(older).count(Outcome::accepted), 1u);
    EXPECT_EQ(on.report(newer).count(Outcome::accepted), 1u);
    EXPECT_EQ(on.service.surfaces().old_versions(), 0u);
    EXPECT_EQ(on.service.arrivals().back().surface.version, 2);
    on.check_exact();
    on.check_recovered();
  }
}

TEST_F(OnSurfaces, AfterALostConnectionTheOlderIsInDoubtAndTheNewerGoes) {
  for (const auto wire : {Plan::Wire::cut, Plan::Wire::cut_in_body, Plan::Wire::silent}) {
    Pipeline on;
    on.service.on_request(1, on_wire(wire));
    const CampaignOptions one{.tokens = 1, .batch = 1, .marketing = false, .surface = card(7, 1)};
    Sent& older = on.send(one);
    on.run_for(milliseconds{50});
    CampaignOptions two = one;
    two.surface.version = 2;
    Sent& newer = on.send(two);

    on.run();

    EXPECT_EQ(on.report(older).count(Outcome::ambiguous), 1u);
    EXPECT_EQ(on.report(newer).count(Outcome::accepted), 1u);
    EXPECT_EQ(on.charged(token_of(0), card(7), on.calendar.day(on.executor.wall())), 2u);
    on.check();
    on.check_recovered();
  }
}

TEST_F(OnSurfaces, WhatANewerVersionOvertookIsOldAndHasItsChargeBack) {
  CampaignOptions older = options(card(7, 5));
  older.starts_in = seconds{10};
  Sent& late = on_.send(older);
  on_.run_for(seconds{1});
  EXPECT_EQ(charged_today(0, card(7)), 1u) << "formed, and waiting";
  Sent& early = on_.send(options(card(7, 6)));

  on_.run();

  EXPECT_EQ(on_.report(early).count(Outcome::accepted), 50u);
  const Report report = on_.report(late);
  EXPECT_EQ(report.count(Outcome::malformed), 50u);
  EXPECT_EQ(report.reasons.at("malformed.old_version"), 50u);
  EXPECT_EQ(charged_today(0, card(7)), 1u);
  EXPECT_EQ(on_.charged_today(), 50u);
  on_.check_exact();
  on_.check_recovered();
}

TEST_F(OnSurfaces, OfABatchOnlyWhatWasOvertakenIsOld) {
  CampaignOptions older{.tokens = 100, .marketing = false, .surface = live_view(7, 5)};
  older.starts_in = seconds{10};
  Sent& late = on_.send(older);
  on_.run_for(seconds{1});
  on_.send({.tokens = 30, .first = 20, .marketing = false, .surface = live_view(7, 6)});

  on_.run();

  EXPECT_EQ(on_.report(late).count(Outcome::accepted), 70u);
  EXPECT_EQ(on_.report(late).count(Outcome::malformed), 30u);
  EXPECT_EQ(on_.charged(token_of(20), live_view(7), ledger::kShortWindow), 1u);
  expect_in_order();
  on_.check_exact();
  on_.check_recovered();
}

TEST_F(OnSurfaces, ARefusedNewerVersionOvertakesNothing) {
  CampaignOptions older = options(card(7, 5));
  older.starts_in = seconds{10};
  Sent& late = on_.send(older);
  on_.run_for(seconds{1});
  on_.service.on_request(1, answers(coded(400, "80100003")));
  on_.send(options(card(7, 6)));
  on_.run();
  EXPECT_EQ(on_.report(late).count(Outcome::accepted), 50u);
  on_.check_exact();
}

TEST_F(OnSurfaces, CardsHaveTheirUpdatesADayOverCampaigns) {
  Sent* campaigns[4] = {};
  for (auto& each : campaigns) {
    CampaignOptions one = options(card(7));
    one.scenario = cards_a_day(2);
    each = &on_.send(one);
  }
  on_.run();
  std::uint64_t over = 0;
  for (const auto* each : campaigns) {
    const Report report = on_.report(*each);
    over += report.count(Outcome::over_quota);
    if (report.count(Outcome::over_quota) > 0) {
      EXPECT_EQ(report.reasons.at("over_quota.form"), report.count(Outcome::over_quota));
    }
  }
  EXPECT_EQ(over, 100u);
  EXPECT_EQ(on_.service.surfaces().card_most(), 2u);
  on_.check_exact();
}

// What a record's own fields say goes into its request, and is charged.
TEST_F(OnSurfaces, EachRecordHasItsOwnCard) {
  CampaignOptions one = options(card(0));
  one.surface_of = [](std::uint32_t token) { return card(1000 + token, token % 5); };
  Sent& sent = on_.send(one);
  on_.run();
  EXPECT_EQ(on_.report(sent).count(Outcome::accepted), 50u);
  for (const Arrival& arrival : on_.service.arrivals()) {
    ASSERT_EQ(arrival.tokens.size(), 1u);
    EXPECT_EQ(arrival.tokens[0], token_of(static_cast<std::uint32_t>(arrival.surface.id - 1000)));
    EXPECT_EQ(arrival.surface.version, (arrival.surface.id - 1000) % 5);
  }
  for (std::uint32_t token = 0; token < 50; ++token) {
    EXPECT_EQ(charged_today(token, card(1000 + token)), 1u);
  }
  on_.check_exact();
}

TEST_F(OnSurfaces, RecordsWithOneLiveViewShareARequest) {
  CampaignOptions one = options(live_view(0));
  one.batch = 1000;
  one.surface_of = [](std::uint32_t token) { return live_view(token % 3, 1); };
  Sent& sent = on_.send(one);
  on_.run();
  EXPECT_EQ(on_.service.requests(), 3u);
  EXPECT_EQ(on_.report(sent).count(Outcome::accepted), 50u);
  on_.check_exact();
}

}  // namespace
}  // namespace herald::test
