// The fields of a live view: push type 7. What needs to know earlier messages (does the activity
// exist, was it made here) is the account's, not a rule of the fields.
#pragma once

#include "tools/pushsim/field_checks.h"
#include "tools/pushsim/message.h"

namespace pushsim {

inline constexpr std::int64_t kCreate = 0;
inline constexpr std::int64_t kUpdate = 1;
inline constexpr std::int64_t kEnd = 2;
inline constexpr std::int64_t kCreateAtFence = 4;
inline constexpr std::int64_t kEndAtFence = 6;

Tip check_live_view(const object& payload, Message& message);

}  // namespace pushsim
