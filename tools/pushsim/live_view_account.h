// What pushsim says of live views: how many messages each got in any five minutes and any hour,
// whether it was created twice, and whether it was there to be updated. A live view is known by the
// hash of its device's token and its activityId. One thread.
#pragma once

#include <cstdint>

#include "tools/pushsim/card_counts.h"
#include "tools/pushsim/message.h"
#include "tools/pushsim/sliding_counts.h"
#include "tools/pushsim/verdict.h"

namespace pushsim {

struct WindowMax {
  std::uint32_t in_5_minutes = 0;
  std::uint32_t in_1_hour = 0;
};

struct LiveViewTotals {
  std::uint64_t messages = 0;  // test messages, too
  std::uint64_t over_limit = 0;
  std::uint64_t created_again = 0;
  std::uint64_t unknown_activity = 0;
  std::uint64_t version_not_greater = 0;
  WindowMax normal;
  WindowMax large;  // of the events that may send more
};

class LiveViewAccount {
 public:
  // Time may not go back by more than clocks are set back: what is earlier is taken for the latest.
  Verdict charge(std::int32_t day, std::int64_t wall_ms, std::uint64_t device_hash,
                 const LiveViewUpdate& update, bool test);

  const LiveViewTotals& totals() const { return totals_; }
  std::uint64_t activities() const { return activities_.size(); }
  const CardCounts& counts() const { return counts_; }

 private:
  struct Activity {
    std::uint64_t key;
    std::int64_t created_ms;         // 0: not by a message that was seen
    std::uint64_t version_plus_one;  // 0: none yet
    SlidingCounts::Track messages;
    bool alive;  // created and not ended
  };

  bool over_window(Activity& activity, bool large);
  bool note_operation(Activity& activity, const LiveViewUpdate& update);
  bool note_version(Activity& activity, const LiveViewUpdate& update);

  LiveViewTotals totals_;
  std::int64_t now_ms_ = 0;
  FlatTable<Activity> activities_;
  SlidingCounts windows_;
  CardCounts counts_;
};

}  // namespace pushsim
