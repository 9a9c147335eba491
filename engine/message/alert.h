// Push type 0: an alert, in full or its badge alone (api.md 10).
#pragma once

#include <string>

#include "engine/message/json.h"

namespace herald::message {

class Checker;

void check_alert(Checker& checker, const std::string& pointer, const Json& payload);

// A badge and, at most, a category (api.md 10.4). Anything beside them makes it a notification, so
// that one which merely lacks its title is refused rather than sent uncounted.
bool is_badge_only(const Json& notification);

}  // namespace herald::message
