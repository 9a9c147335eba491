// How many messages each card (or live view) of each device was sent in a natural day. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tools/pushsim/flat_table.h"

namespace pushsim {

// A card or an activity of a device: two share a key with a chance of 3 in 100 million among a
// million.
std::uint64_t card_key(std::uint64_t device_hash, std::int64_t card);

class CardCounts {
 public:
  // The count after this message.
  std::uint32_t add(std::int32_t day, std::uint64_t device_hash, std::int64_t card);

  std::uint32_t count_of(std::int32_t day, std::uint64_t device_hash, std::int64_t card) const;
  std::uint32_t max() const { return max_; }  // of a card in a day

  using Names = std::unordered_map<std::uint64_t, std::string_view>;
  // day, device, class, card, count; tab-separated. `names_of(day)` may lack devices: their hash
  // stands for them then.
  template <typename NamesOf>
  void append_lines(std::string_view cls, NamesOf names_of, std::string& out) const {
    for (const auto& [day, cards] : days_) append_day(day, cls, names_of(day), out);
  }

 private:
  struct Card {
    std::uint64_t key;
    std::uint64_t device;
    std::int64_t card;
    std::uint64_t count;
  };
  static_assert(sizeof(Card) == 32);

  void append_day(std::int32_t day, std::string_view cls, const Names& names,
                  std::string& out) const;

  std::map<std::int32_t, FlatTable<Card>> days_;
  std::uint32_t max_ = 0;
};

}  // namespace pushsim
