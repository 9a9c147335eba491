// What the files of the live view share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/message/check.h"
#include "engine/message/json.h"

namespace herald::message {

inline constexpr std::string_view kLiveRule = "V19";

// Of an `operation`. 4 and 6 register a geofence that will create or end the view.
inline constexpr std::int64_t kCreate = 0;
inline constexpr std::int64_t kUpdate = 1;
inline constexpr std::int64_t kCreateAtFence = 4;
inline constexpr std::int64_t kEndAtFence = 6;

// A notificationData's `type`.
inline constexpr std::int64_t kBasicLayout = -1;
inline constexpr std::int64_t kProgressLayout = 3;
inline constexpr std::int64_t kEmphasisLayout = 4;
inline constexpr std::int64_t kLeftRightLayout = 5;
inline constexpr std::int64_t kScoreLayout = 7;

// The part of a payload that the rules of all others depend on.
struct LiveView {
  std::optional<std::int64_t> operation;
  std::string_view event;  // empty: none, or none that can be read
  bool creates() const { return operation == kCreate; }
};

void check_notification_data(Checker& checker, const std::string& pointer, const Json& data,
                             const LiveView& view);
void check_capsule(Checker& checker, const std::string& pointer, const Json& capsule,
                   const LiveView& view);
void check_external(Checker& checker, const std::string& pointer, const Json& external,
                    const LiveView& view);
void check_trigger(Checker& checker, const std::string& pointer, const Json& trigger);

// "#AARRGGBB"
void check_argb(Checker& checker, const std::string& pointer, const Json& value);
bool is_colour(std::string_view text, std::size_t digits);

// RichText elements: their members, `characters_max` of text in all, one colour in all.
void check_rich_text(Checker& checker, const std::string& pointer, const Json& texts,
                     std::size_t characters_max);

// The member is there and, `filled`, not empty: a string's text, an array's elements.
void require_member(Checker& checker, const std::string& pointer, const Json& object,
                    std::string_view name, std::string_view why, bool filled = false);

}  // namespace herald::message
