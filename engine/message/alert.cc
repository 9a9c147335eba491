#include "engine/message/alert.h"

#include <algorithm>
#include <array>

#include "engine/message/check.h"
#include "engine/message/json_place.h"
#include "engine/message/notification.h"

namespace herald::message {
namespace {

void check_alert_category(Checker& checker, const std::string& pointer, const Json* category) {
  if (!is_kind(category, Json::Kind::string)) return;
  if (category->text == kPlayVoice) {
    checker.refuse(pointer, "V16", "PLAY_VOICE goes with push type 2 only", kAllTokensRefused);
  } else {
    check_category(checker, pointer, category);
  }
}

void check_badge_alone(Checker& checker, const std::string& pointer, const Json& notification) {
  constexpr std::array kFields{
      Field{.name = "badge",
            .type = FieldType::object,
            .rule = "V8",
            .required = true,
            .check = check_badge},
      Field{.name = "category", .type = FieldType::string, .rule = "V8"},
  };
  check_fields(checker, pointer, notification, kFields);
  const Json* const badge = notification.member("badge");
  const bool may_add = checker.rules().badge_add_only && is_kind(badge, Json::Kind::object) &&
                       badge->member("addNum") != nullptr;
  if (is_kind(badge, Json::Kind::object) && badge->member("setNum") == nullptr && !may_add) {
    checker.refuse(child(child(pointer, "badge"), "setNum"), "V8",
                   "is missing: a message that is only a badge needs it");
  }
  checker.warn(child(pointer, "badge"), "V8",
               "a message that is only a badge can be sent by apps with the IM entitlement alone");
}

void check_alert_notification(Checker& checker, const std::string& pointer, const Json& value) {
  if (is_badge_only(value)) {
    check_badge_alone(checker, pointer, value);
  } else {
    check_notification(checker, pointer, value);
  }
  check_alert_category(checker, child(pointer, "category"), value.member("category"));
}

constexpr std::array kAlertFields{
    Field{.name = "notification",
          .type = FieldType::object,
          .rule = "V8",
          .required = true,
          .check = check_alert_notification},
};

}  // namespace

void check_alert(Checker& checker, const std::string& pointer, const Json& payload) {
  check_fields(checker, pointer, payload, kAlertFields);
}

bool is_badge_only(const Json& notification) {
  const auto belongs = [](const Json& member) {
    return member.key == "badge" || member.key == "category";
  };
  return notification.member("badge") != nullptr &&
         std::all_of(notification.items.begin(), notification.items.end(), belongs);
}

}  // namespace herald::message
