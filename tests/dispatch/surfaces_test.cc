// Cards and live views: one request in flight for each, in the order of their versions, and each
// charged exactly as often as it may have been taken.
#include <gtest/gtest.h>

#include <string_view>

#include "tests/support/pipeline.h"

namespace herald::test {
namespace {

using base::Surface;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Surface card(std::int64_t id, std::int64_t version = -1) {
  return {.kind = Surface::Kind::card, .id = id, .version = version};
}
Surface live_view(std::int64_t id, std::int64_t version = -1) {
  return {.kind = Surface::Kind::activity, .id = id, .version = version};
}
Surface creation(std::int64_t id, std::int64_t version = -1) {
  return {.kind = Surface::Kind::activity, .creates = true, .id = id, .version = version};
}
ledger::Scenario cards_a_day(std::uint32_t form) { return {.limits = {form, {}}}; }

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

// --- what is given back and charged again ---

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

// --- test messages ---

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
