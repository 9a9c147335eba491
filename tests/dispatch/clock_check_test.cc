// When a clock is believed (I37, I39): against a Date to the second, over a request of any length,
// and against the time since boot.
#include "engine/dispatch/clock_check.h"

#include <gtest/gtest.h>

namespace herald::dispatch {
namespace {

using base::WallTime;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Verdict = ClockCheck::Verdict;

constexpr base::Day kDay = 20781;
constexpr WallTime kMidnight{std::chrono::days{kDay} - hours{8}};
constexpr WallTime kNoon = kMidnight + hours{12};

class TwoClocks final : public base::Clock {
 public:
  WallTime wall() const override { return wall_; }
  base::BootTime boot() const override { return boot_; }
  void pass(milliseconds time) {
    wall_ += time;
    boot_ += time;
  }
  void set_wall(WallTime wall) { wall_ = wall; }
  void step(milliseconds by) { wall_ += by; }

 private:
  WallTime wall_ = kNoon;
  base::BootTime boot_{hours{1}};
};

class Clocks : public testing::Test {
 protected:
  // An answer to a request that took so long, of which the service's half was the first.
  transport::Ended answer(milliseconds ahead, milliseconds took = milliseconds{20}) {
    transport::Ended ended;
    ended.how = transport::End::answered;
    ended.begun = clock_.boot();
    clock_.pass(took / 2);
    ended.date = std::chrono::floor<seconds>(clock_.wall() + ahead);
    clock_.pass(took - took / 2);
    return ended;
  }
  void agree() {
    check_.on_answer(answer(milliseconds{0}));
    ASSERT_EQ(check_.look(), Verdict::go);
  }
  bool wants_probe() const { return check_.wants_probe(clock_.boot()); }
  void probe(const transport::Ended& ended) {
    ASSERT_TRUE(wants_probe());
    check_.on_probe_sent();
    check_.on_probe_ended(ended);
  }
  void probe_unanswered(transport::End how = transport::End::deadline) {
    transport::Ended ended;
    ended.how = how;
    ended.begun = clock_.boot();
    probe(ended);
  }

  TwoClocks clock_;
  ServiceDays days_{base::Calendar{}};
  ClockCheck check_{clock_, days_, base::Calendar{}};
};

TEST_F(Clocks, NothingGoesBeforeTheServiceHasSaidItsTime) {
  EXPECT_EQ(check_.look(), Verdict::wait);
  EXPECT_FALSE(days_.shows(clock_.wall()));
  probe(answer(milliseconds{0}));
  EXPECT_EQ(check_.look(), Verdict::go);
  EXPECT_TRUE(days_.shows(clock_.wall()));
  EXPECT_FALSE(wants_probe());
}

TEST_F(Clocks, OneProbeIsOutAtATime) {
  EXPECT_EQ(check_.look(), Verdict::wait);
  ASSERT_TRUE(wants_probe());
  check_.on_probe_sent();
  clock_.pass(minutes{3});
  EXPECT_EQ(check_.look(), Verdict::wait);
  EXPECT_FALSE(wants_probe());
}

// The guard is 5 s: what a Date to the second and a request's time leave open is not held against
// the clock, what lies outside always is.
TEST_F(Clocks, AgreeWithinTheGuardWhateverTheFractionOfTheSecond) {
  for (int fraction = 0; fraction < 1000; fraction += 37) {
    for (const int ahead : {-5000, -4999, -4000, -1, 0, 1, 4000, 5000}) {
      clock_.set_wall(kNoon + milliseconds{fraction});
      ServiceDays days{base::Calendar{}};
      ClockCheck check{clock_, days, base::Calendar{}};
      check.on_answer(answer(milliseconds{ahead}, milliseconds{0}));
      EXPECT_EQ(check.look(), Verdict::go) << ahead << " at " << fraction;
    }
  }
}

TEST_F(Clocks, DisagreeAtASecondMoreThanTheGuard) {
  for (int fraction = 0; fraction < 1000; fraction += 37) {
    for (const int ahead : {-86'400'000, -8000, -6000, 6000, 8000, 86'400'000}) {
      clock_.set_wall(kNoon + milliseconds{fraction});
      ServiceDays days{base::Calendar{}};
      ClockCheck check{clock_, days, base::Calendar{}};
      check.on_answer(answer(milliseconds{ahead}, milliseconds{0}));
      EXPECT_EQ(check.look(), Verdict::in_doubt) << ahead << " at " << fraction;
      EXPECT_FALSE(days.shows(clock_.wall()));
    }
  }
}

// A service that is ahead shows it when its second begins; one that is behind, before it ends.
TEST_F(Clocks, BetweenThemTheSecondDecides) {
  clock_.set_wall(kNoon + milliseconds{500});
  check_.on_answer(answer(milliseconds{5500}, milliseconds{0}));  // its second has just begun
  EXPECT_EQ(check_.look(), Verdict::in_doubt);
}

TEST_F(Clocks, ARequestsOwnTimeIsNotHeldAgainstTheClock) {
  check_.on_answer(answer(milliseconds{0}, seconds{60}));
  EXPECT_EQ(check_.look(), Verdict::go);
  agree();
  check_.on_answer(answer(milliseconds{-8000}, seconds{2}));
  EXPECT_EQ(check_.look(), Verdict::in_doubt);
}

TEST_F(Clocks, InDoubtItAsksAtOnceAndThenEachMinuteUntilTheyAgree) {
  agree();
  check_.on_answer(answer(milliseconds{8000}));
  EXPECT_EQ(check_.look(), Verdict::in_doubt);
  const auto since = check_.doubted_since();
  ASSERT_TRUE(since);
  for (int minute = 0; minute < 3; ++minute) {
    probe(answer(milliseconds{8000}));
    EXPECT_EQ(check_.look(), Verdict::in_doubt);
    clock_.pass(seconds{59});
    EXPECT_FALSE(wants_probe());
    clock_.pass(seconds{1});
    EXPECT_TRUE(wants_probe());
  }
  EXPECT_EQ(check_.doubted_since(), since);
  clock_.step(milliseconds{8000});  // somebody set it right
  probe(answer(milliseconds{0}));
  EXPECT_EQ(check_.look(), Verdict::go);
  EXPECT_FALSE(check_.doubted_since());
  EXPECT_TRUE(check_.doubt().empty());
}

TEST_F(Clocks, TheReasonNamesBothClocksAndTheWayOut) {
  agree();
  check_.on_answer(answer(milliseconds{-7200'000}));
  const std::string reason = check_.doubt();
  EXPECT_NE(reason.find("2026-11-24T04:00:00Z"), std::string::npos) << reason;
  EXPECT_NE(reason.find("2026-11-24T02:00:00Z"), std::string::npos) << reason;
  EXPECT_NE(reason.find("NTP"), std::string::npos) << reason;
}

TEST_F(Clocks, AStepOfMoreThanTwoSecondsIsInDoubtUntilADateConfirmsIt) {
  for (const int step : {2500, -2500, 86'400'000, -86'400'000}) {
    SCOPED_TRACE(step);
    TwoClocks clock;
    ServiceDays days{base::Calendar{}};
    ClockCheck check{clock, days, base::Calendar{}};
    const auto date = [&] {
      transport::Ended ended;
      ended.how = transport::End::answered;
      ended.begun = clock.boot();
      ended.date = std::chrono::floor<seconds>(clock.wall());
      return ended;
    };
    check.on_answer(date());
    ASSERT_EQ(check.look(), Verdict::go);
    clock.pass(minutes{10});
    ASSERT_EQ(check.look(), Verdict::go);
    clock.step(milliseconds{step});
    EXPECT_EQ(check.look(), Verdict::in_doubt);
    EXPECT_TRUE(check.wants_probe(clock.boot())) << "at once";
    EXPECT_NE(check.doubt().find(step > 0 ? "forward" : "back"), std::string::npos);
    check.on_answer(date());
    EXPECT_EQ(check.look(), Verdict::go);
  }
}

// I39: a leap second inserted, and one smeared over a day.
TEST_F(Clocks, ALeapSecondIsNoStep) {
  agree();
  clock_.step(milliseconds{-1000});
  EXPECT_EQ(check_.look(), Verdict::go);
  check_.on_answer(answer(milliseconds{1000}));  // the service has not had it yet
  EXPECT_EQ(check_.look(), Verdict::go);
  for (int hour = 0; hour < 24; ++hour) {
    clock_.step(milliseconds{-42});
    check_.on_answer(answer(milliseconds{1000}));
    EXPECT_EQ(check_.look(), Verdict::go) << hour;
  }
}

TEST_F(Clocks, AfterMidnightTheServiceIsAskedForItsDay) {
  clock_.set_wall(kMidnight + hours{23});
  agree();
  clock_.pass(hours{2});
  EXPECT_EQ(check_.look(), Verdict::wait);
  EXPECT_TRUE(wants_probe()) << "at once";
  EXPECT_EQ(days_.days(clock_.wall()), (base::DaySet{kDay, true}));
  probe(answer(milliseconds{0}));
  EXPECT_EQ(check_.look(), Verdict::go);
  EXPECT_EQ(days_.days(clock_.wall()), (base::DaySet{kDay + 1, false}));
}

TEST_F(Clocks, UntilItHasSaidSoBothDaysAreCharged) {
  clock_.set_wall(kMidnight + hours{23});
  agree();
  clock_.pass(hours{2});
  EXPECT_EQ(check_.look(), Verdict::wait);
  probe_unanswered();
  EXPECT_EQ(check_.look(), Verdict::go);
  EXPECT_EQ(days_.days(clock_.wall()), (base::DaySet{kDay, true}));
  check_.on_answer(answer(milliseconds{0}));
  EXPECT_EQ(check_.look(), Verdict::go);
  EXPECT_EQ(days_.days(clock_.wall()), (base::DaySet{kDay + 1, false}));
}

// An agreeing Date of after our midnight and its guard is always of the new day, so that one answer
// is enough.
TEST_F(Clocks, OneAnswerThatAgreesShowsTheDay) {
  for (int late = 5000; late < 7000; late += 13) {
    for (int ahead = -6000; ahead <= 6000; ahead += 101) {
      TwoClocks clock;
      clock.set_wall(kMidnight + milliseconds{late});
      ServiceDays days{base::Calendar{}, {.reached = kDay - 1, .charged = kDay - 1}};
      ClockCheck check{clock, days, base::Calendar{}};
      transport::Ended ended;
      ended.how = transport::End::answered;
      ended.begun = clock.boot();
      ended.date = std::chrono::floor<seconds>(clock.wall() + milliseconds{ahead});
      check.on_answer(ended);
      const Verdict verdict = check.look();
      ASSERT_NE(verdict, Verdict::wait) << late << " " << ahead;
      ASSERT_EQ(verdict == Verdict::go, days.shows(clock.wall())) << late << " " << ahead;
      ASSERT_FALSE(days.charges_are_missing());
    }
  }
}

TEST_F(Clocks, WithoutDatesItGoesByItsOwnClockAndSaysSoOnce) {
  EXPECT_EQ(check_.look(), Verdict::wait);
  transport::Ended dateless = answer(milliseconds{0});
  dateless.date.reset();
  probe(dateless);
  EXPECT_EQ(check_.look(), Verdict::go);
  EXPECT_TRUE(days_.shows(clock_.wall()));
  EXPECT_NE(check_.take_note().find("no Date"), std::string::npos);
  clock_.pass(hours{24});
  EXPECT_EQ(check_.look(), Verdict::wait) << "the next day";
  dateless.begun = clock_.boot();
  probe(dateless);
  EXPECT_EQ(check_.look(), Verdict::go);
  EXPECT_TRUE(check_.take_note().empty());
}

TEST_F(Clocks, AnEndpointThatAnswersNoProbeIsAskedThreeTimes) {
  for (const auto how : {transport::End::deadline, transport::End::refused, transport::End::lost}) {
    EXPECT_EQ(check_.look(), Verdict::wait);
    probe_unanswered(how);
    clock_.pass(seconds{1});
  }
  EXPECT_EQ(check_.look(), Verdict::go);
  EXPECT_FALSE(check_.take_note().empty());
}

TEST_F(Clocks, AStepThatNoDateConfirmsStaysInDoubt) {
  agree();
  clock_.step(hours{1});
  EXPECT_EQ(check_.look(), Verdict::in_doubt);
  transport::Ended dateless = answer(milliseconds{0});
  dateless.date.reset();
  probe(dateless);
  EXPECT_EQ(check_.look(), Verdict::in_doubt);
}

}  // namespace
}  // namespace herald::dispatch
