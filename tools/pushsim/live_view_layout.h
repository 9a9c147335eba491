// What each layout of a live view's card shows, beside the title and the text that all of them
// have.
#pragma once

#include "tools/pushsim/click_action.h"
#include "tools/pushsim/field_checks.h"

namespace pushsim {

Tip check_layout(const object& notification, std::int64_t type, bool creates);
// The corner on the right, the same for every layout.
Tip check_extend(const object& notification);

}  // namespace pushsim
