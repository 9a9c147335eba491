// What is known about one device, in 64 bits, and the arithmetic of its days.
//
//   bits   0..13  base day, counted from 2020-01-01
//         14..17  marketing messages on the base day     18..21  on the day after it
//         22..33  all messages on the base day           34..45  on the day after it
//         46..47  suppression
//         48..61  the day on which the suppression ends
//         62      a restored count was more than its field can say
//
// The base day only moves forward. Zero is a device of which nothing is known.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/base/day.h"

namespace herald::ledger {

enum class Suppression : std::uint8_t {
  none,
  token_gone,         // for ever
  notifications_off,  // until its day: applies to messages that show a notification
  inactive,           // until its day
};

inline constexpr base::Day kFirstDay = 18262;              // 2020-01-01
inline constexpr base::Day kLastDay = kFirstDay + 0x3fff;  // 2064-11-08
inline constexpr std::uint32_t kMarketingMax = 15;         // what a field can say
inline constexpr std::uint32_t kTotalMax = 4095;

// The same, spelled out: for dumps and tests.
struct DeviceState {
  base::Day base = kFirstDay;
  std::array<std::uint32_t, 2> marketing{};  // on the base day and the day after it
  std::array<std::uint32_t, 2> total{};
  Suppression suppression = Suppression::none;
  base::Day until = kFirstDay;  // the first day on which it no longer applies
  bool saturated = false;

  bool operator==(const DeviceState&) const = default;
};

class SlotState {
 public:
  constexpr SlotState() = default;
  constexpr explicit SlotState(std::uint64_t bits) : bits_(bits) {}
  constexpr explicit SlotState(const DeviceState& device) {
    set(kBase, index_of(device.base));
    for (unsigned day = 0; day < 2; ++day) {
      set(marketing_field(day), device.marketing[day]);
      set(total_field(day), device.total[day]);
    }
    set(kSuppression, static_cast<std::uint64_t>(device.suppression));
    set(kUntil, index_of(device.until));
    set(kSaturated, device.saturated ? 1 : 0);
  }

  constexpr DeviceState unpack() const {
    return {.base = base(),
            .marketing = {marketing(0), marketing(1)},
            .total = {total(0), total(1)},
            .suppression = suppression(),
            .until = until(),
            .saturated = saturated()};
  }

  constexpr std::uint64_t bits() const { return bits_; }
  constexpr bool operator==(const SlotState&) const = default;
  constexpr base::Day base() const { return kFirstDay + static_cast<base::Day>(get(kBase)); }
  constexpr std::uint32_t marketing(unsigned day) const {
    return static_cast<std::uint32_t>(get(marketing_field(day)));
  }
  constexpr std::uint32_t total(unsigned day) const {
    return static_cast<std::uint32_t>(get(total_field(day)));
  }
  constexpr Suppression suppression() const { return static_cast<Suppression>(get(kSuppression)); }
  constexpr base::Day until() const { return kFirstDay + static_cast<base::Day>(get(kUntil)); }
  constexpr bool saturated() const { return get(kSaturated) != 0; }

  // The same base day and the same suppression.
  constexpr bool like(const SlotState& other) const {
    const std::uint64_t mask = kBase.mask() << kBase.shift | kSuppression.mask()
                                                                      << kSuppression.shift;
    return ((bits_ ^ other.bits_) & mask) == 0;
  }

  // Moves the base day forward to `day`, with what is counted on it; never back.
  constexpr void advance(base::Day day) {
    const std::uint64_t index = index_of(day);
    const std::uint64_t now = get(kBase);
    if (index <= now) return;
    const bool next = index == now + 1;
    set(marketing_field(0), next ? get(marketing_field(1)) : 0);
    set(total_field(0), next ? get(total_field(1)) : 0);
    set(marketing_field(1), 0);
    set(total_field(1), 0);
    if (!next) set(kSaturated, 0);
    set(kBase, index);
  }

  // `day` is 0 for the base day, 1 for the one after it. The caller has checked the limits, which
  // are never above kMarketingMax and kTotalMax.
  constexpr void count(unsigned day, bool marketing) {
    bits_ += std::uint64_t{1} << total_field(day).shift;
    if (marketing) bits_ += std::uint64_t{1} << marketing_field(day).shift;
  }

  constexpr void count_saturating(unsigned day, bool marketing) {
    count_saturating(total_field(day));
    if (marketing) count_saturating(marketing_field(day));
  }

  // Leaves a saturated device alone: how far it is above its fields is not known.
  constexpr void uncount(unsigned day, bool marketing) {
    if (saturated()) return;
    uncount(total_field(day));
    if (marketing) uncount(marketing_field(day));
  }

  // Of two that end, the one that ends later stays, in whatever order they come; a token that is
  // gone stays gone until `none` says that the client has registered again.
  constexpr void suppress(Suppression kind, base::Day until_day) {
    const bool lifts = kind == Suppression::none;
    const bool gone = kind == Suppression::token_gone;
    if (!lifts && !gone && suppression() == Suppression::token_gone) return;
    const std::uint64_t end = lifts || gone ? 0 : index_of(until_day);
    if (!lifts && !gone && suppression() != Suppression::none && get(kUntil) > end) return;
    set(kSuppression, static_cast<std::uint64_t>(kind));
    set(kUntil, end);
  }

 private:
  struct Field {
    unsigned shift;
    unsigned width;
    constexpr std::uint64_t mask() const { return (std::uint64_t{1} << width) - 1; }
  };
  static constexpr Field kBase{0, 14};
  static constexpr Field kSuppression{46, 2};
  static constexpr Field kUntil{48, 14};
  static constexpr Field kSaturated{62, 1};
  static constexpr Field marketing_field(unsigned day) { return {14 + 4 * day, 4}; }
  static constexpr Field total_field(unsigned day) { return {22 + 12 * day, 12}; }

  // A clock that is decades wrong charges the first or the last day there is, and so never less.
  static constexpr std::uint64_t index_of(base::Day day) {
    return static_cast<std::uint64_t>(std::clamp(day, kFirstDay, kLastDay) - kFirstDay);
  }
  constexpr std::uint64_t get(Field field) const { return bits_ >> field.shift & field.mask(); }
  constexpr void set(Field field, std::uint64_t value) {
    bits_ = (bits_ & ~(field.mask() << field.shift)) | (value & field.mask()) << field.shift;
  }
  constexpr void count_saturating(Field field) {
    if (get(field) == field.mask()) return set(kSaturated, 1);
    bits_ += std::uint64_t{1} << field.shift;
  }
  constexpr void uncount(Field field) {
    if (get(field) != 0) bits_ -= std::uint64_t{1} << field.shift;
  }

  std::uint64_t bits_ = 0;
};

}  // namespace herald::ledger
