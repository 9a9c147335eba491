// The parts that a live view is put together from: the card with its layout, the capsule in the
// status bar, the picture for an outer screen, and the fence that starts or ends it.
#pragma once

#include "tools/pushsim/field_checks.h"

namespace pushsim {

inline constexpr std::int64_t kLayoutProgress = 3;
inline constexpr std::int64_t kLayoutText = 4;
inline constexpr std::int64_t kLayoutBlocks = 5;
inline constexpr std::int64_t kLayoutScore = 7;

// `creates`: more members are required, and some may not be empty.
Tip check_notification_data(const object& notification, bool creates);
Tip check_capsule(const object& activity_data, bool creates);
Tip check_external(const object& activity_data, bool creates);
Tip check_trigger(const object& payload);

// Do the texts that the service fills in, for the layout at hand, hold these characters?
bool text_holds(const object& notification, std::string_view wanted);

// Absent, or "#" and so many hexadecimal digits.
Tip no_colour(const object& parent, std::initializer_list<std::string_view> names,
              std::size_t digits = 8);
// Absent, or an array of texts of at most so many characters together, in one colour at most.
Tip check_rich_text(const object& parent, std::string_view name, std::size_t characters);

}  // namespace pushsim
