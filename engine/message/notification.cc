#include "engine/message/notification.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/message/check.h"
#include "engine/message/click_action.h"
#include "engine/message/json_place.h"

namespace herald::message {
namespace {

constexpr std::int64_t kStyleBigText = 1;
constexpr std::int64_t kStyleLines = 3;

void check_action(Checker& checker, const std::string& pointer, const Json& value) {
  constexpr std::array<std::int64_t, 2> kAllowed{0, 1};
  check_click_action(checker, pointer, value, kAllowed);
}

void check_not_empty(Checker& checker, const std::string& pointer, const Json& value) {
  if (value.text.empty()) checker.warn(pointer, "V8", "is empty");
}

void check_style_value(Checker& checker, const std::string& pointer, const Json& value) {
  const std::int64_t style = *integer_of(&value);
  if (style == 0 || style == kStyleBigText || style == kStyleLines) return;
  checker.refuse(pointer, "V11",
                 fmt::format("must be 0, 1 (big text) or 3 (lines), is {}", printable(value.text)));
}

bool may_be_in_message_id(char c) {
  constexpr std::string_view kOthers = "+/=-_ \t\n\v\f\r";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kOthers.find(c) != kOthers.npos;
}

void check_app_message_id(Checker& checker, const std::string& pointer, const Json& value) {
  constexpr std::size_t kMax = 64;
  const std::string& id = value.text;
  if (id.empty() || code_points(id) > kMax) {
    checker.refuse(pointer, "V13",
                   fmt::format("must have 1 to {} characters, has {}", kMax, code_points(id)));
  } else if (!std::all_of(id.begin(), id.end(), may_be_in_message_id)) {
    checker.refuse(pointer, "V13", "may hold letters, digits, + / = - _ and white space only");
  }
}

void check_priority_scene(Checker& checker, const std::string& pointer, const Json& value) {
  constexpr std::array<std::string_view, 4> kScenes{"PRIMARY_CONTACT", "AT_ME", "URGENT_MESSAGE",
                                                    "SCHEDULE_REMINDER"};
  if (contains(kScenes, value.text)) return;
  if (contains(checker.rules().extra_priority_scenes, value.text)) return;
  checker.refuse(
      pointer, kListsRule,
      fmt::format("must be one of {}, or of extra_priority_scenes in [rules]", join(kScenes)));
}

constexpr std::array kNotificationFields{
    Field{.name = "category", .type = FieldType::string, .rule = "V8", .required = true},
    Field{.name = "title",
          .type = FieldType::string,
          .rule = "V8",
          .required = true,
          .free = true,  // what check_not_empty says is a warning
          .check = check_not_empty},
    Field{.name = "body",
          .type = FieldType::string,
          .rule = "V8",
          .required = true,
          .free = true,  // what check_not_empty says is a warning
          .check = check_not_empty},
    Field{.name = "clickAction",
          .type = FieldType::object,
          .rule = "V8",
          .required = true,
          .check = check_action},
    Field{.name = "image", .type = FieldType::string, .rule = "V15", .prefix = "https://"},
    Field{.name = "overlayIcon", .type = FieldType::string, .rule = "V15", .prefix = "https://"},
    Field{.name = "style", .type = FieldType::integer, .rule = "V11", .check = check_style_value},
    Field{.name = "bigTitle", .type = FieldType::string, .rule = "V11", .free = true},
    Field{.name = "bigBody", .type = FieldType::string, .rule = "V11", .free = true},
    Field{.name = "inboxContent", .type = FieldType::strings, .rule = "V11"},
    Field{.name = "notifyId",
          .type = FieldType::integer,
          .rule = "V12",
          .least = -1,
          .most = 2147483647},
    Field{.name = "appMessageId",
          .type = FieldType::string,
          .rule = "V13",
          .check = check_app_message_id},
    Field{.name = "profileId", .type = FieldType::string, .rule = "V13", .most = 64},
    Field{.name = "badge", .type = FieldType::object, .rule = "V10", .check = check_badge},
    Field{.name = "sound", .type = FieldType::string, .rule = "V14", .free = true},
    Field{
        .name = "soundDuration", .type = FieldType::integer, .rule = "V14", .least = 1, .most = 60},
    Field{.name = "foregroundShow", .type = FieldType::boolean, .rule = kTypesRule},
    Field{.name = "priorityScene",
          .type = FieldType::string,
          .rule = kListsRule,
          .check = check_priority_scene},
};

constexpr std::array kBadgeFields{
    Field{.name = "addNum", .type = FieldType::integer, .rule = "V10", .least = 1, .most = 99},
    Field{.name = "setNum", .type = FieldType::integer, .rule = "V10", .least = 0, .most = 99},
};

void check_big_text(Checker& checker, const std::string& pointer, const Json& notification) {
  for (const std::string_view name : {"bigTitle", "bigBody"}) {
    if (notification.member(name) == nullptr) {
      checker.refuse(child(pointer, name), "V11", "is missing: style 1 needs it");
    }
  }
}

void check_lines(Checker& checker, const std::string& pointer, const Json& notification) {
  constexpr std::size_t kLinesMax = 3;
  constexpr std::size_t kCharactersMax = 1024;
  const Json* const lines = notification.member("inboxContent");
  if (lines == nullptr) {
    checker.refuse(child(pointer, "inboxContent"), "V11", "is missing: style 3 needs it");
    return;
  }
  if (lines->kind != Json::Kind::array) return;  // said already
  const std::string here = child(pointer, "inboxContent");
  if (lines->items.empty() || lines->items.size() > kLinesMax) {
    checker.refuse(
        here, "V11",
        fmt::format("must hold 1 to {} lines, holds {}", kLinesMax, lines->items.size()));
  }
  for (std::size_t i = 0; i < lines->items.size(); ++i) {
    const std::size_t length = code_points_without_variables(checker, lines->items[i]);
    if (length <= kCharactersMax) continue;
    checker.refuse(child(here, i), "V11",
                   fmt::format("must have at most {} characters, has {}", kCharactersMax, length));
  }
}

void check_style(Checker& checker, const std::string& pointer, const Json& notification) {
  const auto style = integer_of(notification.member("style"));
  if (style == kStyleBigText) check_big_text(checker, pointer, notification);
  if (style == kStyleLines) check_lines(checker, pointer, notification);
}

bool has_idle_duration(const Json& notification) {
  return notification.member("soundDuration") != nullptr && notification.member("sound") == nullptr;
}

bool has_marketing_sound(const Json& notification) {
  return notification.member("sound") != nullptr &&
         string_of(notification.member("category")) == kMarketing;
}

// The service's pages say "not supported" and "no effect", not "refused": ours to decide (V14b).
void check_sound(Checker& checker, const std::string& pointer, const Json& notification) {
  if (has_idle_duration(notification)) {
    checker.refuse(child(pointer, "soundDuration"), "V14b",
                   "has no effect without sound: remove it, or set sound", kLocalPolicy);
  }
  if (has_marketing_sound(notification)) {
    checker.refuse(child(pointer, "sound"), "V14b",
                   "is not supported for category MARKETING: remove it", kLocalPolicy);
  }
}

void warn_of_no_effect(Checker& checker, const std::string& pointer, const Json& notification) {
  constexpr std::array<std::string_view, 3> kWithOverlay{"IM", "VOIP", "MISS_CALL"};
  const auto category = string_of(notification.member("category"));
  if (notification.member("overlayIcon") != nullptr && category &&
      !contains(kWithOverlay, *category)) {
    checker.warn(child(pointer, "overlayIcon"), "V15",
                 fmt::format("has no effect, only with category {}", join(kWithOverlay)));
  }
  const auto title = string_of(notification.member("title"));
  if (title && title == string_of(notification.member("body"))) {
    checker.warn(child(pointer, "body"), "V8",
                 "equals the title, which the service's content policy penalises");
  }
}

}  // namespace

void check_badge(Checker& checker, const std::string& pointer, const Json& badge) {
  check_fields(checker, pointer, badge, kBadgeFields);
}

void check_notification(Checker& checker, const std::string& pointer, const Json& notification) {
  check_fields(checker, pointer, notification, kNotificationFields);
  check_style(checker, pointer, notification);
  check_sound(checker, pointer, notification);
  warn_of_no_effect(checker, pointer, notification);
}

void strip_sound_without_effect(Json& payload) {
  for (Json& notification : payload.items) {
    if (notification.key != "notification") continue;
    const bool marketing = has_marketing_sound(notification);
    const bool idle = has_idle_duration(notification);
    std::erase_if(notification.items, [&](const Json& member) {
      return (marketing && member.key == "sound") ||
             ((marketing || idle) && member.key == "soundDuration");
    });
  }
}

void check_category(Checker& checker, const std::string& pointer, const Json* category) {
  if (!is_kind(category, Json::Kind::string) || contains(kCategories, category->text)) return;
  if (contains(checker.rules().extra_categories, category->text)) return;
  if (checker.is_open(*category)) return;  // refused for that by the job
  checker.refuse_unlisted(pointer, "V8",
                          fmt::format("{} is no category of the service; it has {}, and those of "
                                      "extra_categories in [rules]",
                                      printable(category->text), join(kCategories)));
}

}  // namespace herald::message
