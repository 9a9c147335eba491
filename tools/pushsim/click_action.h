// What a click on a message does: the object `clickAction` of notifications and live views.
#pragma once

#include <initializer_list>

#include "tools/pushsim/field_checks.h"

namespace pushsim {

// Required in `parent`, with one of these values of actionType.
Tip check_click_action(const object& parent, std::initializer_list<std::int64_t> types);

}  // namespace pushsim
