#include "tools/pushsim/live_view_parts.h"

#include <algorithm>
#include <cctype>

#include "tools/pushsim/live_view_layout.h"

namespace pushsim {
namespace {

constexpr std::size_t kTextMax = 1024;
constexpr std::size_t kShortMax = 128;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

bool is_colour(std::string_view text, std::size_t digits) {
  return text.size() == digits + 1 && text.front() == '#' &&
         std::all_of(text.begin() + 1, text.end(),
                     [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; });
}

bool is_empty_array(const object& parent, std::string_view name) {
  const auto found = member<array>(parent, name);
  return !found.right || found.value.size() == 0;
}

Tip check_capsule_timer(const object& capsule) {
  const auto timer = member<object>(capsule, "capsuleTimer");
  if (!timer.right) return "a capsule of type 2 needs capsuleTimer";
  if (auto tip = wrong_type<std::int64_t>(timer.value, {"time"}, "an integer")) return tip;
  return no_bool(timer.value, {"countDown", "pause"});
}

Tip check_capsule_progress(const object& capsule) {
  const auto progress = member<object>(capsule, "progress");
  if (!progress.right) return "a capsule of type 3 needs progress";
  if (auto tip = int_outside(progress.value, "max", 1, kInt32Max)) return tip;
  const auto max = member<std::int64_t>(progress.value, "max");
  if (auto tip = missing_int(progress.value, "progress", 0, max.present ? max.value : 1)) {
    return tip;
  }
  return no_bool(progress.value, {"indeterminate"});
}

Tip number_outside(const object& parent, std::string_view name, double low, double high) {
  const auto found = member<double>(parent, name);
  if (found.right && found.value >= low && found.value <= high) return std::nullopt;
  return std::string(name) + " is required, a number within its range";
}

Tip check_fence(const object& condition) {
  for (const std::string_view name : {"coordinateSystemType", "monitorEvent"}) {
    if (auto tip = missing_int(condition, name, 1, 2)) return tip;
  }
  // Printed as integers on the service's page, and fractions in nature.
  return first({number_outside(condition, "longitude", -180, 180),
                number_outside(condition, "latitude", -90, 90),
                number_outside(condition, "radius", 200, 2000),
                int_outside(condition, "delayTime", 0, 300)});
}

}  // namespace

Tip no_colour(const object& parent, std::initializer_list<std::string_view> names,
              std::size_t digits) {
  for (const std::string_view name : names) {
    const auto colour = member<std::string_view>(parent, name);
    if (colour.present && !is_colour(colour.value, digits)) {
      return std::string(name) + " should be # and " + std::to_string(digits) + " digits";
    }
  }
  return std::nullopt;
}

Tip check_rich_text(const object& parent, std::string_view name, std::size_t characters) {
  const auto texts = member<array>(parent, name);
  const Tip shape = std::string(name) + " should be an array of objects with a text";
  if (!texts.present) return std::nullopt;
  if (!texts.right) return shape;
  std::size_t total = 0;
  std::string colour;
  for (const element entry : texts.value) {
    object part;
    if (entry.get(part) != simdjson::SUCCESS) return shape;
    const auto text = member<std::string_view>(part, "text");
    if (!text.right) return shape;
    total += code_points(text.value);
    if (auto tip = no_colour(part, {"foregroundColor"})) return tip;
    const std::string own = upper(member<std::string_view>(part, "foregroundColor").value);
    if (!own.empty() && !colour.empty() && own != colour) {
      return std::string(name) + " should have one colour";
    }
    if (!own.empty()) colour = own;
  }
  if (total <= characters) return std::nullopt;
  return std::string(name) + " has at most " + std::to_string(characters) + " characters";
}

Tip check_notification_data(const object& notification, bool creates) {
  const auto type = member<std::int64_t>(notification, "type");
  if (!type.right) return "type is required and should be an integer";
  if (auto tip = check_click_action(notification, {0, 1})) return tip;
  if (creates) {
    if (auto tip = missing_text(notification, {"contentTitle"})) return tip;
    if (is_empty_array(notification, "contentText")) return "contentText is required";
  }
  return first({longer_than(notification, "contentTitle", kTextMax),
                check_rich_text(notification, "contentText", kTextMax),
                no_string(notification, {"additionalText", "descPic", "spaceIcon", "spaceText"}),
                int_outside(notification, "keepTime", 0, 3600),
                no_bool(notification, {"displayHorizontalLine"}),
                int_no_member_of(notification, "spaceType", {0, 1}),
                int_no_member_of(notification, "style", {0, 1}),
                int_no_member_of(notification, "backgroundType", {0, 100, 101}),
                // Of the weather a value that does not fit is not drawn, and nothing is refused.
                wrong_type<object>(notification, {"weather", "lockScreen"}, "an object"),
                check_extend(notification), check_layout(notification, type.value, creates)});
}

Tip check_capsule(const object& activity_data, bool creates) {
  const auto found = member<object>(activity_data, "capsuleData");
  if (!found.present) return std::nullopt;
  if (!found.right) return "capsuleData should be an object";
  const object& capsule = found.value;
  if (auto tip = missing_int(capsule, "type", 1, 3)) return tip;
  if (!member<element>(capsule, "status").present) return "status of the capsule is required";
  if (auto tip = int_no_member_of(capsule, "status", {-1, 1})) return tip;
  if (auto tip = missing_string(capsule, {"icon", "bgColor"})) return tip;
  if (auto tip = no_colour(capsule, {"bgColor"})) return tip;
  const std::string colour = upper(member<std::string_view>(capsule, "bgColor").value);
  if (colour == "#FF000000" || colour == "#FFFFFFFF" || colour == "#FFF1F3F5") {
    return "bgColor of the capsule should not be black, white or light grey";
  }
  const auto remind = member<std::string_view>(capsule, "remind");
  if (remind.present && remind.value != "DEFAULT" && remind.value != "FLIP" &&
      remind.value != "EXPAND") {
    return "remind should be DEFAULT, FLIP or EXPAND";
  }
  const std::int64_t type = member<std::int64_t>(capsule, "type").value;
  if (creates && type == 1) {
    if (auto tip = missing_string(capsule, {"title"})) return tip;
  }
  if (creates && type != 3) {
    if (auto tip = missing_string(capsule, {"content"})) return tip;
  }
  for (const std::string_view name : {"title", "content"}) {
    if (auto tip = longer_than(capsule, name, kShortMax)) return tip;
  }
  if (type == 2) return check_capsule_timer(capsule);
  return type == 3 ? check_capsule_progress(capsule) : std::nullopt;
}

Tip check_external(const object& activity_data, bool creates) {
  const auto found = member<object>(activity_data, "externalData");
  if (!found.present) return std::nullopt;
  if (!found.right) return "externalData should be an object";
  const object& external = found.value;
  if (auto tip = int_no_member_of(external, "type", {0, 1})) return tip;
  if (creates) {
    if (auto tip = missing_string(external, {"title"})) return tip;
    if (is_empty_array(external, "body")) return "body of externalData is required";
    if (member<std::int64_t>(external, "type").value == 1) {
      if (auto tip = missing_text(external, {"bgImage"})) return tip;
    }
  }
  return first({no_colour(external, {"bgColor"}, 6), no_string(external, {"bgImage"}),
                longer_than(external, "title", kShortMax),
                check_rich_text(external, "body", kShortMax)});
}

Tip check_trigger(const object& payload) {
  const auto trigger = member<object>(payload, "trigger");
  if (!trigger.present) return std::nullopt;
  if (!trigger.right) return "trigger should be an object";
  if (auto tip = missing_int(trigger.value, "type", 1, 1)) return tip;
  const auto condition = member<object>(trigger.value, "condition");
  if (!condition.right) return "condition is required and should be an object";
  if (auto tip = check_fence(condition.value)) return tip;
  return int_outside(trigger.value, "displayTime", 15, 1800);
}

}  // namespace pushsim
