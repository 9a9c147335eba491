// Live view windows against a service that alone knows when it processed each request: anywhere
// between charge and answer, or up to the lateness after an answer that never came. Whatever it
// does, none of its windows holds more than the limit; and when it answers at once, nothing is
// refused that would have fitted (I17).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "engine/ledger/surfaces.h"

namespace herald::ledger {
namespace {

using base::WallTime;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr base::DaySet kDays{20781, false};
constexpr milliseconds kLateness{65000};
const WallTime kStart{std::chrono::days{20781} + std::chrono::hours{4}};
constexpr base::Surface kUpdate{.kind = base::Surface::Kind::activity, .id = 1};
constexpr SurfaceCharge kCharge{kUpdate, kDays, true};

// The service's account of one live view.
class Account {
 public:
  void take(WallTime at) { times_.push_back(at); }
  // The most that any window of that length holds, both of its edges included.
  std::uint32_t most_in(milliseconds window) {
    std::sort(times_.begin(), times_.end());
    std::size_t most = 0;
    for (std::size_t first = 0, end = 0; first < times_.size(); ++first) {
      while (end < times_.size() && times_[end] <= times_[first] + window) ++end;
      most = std::max(most, end - first);
    }
    return static_cast<std::uint32_t>(most);
  }
  // Whether one more at `now`, the latest so far, keeps within the limits.
  bool has_room(WallTime now, const Windows& windows) const {
    const auto since = [&](WallTime start) {
      return static_cast<std::uint32_t>(
          std::count_if(times_.begin(), times_.end(), [&](WallTime at) { return at >= start; }));
    };
    return since(now - kShortWindow) < windows.five_minutes &&
           since(now - kLongWindow) < windows.hour;
  }

 private:
  std::vector<WallTime> times_;
};

class SurfacesModel : public testing::Test {
 protected:
  SurfacesModel() {
    if (const char* seed = std::getenv("HERALD_SEED")) seed_ = std::strtoull(seed, nullptr, 10);
    random_.seed(seed_);
  }
  std::uint64_t up_to(std::uint64_t max) { return random_() % (max + 1); }
  milliseconds some(milliseconds most) {
    return milliseconds{up_to(static_cast<std::uint64_t>(most.count()))};
  }
  Windows some_windows() {
    switch (up_to(3)) {
      case 0:
        return kUsualWindows;
      case 1:
        return kLargeWindows;
      default:
        return {static_cast<std::uint32_t>(1 + up_to(4)),
                static_cast<std::uint32_t>(2 + up_to(12))};
    }
  }
  // Some live at the edges of a window.
  milliseconds some_pause(milliseconds usual) {
    switch (up_to(19)) {
      case 0:
        return kShortWindow + milliseconds{up_to(2)} - milliseconds{1};
      case 1:
        return kLongWindow + milliseconds{up_to(2)} - milliseconds{1};
      default:
        return some(usual);
    }
  }

  struct Sent {
    WallTime charged;
    WallTime ends;  // the answer, or the end of waiting for it
    enum class How : std::uint8_t { answered, in_doubt, refused } how;
  };
  void send_all(const Windows& windows);
  void end(const Sent& sent);
  void restart(WallTime now);

  std::uint64_t seed_ = std::random_device{}();
  std::mt19937_64 random_;
  std::unique_ptr<Surfaces> surfaces_;
  Account account_;
  std::vector<Sent> flying_;
  struct Ended {
    WallTime by;
    bool released;
  };
  std::vector<Ended> ended_;  // what the store has
  const Surfaces::Key key_ = Surfaces::key(1, kUpdate);
};

void SurfacesModel::end(const Sent& sent) {
  const auto between = [&](WallTime last) {
    return sent.charged + some(std::chrono::duration_cast<milliseconds>(last - sent.charged));
  };
  switch (sent.how) {
    case Sent::How::answered:
      account_.take(between(sent.ends));
      surfaces_->settle(key_, kCharge, sent.ends);
      ended_.push_back({sent.ends, false});
      break;
    case Sent::How::in_doubt:
      if (up_to(3) != 0) account_.take(between(sent.ends + kLateness));
      surfaces_->settle(key_, kCharge, sent.ends + kLateness);
      ended_.push_back({sent.ends + kLateness, false});
      break;
    case Sent::How::refused:
      surfaces_->release(key_, kCharge);
      ended_.push_back({sent.ends, true});
      break;
  }
}

// A new process: all that ended is read again, what was in flight is in doubt from now on.
void SurfacesModel::restart(WallTime now) {
  for (Sent& sent : flying_) {
    if (sent.how != Sent::How::refused && up_to(1) == 0) {
      account_.take(sent.charged +
                    some(std::chrono::duration_cast<milliseconds>(now + kLateness - sent.charged)));
    }
  }
  surfaces_ = std::make_unique<Surfaces>();
  for (const Ended& each : ended_) {
    surfaces_->restore(key_, kCharge);
    if (each.released) {
      surfaces_->release(key_, kCharge);
    } else {
      surfaces_->settle(key_, kCharge, each.by);
    }
  }
  for (std::size_t i = 0; i < flying_.size(); ++i) surfaces_->restore(key_, kCharge);
  for (std::size_t i = 0; i < flying_.size(); ++i) {
    surfaces_->settle(key_, kCharge, now + kLateness);
    ended_.push_back({now + kLateness, false});
  }
  flying_.clear();
}

void SurfacesModel::send_all(const Windows& windows) {
  surfaces_ = std::make_unique<Surfaces>();
  account_ = {};
  flying_.clear();
  ended_.clear();
  const milliseconds usual{1000 + up_to(60000)};
  const milliseconds answers_in{1 + up_to(up_to(4) == 0 ? 600000 : 3000)};
  const bool restarts = up_to(3) == 0;
  WallTime now = kStart;
  for (int i = 0; i < 300; ++i) {
    now += some_pause(usual);
    std::sort(flying_.begin(), flying_.end(),
              [](const Sent& a, const Sent& b) { return a.ends < b.ends; });
    while (!flying_.empty() && flying_.front().ends <= now) {
      end(flying_.front());
      flying_.erase(flying_.begin());
    }
    if (restarts && up_to(40) == 0) restart(now);
    if (surfaces_->charge(key_, kCharge, {2, windows}, now) != Verdict::charged) continue;
    const auto how = up_to(5) == 0   ? Sent::How::in_doubt
                     : up_to(5) == 0 ? Sent::How::refused
                                     : Sent::How::answered;
    flying_.push_back({now, now + some(answers_in), how});
  }
  for (const Sent& sent : flying_) end(sent);
}

TEST_F(SurfacesModel, NoWindowOfTheServiceHoldsMoreThanTheLimit) {
  std::uint64_t full = 0;
  for (int i = 0; i < 1000; ++i) {
    SCOPED_TRACE("HERALD_SEED=" + std::to_string(seed_) + " case " + std::to_string(i));
    const Windows windows = some_windows();
    send_all(windows);
    const std::uint32_t in_five = account_.most_in(kShortWindow);
    const std::uint32_t in_hour = account_.most_in(kLongWindow);
    ASSERT_LE(in_five, windows.five_minutes);
    ASSERT_LE(in_hour, windows.hour);
    full += in_five == windows.five_minutes || in_hour == windows.hour ? 1 : 0;
  }
  EXPECT_GT(full, 100u) << "the limits were hardly ever reached: the cases show nothing";
}

TEST_F(SurfacesModel, WithoutLatencyNothingIsRefusedThatWouldHaveFitted) {
  std::uint64_t refused = 0;
  for (int i = 0; i < 1000; ++i) {
    SCOPED_TRACE("HERALD_SEED=" + std::to_string(seed_) + " case " + std::to_string(i));
    const Windows windows = some_windows();
    surfaces_ = std::make_unique<Surfaces>();
    account_ = {};
    ended_.clear();
    const milliseconds usual{1000 + up_to(60000)};
    WallTime now = kStart;
    for (int s = 0; s < 200; ++s) {
      now += some_pause(usual);
      if (up_to(50) == 0) restart(now);
      const Verdict verdict = surfaces_->charge(key_, kCharge, {2, windows}, now);
      ASSERT_EQ(verdict == Verdict::charged, account_.has_room(now, windows));
      refused += verdict != Verdict::charged ? 1 : 0;
      if (verdict != Verdict::charged) continue;
      if (up_to(9) == 0) {
        surfaces_->release(key_, kCharge);
        ended_.push_back({now, true});
        continue;
      }
      account_.take(now);
      surfaces_->settle(key_, kCharge, now);
      ended_.push_back({now, false});
    }
  }
  EXPECT_GT(refused, 1000u);
}

// The same for cards, whose days the service alone decides: a charge near midnight is on both.
TEST_F(SurfacesModel, NoDayOfTheServiceHoldsMoreThanACardsLimit) {
  const base::Calendar calendar;
  std::uint64_t full = 0;
  for (int i = 0; i < 1000; ++i) {
    SCOPED_TRACE("HERALD_SEED=" + std::to_string(seed_) + " case " + std::to_string(i));
    Surfaces surfaces;
    const auto limit = static_cast<std::uint32_t>(1 + up_to(5));
    std::map<base::Day, std::uint32_t> taken;
    const base::Surface card{.kind = base::Surface::Kind::card, .id = 1};
    WallTime now = kStart;
    for (int s = 0; s < 60; ++s) {
      now += up_to(3) == 0 ? some(minutes{300}) : some(seconds{40});
      if (up_to(9) == 0) now = std::chrono::ceil<std::chrono::days>(now) + seconds{57540};
      const SurfaceCharge charge{card, calendar.days(now), true};
      const bool both_fit = taken[charge.days.first] < limit && taken[charge.days.last()] < limit;
      const Verdict verdict = surfaces.charge(key_, charge, {limit, {}}, now);
      if (charge.days.both || verdict == Verdict::charged) {
        ASSERT_LE(verdict == Verdict::charged, both_fit);
      }
      if (verdict != Verdict::charged) continue;
      if (up_to(5) == 0) {
        surfaces.release(key_, charge);
        continue;
      }
      surfaces.settle(key_, charge, now);
      // Its clock is up to the guard away from ours, and it may be late.
      const base::Day day = calendar.day(now - calendar.guard +
                                         some(calendar.guard + calendar.guard + calendar.lateness));
      ASSERT_LE(++taken[day], limit);
      full += taken[day] == limit ? 1 : 0;
    }
  }
  EXPECT_GT(full, 1000u);
}

}  // namespace
}  // namespace herald::ledger
