// Push type 6: data for the app, shown nowhere (api.md 14): V16, V18.
#pragma once

#include <string>

#include "engine/message/json.h"

namespace herald::message {

class Checker;

void check_background(Checker& checker, const std::string& pointer, const Json& payload);

}  // namespace herald::message
