#include "engine/ledger/test_quota.h"

#include <algorithm>

namespace herald::ledger {

void TestQuota::Taken::advance(base::Day day) {
  if (day <= base) return;
  tokens = {day == base + 1 ? tokens[1] : 0, 0};
  base = day;
}

std::uint32_t* TestQuota::Taken::on(base::Day day) {
  const base::Day at = day - base;
  return at == 0 || at == 1 ? &tokens[static_cast<std::size_t>(at)] : nullptr;
}

// A day before the base day is counted as the base day: a clock that was set back must not open a
// second allowance (I36).
std::uint32_t TestQuota::take(std::string_view project, base::DaySet days, std::uint32_t wanted) {
  const std::lock_guard lock{mutex_};
  Taken& taken = taken_[std::string{project}];
  taken.advance(days.first);
  const bool both = days.both && taken.base == days.first;
  const std::uint32_t most = std::max(taken.tokens[0], both ? taken.tokens[1] : 0);
  const std::uint32_t granted =
      std::min(wanted, kTestTokensPerDay - std::min(most, kTestTokensPerDay));
  taken.tokens[0] += granted;
  if (both) taken.tokens[1] += granted;
  return granted;
}

void TestQuota::give_back(std::string_view project, base::DaySet days, std::uint32_t tokens) {
  const std::lock_guard lock{mutex_};
  Taken& taken = taken_[std::string{project}];
  for (base::Day day = days.first; day <= days.last(); ++day) {
    if (std::uint32_t* const on = taken.on(day)) *on -= std::min(*on, tokens);
  }
}

void TestQuota::restore(std::string_view project, base::DaySet days, std::uint32_t tokens) {
  const std::lock_guard lock{mutex_};
  Taken& taken = taken_[std::string{project}];
  taken.advance(days.last() - 1);
  for (base::Day day = days.first; day <= days.last(); ++day) {
    if (std::uint32_t* const on = taken.on(day)) *on += tokens;
  }
}

}  // namespace herald::ledger
