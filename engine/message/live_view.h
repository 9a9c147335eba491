// Push type 7: a live view, created, updated or ended (api.md 15): V19.
//
// Four files: this one the top level and what creating and updating demands, live_notification the
// layouts, live_capsule what is shown while the view is folded, live_trigger its geofence.
#pragma once

#include <string>

#include "engine/message/json.h"

namespace herald::message {

class Checker;

void check_live_view(Checker& checker, const std::string& pointer, const Json& payload);

}  // namespace herald::message
