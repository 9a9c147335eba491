// Test messages: a number of tokens a project and day, all its apps and devices together
// (quotas.md 6).
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/base/day.h"

namespace herald::ledger {

inline constexpr std::uint32_t kTestTokensPerDay = 1000;

class TestQuota {  // any thread
 public:
  // How many of `wanted` there still are on all the days; those are taken.
  std::uint32_t take(std::string_view project, base::DaySet days, std::uint32_t wanted);
  void give_back(std::string_view project, base::DaySet days, std::uint32_t tokens);
  // Counts without the limit, for the rebuild at start.
  void restore(std::string_view project, base::DaySet days, std::uint32_t tokens);

  // In no promised order; the visitor must not call the quota.
  template <class Visit>
  void for_each(const Visit& visit) const {
    const std::lock_guard lock{mutex_};
    for (const auto& [project, taken] : taken_) {
      for (base::Day at = 0; at < 2; ++at) {
        const std::uint32_t tokens = taken.tokens[static_cast<std::size_t>(at)];
        if (tokens > 0) visit(project, taken.base + at, tokens);
      }
    }
  }

 private:
  struct Taken {
    base::Day base = 0;
    std::array<std::uint32_t, 2> tokens{};  // on the base day and the day after it

    void advance(base::Day day);
    std::uint32_t* on(base::Day day);  // null: that day is over
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Taken> taken_;  // one for each project of the configuration
};

}  // namespace herald::ledger
