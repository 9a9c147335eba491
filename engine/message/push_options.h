// pushOptions (api.md 8): V6, V7.
#pragma once

#include <string>

#include "engine/message/json.h"

namespace herald::message {

class Checker;

void check_push_options(Checker& checker, const std::string& pointer, const Json& options,
                        int push_type);

}  // namespace herald::message
