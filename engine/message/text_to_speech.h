// Push type 2: a notification that the device reads aloud (api.md 13): V16 beside V8 to V15.
#pragma once

#include <string>

#include "engine/message/json.h"

namespace herald::message {

class Checker;

void check_text_to_speech(Checker& checker, const std::string& pointer, const Json& payload);

}  // namespace herald::message
