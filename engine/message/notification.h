// Notification (api.md 10.1) and its badge: shared by the push types that show one (0 and 2).
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "engine/message/json.h"

namespace herald::message {

class Checker;

// api.md 11. PLAY_VOICE belongs to push type 2 alone.
inline constexpr std::string_view kMarketing = "MARKETING";
inline constexpr std::string_view kPlayVoice = "PLAY_VOICE";
inline constexpr std::array<std::string_view, 14> kCategories{
    "IM",      "VOIP",    "MISS_CALL", "SUBSCRIPTION", "TRAVEL",   "HEALTH",   "WORK",
    "ACCOUNT", "EXPRESS", "FINANCE",   "MAIL",         kPlayVoice, kMarketing, "DEVICE_REMINDER"};

// V8 to V15 but for which categories are allowed: that is the push type's own.
void check_notification(Checker& checker, const std::string& pointer, const Json& notification);

void check_badge(Checker& checker, const std::string& pointer, const Json& badge);  // V10

// V8; `category` may be null.
void check_category(Checker& checker, const std::string& pointer, const Json* category);

// What V14b is about, out of a payload: what a configuration asks for that makes it a warning.
void strip_sound_without_effect(Json& payload);

}  // namespace herald::message
