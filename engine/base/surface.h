// A card (push type 1) or a live view (push type 7) on a device: it has a quota, an order and a
// version of its own, and several messages may be meant for different ones on one device.
#pragma once

#include <cstdint>

namespace herald::base {

struct Surface {
  enum class Kind : std::uint8_t { none, card, activity };

  Kind kind = Kind::none;
  bool creates = false;       // the live view (operation 0)
  std::int64_t id = 0;        // formId or activityId
  std::int64_t version = -1;  // of the message; -1: it names none

  explicit operator bool() const { return kind != Kind::none; }
  bool operator==(const Surface&) const = default;
};

// By the service, for a while (receipts.md 3). Stored: append, never renumber.
enum class SurfaceBlock : std::uint8_t {
  none,
  card_gone,      // receipt 261: 30 days
  card_limit,     // receipt 262: 1 day
  activity_gone,  // receipt 265: 24 hours
};

}  // namespace herald::base
