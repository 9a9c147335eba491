// Push type 10: an incoming call of the app's own (api.md 17): V16.
#pragma once

#include <string>

#include "engine/message/json.h"

namespace herald::message {

class Checker;

void check_call(Checker& checker, const std::string& pointer, const Json& payload);

}  // namespace herald::message
