// What a card and a live view may have: days, versions and blocks.
#include <gtest/gtest.h>

#include "tests/ledger/surfaces_fixture.h"

namespace herald::ledger {
namespace {

TEST_F(SurfacesTest, KeysAreOfOneDeviceKindAndNumber) {
  EXPECT_EQ(Surfaces::key(1, card(3)), Surfaces::key(1, card(4)));
  EXPECT_EQ(Surfaces::key(1, creation()), Surfaces::key(1, activity()));
  EXPECT_NE(Surfaces::key(1, card()), Surfaces::key(2, card()));
  EXPECT_NE(Surfaces::key(1, card()), Surfaces::key(1, activity()));
  Surface other = card();
  other.id = 6;
  EXPECT_NE(Surfaces::key(1, card()), Surfaces::key(1, other));
}

// --- cards ---

TEST_F(SurfacesTest, ACardHasItsUpdatesADay) {
  EXPECT_EQ(charge(card()), Verdict::charged);
  EXPECT_EQ(charge(card()), Verdict::charged);
  EXPECT_EQ(charge(card()), Verdict::over_form);
  days_ = {kDay + 1, false};
  EXPECT_EQ(charge(card()), Verdict::charged);
  EXPECT_EQ(charge(card()), Verdict::charged);
  EXPECT_EQ(charge(card()), Verdict::over_form);
}

TEST_F(SurfacesTest, ALimitOfZeroSendsNothing) {
  limits_ = {0, {0, 60}};
  EXPECT_EQ(charge(card()), Verdict::over_form);
  EXPECT_EQ(charge(activity()), Verdict::over_live_view);
  limits_.windows = {10, 0};
  EXPECT_EQ(charge(activity()), Verdict::over_live_view);
}

TEST_F(SurfacesTest, ACardOfTwoDaysIsChargedOnBothOrOnNeither) {
  days_ = {kDay, true};
  EXPECT_EQ(charge(card()), Verdict::charged);
  days_ = {kDay + 1, false};
  EXPECT_EQ(left(card()), 1u);
  days_ = {kDay, false};
  EXPECT_EQ(charge(card()), Verdict::charged);  // the first day is full
  days_ = {kDay, true};
  EXPECT_EQ(charge(card()), Verdict::over_form);
  days_ = {kDay + 1, false};
  EXPECT_EQ(left(card()), 1u) << "the refused one cost nothing on the second day";
}

TEST_F(SurfacesTest, ACardOfTwoDaysIsRefusedWhenOnlyTheLaterOneIsFull) {
  days_ = {kDay, true};
  charge(card());
  charge(card());
  days_ = {kDay, false};
  release(card());
  release(card());
  days_ = {kDay, true};
  EXPECT_EQ(charge(card()), Verdict::over_form);
  days_ = {kDay, false};
  EXPECT_EQ(left(card()), 2u);
}

TEST_F(SurfacesTest, MidnightOpensANewAllowanceAndKeepsWhatBothDaysHad) {
  EXPECT_EQ(charge(card()), Verdict::charged);
  days_ = {kDay, true};
  EXPECT_EQ(charge(card()), Verdict::charged);
  days_ = {kDay + 1, false};
  EXPECT_EQ(charge(card()), Verdict::charged);
  EXPECT_EQ(charge(card()), Verdict::over_form);
  days_ = {kDay + 3, false};
  EXPECT_EQ(left(card()), 2u);
}

// I36: the later day keeps being charged.
TEST_F(SurfacesTest, AClockSetBackOpensNoSecondAllowance) {
  days_ = {kDay + 1, false};
  EXPECT_EQ(charge(card()), Verdict::charged);
  for (const base::DaySet back : {base::DaySet{kDay, false}, base::DaySet{kDay - 1, true}}) {
    days_ = back;
    EXPECT_LE(charge(card()), Verdict::over_form);
    EXPECT_EQ(charge(card()), Verdict::over_form);
  }
  days_ = {kDay + 1, false};
  EXPECT_EQ(charge(card()), Verdict::over_form);
}

TEST_F(SurfacesTest, AReleasedCardHasItsUpdateBack) {
  charge(card());
  charge(card());
  release(card());
  EXPECT_EQ(left(card()), 1u);
  days_ = {kDay, true};
  charge(card());
  release(card());
  days_ = {kDay + 1, false};
  EXPECT_EQ(left(card()), 2u);
  days_ = {kDay, false};  // that day is over now: there is nothing to give back
  release(card());
  days_ = {kDay + 1, false};
  EXPECT_EQ(left(card()), 2u);
}

TEST_F(SurfacesTest, ReleasingMoreThanThereIsGivesNothing) {
  release(card());
  charge(card());
  release(card());
  release(card());
  EXPECT_EQ(left(card()), 2u);
}

TEST_F(SurfacesTest, TestMessagesToACardAreNotCounted) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(update(card(), false), Verdict::charged);
  EXPECT_EQ(left(card()), 2u);
  charge(card());
  charge(card());
  EXPECT_EQ(charge(card(), false), Verdict::charged);
  release(card(), false);
  EXPECT_EQ(charge(card()), Verdict::over_form) << "a test gives back nothing that it did not take";
}

// --- versions ---

TEST_F(SurfacesTest, AVersionMustGrowOnceItMayHaveReachedTheService) {
  limits_.form = 100;
  for (const auto& at : {card, activity}) {
    EXPECT_EQ(charge(at(7)), Verdict::charged);
    EXPECT_EQ(charge(at(7)), Verdict::charged) << "nothing has been sent so far";
    release(at(7));
    EXPECT_FALSE(surfaces_.is_old(key(at(7)), at(7)));
    settle(at(7), now_);
    EXPECT_TRUE(surfaces_.is_old(key(at(7)), at(7)));
    EXPECT_TRUE(surfaces_.is_old(key(at(7)), at(6)));
    EXPECT_FALSE(surfaces_.is_old(key(at(7)), at(8)));
    EXPECT_FALSE(surfaces_.is_old(key(at(7)), at(-1))) << "it names none";
    EXPECT_EQ(charge(at(7)), Verdict::old_version);
    EXPECT_EQ(charge(at(6)), Verdict::old_version);
    EXPECT_EQ(charge(at(8)), Verdict::charged);
    EXPECT_EQ(charge(at(-1)), Verdict::charged);
    settle(at(-1), now_);
    EXPECT_EQ(charge(at(7)), Verdict::old_version) << "one without a version changes none";
  }
}

TEST_F(SurfacesTest, ACardsVersionZeroStartsAgain) {
  limits_.form = 100;
  EXPECT_EQ(update(card(7)), Verdict::charged);
  EXPECT_EQ(update(card(0)), Verdict::charged);
  EXPECT_EQ(update(card(0)), Verdict::charged);
  EXPECT_EQ(update(card(1)), Verdict::charged);
  EXPECT_EQ(update(card(1)), Verdict::old_version);
}

TEST_F(SurfacesTest, ALiveViewsVersionZeroDoesNot) {
  EXPECT_EQ(update(activity(0)), Verdict::charged);
  EXPECT_EQ(update(activity(0)), Verdict::old_version);
  EXPECT_EQ(update(activity(7)), Verdict::charged);
  EXPECT_EQ(update(activity(0)), Verdict::old_version);
}

TEST_F(SurfacesTest, ALateAnswerLowersNoLiveViewsVersion) {
  charge(activity(7));
  charge(activity(8));
  settle(activity(8), now_);
  settle(activity(7), now_);
  EXPECT_EQ(charge(activity(8)), Verdict::old_version);
}

TEST_F(SurfacesTest, TestMessagesHaveVersionsToo) {
  EXPECT_EQ(update(card(7), false), Verdict::charged);
  EXPECT_EQ(charge(card(7), false), Verdict::old_version);
  EXPECT_EQ(charge(card(7)), Verdict::old_version);
}

// A live view made anew has no version yet (api.md 15.1: it must exceed the current one).
TEST_F(SurfacesTest, ALiveViewMadeAnewStartsItsVersionsAgain) {
  EXPECT_EQ(update(creation(1)), Verdict::charged);
  EXPECT_EQ(update(activity(9)), Verdict::charged);
  EXPECT_EQ(charge(creation(1)), Verdict::created);
  now_ += kCreatedOnceIn + kTick;
  EXPECT_EQ(update(creation(1)), Verdict::charged);
  EXPECT_EQ(update(activity(1)), Verdict::old_version);
  EXPECT_EQ(update(activity(2)), Verdict::charged);
}

// The client made it, so no creation holds it: its version is kept as long as it lives.
TEST_F(SurfacesTest, AVersionIsNotForgottenWhileItsLiveViewMayLive) {
  for (const bool counted : {true, false}) {
    SCOPED_TRACE(counted ? "counted" : "test");
    Surface at = activity(5);
    at.id = counted ? 50 : 51;
    EXPECT_EQ(update(at, counted), Verdict::charged);
    for (int hour = 0; hour < 8; ++hour) {
      now_ += hours{1};
      ASSERT_EQ(charge(at, counted), Verdict::old_version);
      sweep();
      ASSERT_EQ(charge(at, counted), Verdict::old_version) << "after " << hour + 1 << " h";
    }
  }
}

TEST_F(SurfacesTest, WhatMattersToNobodyIsForgotten) {
  for (int hour = 0; hour < 100; hour += 13) {
    sweep();
    now_ += hours{13};
  }
  EXPECT_LT(surfaces_.bytes(), 3u << 20);
}

// --- blocks ---

TEST_F(SurfacesTest, BlocksEndWhenTheySay) {
  const struct {
    Surface on;
    Block block;
    Verdict verdict;
    hours wait;
  } cases[] = {{card(), Block::card_gone, Verdict::card_gone, hours{30 * 24}},
               {card(), Block::card_limit, Verdict::card_limit, hours{24}},
               {activity(), Block::activity_gone, Verdict::activity_gone, hours{24}}};
  for (const auto& each : cases) {
    surfaces_.block(key(each.on), each.on.kind, each.block, now_ + each.wait);
    EXPECT_EQ(charge(each.on), each.verdict);
    EXPECT_EQ(charge(each.on, false), each.verdict) << "tests too";
    EXPECT_EQ(surfaces_.look(key(each.on), {each.on, days_}, limits_, now_), each.verdict);
    now_ += each.wait - kTick;
    sweep();
    EXPECT_EQ(charge(each.on), each.verdict);
    now_ += kTick;
    days_.first = kDay + 100;
    EXPECT_EQ(charge(each.on), Verdict::charged);
    release(each.on);
  }
}

TEST_F(SurfacesTest, ReasonsAreToldInTheirOrder) {
  limits_ = {0, {0, 0}};
  settle(card(5), now_);
  settle(creation(5), now_);
  EXPECT_EQ(charge(card(5)), Verdict::old_version);
  EXPECT_EQ(charge(card(6)), Verdict::over_form);
  EXPECT_EQ(charge(activity(5)), Verdict::old_version);
  EXPECT_EQ(charge(creation(6)), Verdict::created);
  EXPECT_EQ(charge(activity(6)), Verdict::over_live_view);
  surfaces_.block(key(card()), Surface::Kind::card, Block::card_gone, now_ + kTick);
  surfaces_.block(key(activity()), Surface::Kind::activity, Block::activity_gone, now_ + kTick);
  EXPECT_EQ(charge(card(5)), Verdict::card_gone);
  EXPECT_EQ(charge(activity(5)), Verdict::activity_gone);
}

TEST_F(SurfacesTest, ALookSaysTheSameAndChangesNothing) {
  for (const Surface& on : {card(3), activity(3), creation(4)}) {
    for (int i = 0; i < 12; ++i) {
      const Verdict said = surfaces_.look(key(on), {on, days_}, limits_, now_);
      EXPECT_EQ(surfaces_.look(key(on), {on, days_}, limits_, now_), said);
      EXPECT_EQ(charge(on), said);
    }
  }
}

}  // namespace
}  // namespace herald::ledger
