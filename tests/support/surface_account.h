// What the service keeps of cards, live views and test messages, by the time at which it processed
// each request, with sums of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/day.h"
#include "engine/base/surface.h"
#include "tests/support/virtual_executor.h"

namespace herald::test {

class SurfaceAccount {
 public:
  using Kind = base::Surface::Kind;
  using Key = std::tuple<Kind, std::int64_t, std::string>;  // of one on a device
  struct Update {
    base::BootTime at;
    base::Day day;
    std::int64_t version;
    bool creates;
  };

  void take(const std::string& token, const base::Surface& surface, bool test, base::BootTime at,
            base::Day day);

  // Of updates that count.
  const std::map<Key, std::vector<Update>>& updates() const { return updates_; }
  std::uint32_t on_day(const Key& key, base::Day day) const;
  std::uint32_t in_window(const Key& key, base::BootTime from) const;
  // The most that any card had on a day, and any live view in any window of that length.
  std::uint32_t card_most() const;
  std::uint32_t live_view_most(Duration window) const;
  // The most tokens that test messages had on a day.
  std::uint32_t tests_most() const;
  // The least time between two creations of one live view.
  Duration creations_apart() const;
  // Of all updates, tests included: those that were not newer than the one before.
  std::uint64_t old_versions() const { return old_versions_; }

 private:
  std::map<Key, std::vector<Update>> updates_;
  std::map<Key, std::int64_t> versions_;
  std::map<base::Day, std::uint32_t> tests_;
  std::uint64_t old_versions_ = 0;
};

}  // namespace herald::test
