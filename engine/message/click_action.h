// ClickAction (api.md 10.2): V9. One shape for several push types, each with its own allowed
// actions.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/message/json.h"

namespace herald::message {

class Checker;

void check_click_action(Checker& checker, const std::string& pointer, const Json& click_action,
                        std::span<const std::int64_t> allowed);

}  // namespace herald::message
