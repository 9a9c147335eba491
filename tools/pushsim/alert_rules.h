// The fields of a notification: push types 0 (alert, badge-only) and 2 (text-to-speech).
#pragma once

#include "tools/pushsim/field_checks.h"
#include "tools/pushsim/message.h"

namespace pushsim {

Tip check_alert(const object& payload, Message& message);
Tip check_text_to_speech(const object& payload, Message& message);

}  // namespace pushsim
