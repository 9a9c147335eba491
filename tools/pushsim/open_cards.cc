#include "tools/pushsim/open_cards.h"

namespace pushsim {

std::uint64_t OpenCards::begin(std::span<const std::uint64_t> keys, std::uint64_t& overlapping) {
  // All are looked up before any is entered: a key that stands twice in a request is one request.
  overlapping = 0;
  for (const std::uint64_t key : keys) overlapping += cards_.count(key);
  for (const std::uint64_t key : keys) ++cards_[key];
  requests_.emplace(++last_ticket_, std::vector<std::uint64_t>(keys.begin(), keys.end()));
  return last_ticket_;
}

void OpenCards::end(std::uint64_t ticket) {
  const auto found = requests_.find(ticket);
  if (found == requests_.end()) return;
  for (const std::uint64_t key : found->second) {
    const auto card = cards_.find(key);
    if (--card->second == 0) cards_.erase(card);
  }
  requests_.erase(found);
}

}  // namespace pushsim
