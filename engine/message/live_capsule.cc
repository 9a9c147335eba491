// What shows while a live view is folded: capsuleData (api.md 15.6) and externalData (15.7).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/message/json_place.h"
#include "engine/message/live_parts.h"

namespace herald::message {
namespace {

constexpr std::int64_t kIconAndText = 1;
constexpr std::int64_t kTimer = 2;
constexpr std::int64_t kProgress = 3;
constexpr std::int64_t kIntMax = 2147483647;
constexpr std::int64_t kTextMax = 128;  // characters

constexpr std::array<std::int64_t, 3> kTypes{kIconAndText, kTimer, kProgress};
constexpr std::array<std::int64_t, 2> kStates{1, -1};
constexpr std::array<std::int64_t, 2> kExternalTypes{0, 1};

std::string in_capitals(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

void check_background(Checker& checker, const std::string& pointer, const Json& value) {
  constexpr std::array<std::string_view, 3> kForbidden{"#FF000000", "#FFFFFFFF", "#FFF1F3F5"};
  check_argb(checker, pointer, value);
  if (!contains(kForbidden, in_capitals(value.text))) return;
  checker.refuse(pointer, kLiveRule, fmt::format("may not be any of {}", join(kForbidden)));
}

void check_remind(Checker& checker, const std::string& pointer, const Json& value) {
  constexpr std::array<std::string_view, 3> kReminds{"DEFAULT", "FLIP", "EXPAND"};
  if (contains(kReminds, value.text)) return;
  if (contains(checker.rules().extra_reminds, value.text)) return;
  checker.refuse_unlisted(
      pointer, kLiveRule,
      fmt::format("must be one of {}, or of extra_reminds in [rules]", join(kReminds)));
}

constexpr std::array kTimerFields{
    Field{.name = "time", .type = FieldType::integer, .rule = kLiveRule},
    Field{.name = "countDown", .type = FieldType::boolean, .rule = kLiveRule},
    Field{.name = "pause", .type = FieldType::boolean, .rule = kLiveRule},
};

void check_timer(Checker& checker, const std::string& pointer, const Json& value) {
  check_fields(checker, pointer, value, kTimerFields);
}

constexpr std::array kProgressFields{
    Field{
        .name = "max", .type = FieldType::integer, .rule = kLiveRule, .least = 1, .most = kIntMax},
    Field{.name = "progress",
          .type = FieldType::integer,
          .rule = kLiveRule,
          .required = true,
          .least = 0,
          .most = kIntMax},
    Field{.name = "indeterminate", .type = FieldType::boolean, .rule = kLiveRule},
};

void check_progress(Checker& checker, const std::string& pointer, const Json& value) {
  check_fields(checker, pointer, value, kProgressFields);
  const std::int64_t most = integer_of(value.member("max")).value_or(1);
  const auto progress = integer_of(value.member("progress"));
  if (!progress || *progress <= most) return;
  checker.refuse(child(pointer, "progress"), kLiveRule,
                 fmt::format("must be at most max, {}, is {}", most, *progress));
}

constexpr std::array kCapsuleFields{
    Field{.name = "type",
          .type = FieldType::integer,
          .rule = kLiveRule,
          .required = true,
          .values = kTypes},
    Field{.name = "status",
          .type = FieldType::integer,
          .rule = kLiveRule,
          .required = true,
          .values = kStates},
    Field{.name = "icon",
          .type = FieldType::string,
          .rule = kLiveRule,
          .required = true,
          .free = true},
    Field{.name = "bgColor",
          .type = FieldType::string,
          .rule = kLiveRule,
          .required = true,
          .check = check_background},
    Field{.name = "remind", .type = FieldType::string, .rule = kLiveRule, .check = check_remind},
    Field{.name = "title", .type = FieldType::string, .rule = kLiveRule, .most = kTextMax},
    Field{.name = "content", .type = FieldType::string, .rule = kLiveRule, .most = kTextMax},
    Field{
        .name = "capsuleTimer", .type = FieldType::object, .rule = kLiveRule, .check = check_timer},
    Field{
        .name = "progress", .type = FieldType::object, .rule = kLiveRule, .check = check_progress},
};

void check_external_colour(Checker& checker, const std::string& pointer, const Json& value) {
  if (is_colour(value.text, 6)) return;
  checker.refuse(pointer, kLiveRule,
                 fmt::format("must be a colour like #RRGGBB, is {}", printable(value.text)));
}

void check_external_body(Checker& checker, const std::string& pointer, const Json& value) {
  check_rich_text(checker, pointer, value, kTextMax);
}

constexpr std::array kExternalFields{
    Field{.name = "type", .type = FieldType::integer, .rule = kLiveRule, .values = kExternalTypes},
    Field{.name = "bgColor",
          .type = FieldType::string,
          .rule = kLiveRule,
          .check = check_external_colour},
    Field{.name = "bgImage", .type = FieldType::string, .rule = kLiveRule, .free = true},
    Field{.name = "title", .type = FieldType::string, .rule = kLiveRule, .most = kTextMax},
    Field{
        .name = "body", .type = FieldType::array, .rule = kLiveRule, .check = check_external_body},
};

}  // namespace

void check_capsule(Checker& checker, const std::string& pointer, const Json& capsule,
                   const LiveView& view) {
  check_fields(checker, pointer, capsule, kCapsuleFields);
  const auto type = integer_of(capsule.member("type"));
  if (type == kTimer) {
    require_member(checker, pointer, capsule, "capsuleTimer", "type 2 (timer) needs it");
  } else if (type == kProgress) {
    require_member(checker, pointer, capsule, "progress", "type 3 (progress) needs it");
  }
  if (!view.creates()) return;
  if (type == kIconAndText) {
    require_member(checker, pointer, capsule, "title", "creating with type 1 needs it");
  }
  if (type == kIconAndText || type == kTimer) {
    require_member(checker, pointer, capsule, "content", "creating with type 1 or 2 needs it");
  }
}

void check_external(Checker& checker, const std::string& pointer, const Json& external,
                    const LiveView& view) {
  check_fields(checker, pointer, external, kExternalFields);
  if (!view.creates()) return;
  if (integer_of(external.member("type")) == 1) {
    require_member(checker, pointer, external, "bgImage", "creating with type 1 needs it");
  }
  require_member(checker, pointer, external, "title", "operation 0 (create) needs it");
  require_member(checker, pointer, external, "body", "operation 0 (create) needs it");
}

}  // namespace herald::message
