// The fields of a card update: push type 1.
#pragma once

#include "tools/pushsim/field_checks.h"
#include "tools/pushsim/message.h"

namespace pushsim {

Tip check_form(const object& payload, Message& message);

}  // namespace pushsim
