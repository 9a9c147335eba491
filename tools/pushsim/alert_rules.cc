#include "tools/pushsim/alert_rules.h"

#include <algorithm>
#include <array>

#include "tools/pushsim/click_action.h"

namespace pushsim {
namespace {

constexpr std::array<std::string_view, 14> kCategories = {
    "IM",      "VOIP",    "MISS_CALL", "SUBSCRIPTION",    "TRAVEL", "HEALTH",     "WORK",
    "ACCOUNT", "EXPRESS", "FINANCE",   "DEVICE_REMINDER", "MAIL",   "PLAY_VOICE", "MARKETING"};
constexpr std::string_view kPlayVoice = "PLAY_VOICE";

Tip check_badge(const object& notification) {
  const auto badge = member<object>(notification, "badge");
  if (!badge.present) return std::nullopt;
  if (!badge.right) return "badge should be an object";
  // The first text is on record from the service.
  if (int_outside(badge.value, "addNum", 1, 99)) return "badge addNum value ranges from 1 to 99";
  if (int_outside(badge.value, "setNum", 0, 99)) return "badge setNum value ranges from 0 to 99";
  return std::nullopt;
}

Tip check_style(const object& notification) {
  const auto style = member<std::int64_t>(notification, "style");
  if (style.present &&
      (!style.right || (style.value != 0 && style.value != 1 && style.value != 3))) {
    return "style should be 0, 1 or 3";
  }
  if (style.value == 1) {
    if (auto tip = missing_string(notification, {"bigTitle", "bigBody"})) return tip;
  }
  const auto lines = member<array>(notification, "inboxContent");
  if (lines.present && !lines.right) return "inboxContent should be an array of strings";
  if (style.value == 3 && !lines.present) return "style 3 needs inboxContent";
  if (!lines.present) return std::nullopt;
  std::size_t count = 0;
  for (const element line : lines.value) {
    std::string_view text;
    if (line.get(text) != simdjson::SUCCESS) return "inboxContent should be an array of strings";
    if (code_points(text) > 1024) return "a line of inboxContent is at most 1024 long";
    ++count;
  }
  if (style.value == 3 && (count < 1 || count > 3)) return "inboxContent has 1 to 3 lines";
  return std::nullopt;
}

Tip check_app_message_id(const object& notification) {
  const auto id = member<std::string_view>(notification, "appMessageId");
  if (!id.present) return std::nullopt;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("+/=-_ \t\r\n\v\f").find(c) != std::string_view::npos;
  };
  if (!id.right || id.value.empty() || id.value.size() > 64 ||
      !std::all_of(id.value.begin(), id.value.end(), allowed)) {
    return "appMessageId has 1 to 64 characters of letters, digits, + / = - _ and white space";
  }
  return std::nullopt;
}

Tip check_images(const object& notification, Message& message) {
  std::size_t count = 0;
  for (const std::string_view name : {"image", "overlayIcon"}) {
    const auto url = member<std::string_view>(notification, name);
    if (url.present && !(url.right && url.value.starts_with("https://"))) {
      return std::string(name) + ": only https allow";
    }
    message.images[count++] = url.value;
  }
  return std::nullopt;
}

Tip check_optional_members(const object& notification) {
  return first({check_badge(notification), check_style(notification),
                longer_than(notification, "profileId", 64),
                int_outside(notification, "notifyId", -1, kInt32Max),
                int_outside(notification, "soundDuration", 1, 60),
                check_app_message_id(notification),
                no_string(notification, {"sound", "bigTitle", "bigBody", "priorityScene"}),
                no_bool(notification, {"foregroundShow"})});
}

// Neither title nor body, and a badge: the form that changes only the number on the icon.
bool looks_badge_only(const object& notification) {
  return !member<element>(notification, "title").present &&
         !member<element>(notification, "body").present &&
         !member<element>(notification, "clickAction").present &&
         member<object>(notification, "badge").right;
}

Tip check_badge_only(const object& notification) {
  const auto badge = member<object>(notification, "badge");
  if (!member<std::int64_t>(badge.value, "setNum").right)
    return "a badge-only message needs setNum";
  return check_badge(notification);
}

Tip check_full_notification(const object& notification, Message& message) {
  if (auto tip = missing_string(notification, {"category", "title", "body"})) return tip;
  message.category = member<std::string_view>(notification, "category").value;
  if (std::find(kCategories.begin(), kCategories.end(), message.category) == kCategories.end()) {
    return "category is none of the service's";
  }
  if (auto tip = check_click_action(notification, {0, 1})) return tip;
  if (auto tip = check_images(notification, message)) return tip;
  return check_optional_members(notification);
}

}  // namespace

Tip check_alert(const object& payload, Message& message) {
  const auto notification = member<object>(payload, "notification");
  if (!notification.right) return "notification is required and should be an object";
  if (looks_badge_only(notification.value)) {
    message.badge_only = true;
    return check_badge_only(notification.value);
  }
  auto tip = check_full_notification(notification.value, message);
  message.play_voice_refused = message.category == kPlayVoice;
  return tip;
}

Tip check_text_to_speech(const object& payload, Message& message) {
  const auto notification = member<object>(payload, "notification");
  if (!notification.right) return "notification is required and should be an object";
  if (auto tip = check_full_notification(notification.value, message)) return tip;
  if (message.category != kPlayVoice) return "push-type 2 is for category PLAY_VOICE";
  return missing_string(payload, {"extraData"});
}

}  // namespace pushsim
