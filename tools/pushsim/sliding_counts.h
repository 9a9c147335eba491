// How many of a thing's events lie within the last five minutes and the last hour, exact to the
// millisecond. An event counts while it is younger than the window. Events of all things share a
// pool: a thing costs a Track, an event 16 bytes until the thing's next event finds it an hour old.
// One thread.
#pragma once

#include <cstdint>
#include <vector>

namespace pushsim {

class SlidingCounts {
 public:
  static constexpr std::int64_t kShortMs = 5 * 60 * 1000;
  static constexpr std::int64_t kLongMs = 60 * 60 * 1000;

  // All zero at first.
  struct Track {
    std::uint32_t oldest;
    std::uint32_t oldest_in_short;
    std::uint32_t newest;
    std::uint32_t in_short;
    std::uint32_t in_long;
  };

  // Adds an event and takes out what is too old. Time may stand still but not go back.
  void add(Track& track, std::int64_t now_ms);

  std::size_t events_held() const { return events_.size() - 1 - free_count_; }

 private:
  struct Event {
    std::int64_t at_ms = 0;
    std::uint32_t next = 0;
  };
  std::uint32_t take_free(std::int64_t now_ms);

  std::vector<Event> events_ = std::vector<Event>(1);  // number 0 is none
  std::uint32_t first_free_ = 0;
  std::size_t free_count_ = 0;
};

}  // namespace pushsim
