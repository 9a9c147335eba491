#include "tools/pushsim/card_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "tools/pushsim/clock.h"

namespace pushsim {
namespace {

// Each bit of the result hangs on every bit of `x` (the finishing steps of MurmurHash3).
std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccd;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53;
  return x ^ x >> 33;
}

}  // namespace

std::uint64_t card_key(std::uint64_t device_hash, std::int64_t card) {
  return mixed(device_hash + mixed(static_cast<std::uint64_t>(card) + 0x9e3779b97f4a7c15));
}

std::uint32_t CardCounts::add(std::int32_t day, std::uint64_t device_hash, std::int64_t card) {
  Card& slot = days_[day].at(card_key(device_hash, card));
  slot.device = device_hash;
  slot.card = card;
  const auto count = static_cast<std::uint32_t>(++slot.count);
  max_ = std::max(max_, count);
  return count;
}

std::uint32_t CardCounts::count_of(std::int32_t day, std::uint64_t device_hash,
                                   std::int64_t card) const {
  const auto found = days_.find(day);
  const Card* slot =
      found == days_.end() ? nullptr : found->second.find(card_key(device_hash, card));
  return slot == nullptr ? 0 : static_cast<std::uint32_t>(slot->count);
}

void CardCounts::append_day(std::int32_t day, std::string_view cls, const Names& names,
                            std::string& out) const {
  const std::string text = day_text(day);
  days_.at(day).for_each([&](const Card& card) {
    const auto name = names.find(card.device);
    if (name == names.end()) {
      fmt::format_to(std::back_inserter(out), "{}\t{:016x}\t{}\t{}\t{}\n", text, card.device, cls,
                     card.card, card.count);
    } else {
      fmt::format_to(std::back_inserter(out), "{}\t{}\t{}\t{}\t{}\n", text, name->second, cls,
                     card.card, card.count);
    }
  });
}

}  // namespace pushsim
