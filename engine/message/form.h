// Push type 1: a card's new data, one device a request (api.md 12): V17.
#pragma once

#include <string>

#include "engine/message/json.h"

namespace herald::message {

class Checker;

void check_form(Checker& checker, const std::string& pointer, const Json& payload);

}  // namespace herald::message
