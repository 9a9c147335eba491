#include "tools/pushsim/sliding_counts.h"

namespace pushsim {

void SlidingCounts::add(Track& track, std::int64_t now_ms) {
  const std::uint32_t number = take_free(now_ms);
  if (track.newest != 0) events_[track.newest].next = number;
  track.newest = number;
  if (track.oldest == 0) track.oldest = track.oldest_in_short = number;
  ++track.in_short;
  ++track.in_long;
  // The new event is in both windows, so neither loop runs past the end.
  while (events_[track.oldest_in_short].at_ms <= now_ms - kShortMs) {
    track.oldest_in_short = events_[track.oldest_in_short].next;
    --track.in_short;
  }
  while (events_[track.oldest].at_ms <= now_ms - kLongMs) {
    const std::uint32_t gone = track.oldest;
    track.oldest = events_[gone].next;
    --track.in_long;
    events_[gone].next = first_free_;
    first_free_ = gone;
    ++free_count_;
  }
}

std::uint32_t SlidingCounts::take_free(std::int64_t now_ms) {
  if (first_free_ == 0) {
    events_.push_back({now_ms, 0});
    return static_cast<std::uint32_t>(events_.size() - 1);
  }
  const std::uint32_t number = first_free_;
  first_free_ = events_[number].next;
  --free_count_;
  events_[number] = {now_ms, 0};
  return number;
}

}  // namespace pushsim
