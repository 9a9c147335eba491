#include "tools/pushsim/live_view_account.h"

#include <algorithm>

#include "tools/pushsim/live_view_rules.h"

namespace pushsim {
namespace {

constexpr WindowMax kNormalLimit{10, 60};
constexpr WindowMax kLargeLimit{30, 180};
constexpr std::int64_t kHourMs = 60 * 60 * 1000;
constexpr std::int64_t kCreateAgainMs = 12 * kHourMs;
constexpr std::int64_t kLifeMs = 8 * kHourMs;

bool is_large(std::string_view event) { return event == "TAXI" || event == "SCORE"; }

}  // namespace

Verdict LiveViewAccount::charge(std::int32_t day, std::int64_t wall_ms, std::uint64_t device_hash,
                                const LiveViewUpdate& update, bool test) {
  now_ms_ = std::max(now_ms_, wall_ms);
  ++totals_.messages;
  Activity& activity = activities_.at(card_key(device_hash, update.activity_id));
  const bool created_again = note_operation(activity, update);
  const bool out_of_order = note_version(activity, update);
  const bool counts = !test && update.operation <= kEnd;  // a fence is no message on the screen
  if (counts) {
    counts_.add(day, device_hash, update.activity_id);
    windows_.add(activity.messages, now_ms_);
    if (over_window(activity, is_large(update.event))) return Verdict::over_quota;
  }
  if (created_again) return Verdict::created_again;
  return out_of_order ? Verdict::out_of_order : Verdict::taken;
}

bool LiveViewAccount::over_window(Activity& activity, bool large) {
  const WindowMax& limit = large ? kLargeLimit : kNormalLimit;
  WindowMax& most = large ? totals_.large : totals_.normal;
  most.in_5_minutes = std::max(most.in_5_minutes, activity.messages.in_short);
  most.in_1_hour = std::max(most.in_1_hour, activity.messages.in_long);
  if (activity.messages.in_short <= limit.in_5_minutes &&
      activity.messages.in_long <= limit.in_1_hour) {
    return false;
  }
  ++totals_.over_limit;
  return true;
}

// True: created again too early. Such a creation makes nothing, so it moves no time.
bool LiveViewAccount::note_operation(Activity& activity, const LiveViewUpdate& update) {
  if (update.operation == kCreate || update.operation == kCreateAtFence) {
    const bool again = update.operation == kCreate && activity.created_ms != 0 &&
                       now_ms_ - activity.created_ms < kCreateAgainMs;
    if (again) {
      ++totals_.created_again;
      return true;
    }
    activity.created_ms = now_ms_;
    activity.version_plus_one = 0;
    activity.alive = true;
    return false;
  }
  if (!activity.alive || now_ms_ - activity.created_ms >= kLifeMs) ++totals_.unknown_activity;
  if (update.operation == kEnd) activity.alive = false;
  return false;
}

bool LiveViewAccount::note_version(Activity& activity, const LiveViewUpdate& update) {
  if (!update.version) return false;
  const std::uint64_t version = static_cast<std::uint64_t>(*update.version) + 1;
  if (version > activity.version_plus_one) {
    activity.version_plus_one = version;
    return false;
  }
  ++totals_.version_not_greater;
  return true;
}

}  // namespace pushsim
