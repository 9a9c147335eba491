#include "tools/pushsim/live_view_layout.h"

#include <algorithm>
#include <array>

#include "tools/pushsim/live_view_parts.h"

namespace pushsim {
namespace {

constexpr std::size_t kLineMax = 128;

// A block that is there is checked, one that the layout needs has to be there.
template <typename Check>
Tip check_block(const object& notification, std::string_view name, bool needed, Check check) {
  const auto block = member<object>(notification, name);
  if (!block.present && !needed) return std::nullopt;
  if (!block.right) return std::string(name) + " is required and should be an object";
  return check(block.value);
}

Tip check_node_icons(const object& progress, bool creates) {
  const auto icons = member<array>(progress, "nodeIcons");
  if (!icons.present && !creates) return std::nullopt;
  if (!icons.right || icons.value.size() < 2 || icons.value.size() > 5 ||
      !std::all_of(icons.value.begin(), icons.value.end(),
                   [](const element& icon) { return icon.is_string(); })) {
    return "nodeIcons should be an array of 2 to 5 strings";
  }
  return std::nullopt;
}

Tip check_progress(const object& progress, bool creates) {
  if (auto tip = missing_int(progress, "progress", 0, 100)) return tip;
  if (auto tip = check_node_icons(progress, creates)) return tip;
  if (auto tip = int_no_member_of(progress, "indicatorType", {0, 1, 2})) return tip;
  if (creates && member<std::int64_t>(progress, "indicatorType").value != 0) {
    if (auto tip = missing_text(progress, {"indicatorIcon"})) return tip;
  }
  return first({no_string(progress, {"indicatorIcon"}),
                int_no_member_of(progress, "type", {0, 1, 2}),
                no_colour(progress, {"color", "bgColor"})});
}

Tip check_lines(const object& block) {
  for (const std::string_view name : {"firstLine", "secondLine"}) {
    if (auto tip = missing_text(block, {name})) return tip;
    if (auto tip = longer_than(block, name, kLineMax)) return tip;
  }
  // A superscript that does not fit is not shown, and nothing is refused.
  return no_string(block, {"underlineColor", "firstLineSuperscript", "secondLineSuperscript"});
}

Tip check_team(const object& game, std::string_view name, bool creates) {
  const auto team = member<object>(game, name);
  if (!team.right) return std::string(name) + " is required and should be an object";
  return creates ? missing_text(team.value, {"icon", "name", "score"})
                 : no_string(team.value, {"icon", "name", "score"});
}

Tip check_game(const object& game, bool creates) {
  for (const std::string_view name : {"host", "guest"}) {
    if (auto tip = check_team(game, name, creates)) return tip;
  }
  const auto competition = member<object>(game, "competition");
  if (!competition.right) return "competition is required and should be an object";
  if (auto tip = no_string(competition.value, {"time", "desc"})) return tip;
  if (!creates) return std::nullopt;
  if (auto tip = missing_string(competition.value, {"time"})) return tip;
  if (!member<element>(competition.value, "desc").present &&
      !member<element>(competition.value, "richDesc").present) {
    return "competition needs desc or richDesc";
  }
  return std::nullopt;
}

// What a new card of layout 4 or 5 needs beside its blocks.
Tip check_pictures(const object& notification, std::int64_t type) {
  if (type == kLayoutText) return missing_text(notification, {"descPic"});
  if (type != kLayoutBlocks) return std::nullopt;
  const bool text = member<std::int64_t>(notification, "spaceType").value == 1;
  return missing_text(notification, {text ? "spaceText" : "spaceIcon"});
}

bool holds(const object& parent, std::string_view name, std::string_view wanted) {
  return member<std::string_view>(parent, name).value.find(wanted) != std::string_view::npos;
}

bool block_holds(const object& notification, std::string_view name,
                 std::initializer_list<std::string_view> texts, std::string_view wanted) {
  const auto block = member<object>(notification, name);
  if (!block.right) return false;
  return std::any_of(texts.begin(), texts.end(),
                     [&](std::string_view text) { return holds(block.value, text, wanted); });
}

bool content_holds(const object& notification, std::string_view wanted) {
  const auto texts = member<array>(notification, "contentText");
  if (!texts.right) return false;
  return std::any_of(texts.value.begin(), texts.value.end(), [&](const element& entry) {
    object part;
    return entry.get(part) == simdjson::SUCCESS && holds(part, "text", wanted);
  });
}

}  // namespace

Tip check_layout(const object& notification, std::int64_t type, bool creates) {
  const auto progress = [&](const object& block) { return check_progress(block, creates); };
  const auto game = [&](const object& block) { return check_game(block, creates); };
  const bool rows = type == kLayoutBlocks;
  if (auto tip =
          first({check_block(notification, "richProgress", type == kLayoutProgress, progress),
                 check_block(notification, "singleTextBlock", type == kLayoutText, check_lines),
                 check_block(notification, "firstTextBlock", rows, check_lines),
                 check_block(notification, "lastTextBlock", rows, check_lines),
                 check_block(notification, "game", type == kLayoutScore, game)})) {
    return tip;
  }
  return creates ? check_pictures(notification, type) : std::nullopt;
}

Tip check_extend(const object& notification) {
  const auto found = member<object>(notification, "extend");
  if (!found.present) return std::nullopt;
  if (!found.right) return "extend should be an object";
  const object& extend = found.value;
  if (auto tip = int_outside(extend, "type", 0, 4)) return tip;
  const std::int64_t type = member<std::int64_t>(extend, "type").value;
  if (auto tip = no_string(extend, {"text", "image", "pic"})) return tip;
  if (type == 1 || type == 2) {
    if (auto tip = missing_text(extend, {"text"})) return tip;
  }
  if (type >= 3 && member<std::string_view>(extend, "image").value.empty() &&
      member<std::string_view>(extend, "pic").value.empty()) {
    return "extend of type 3 or 4 needs image";
  }
  if (!member<element>(extend, "clickAction").present) return std::nullopt;
  return check_click_action(extend, {0, 1, 3, 5});
}

bool text_holds(const object& notification, std::string_view wanted) {
  if (holds(notification, "contentTitle", wanted) || content_holds(notification, wanted) ||
      block_holds(notification, "extend", {"text"}, wanted)) {
    return true;
  }
  const std::int64_t type = member<std::int64_t>(notification, "type").value;
  if (type == kLayoutText) {
    return block_holds(notification, "singleTextBlock", {"firstLine", "secondLine"}, wanted);
  }
  return type == kLayoutBlocks &&
         (block_holds(notification, "firstTextBlock", {"firstLine", "secondLine"}, wanted) ||
          block_holds(notification, "lastTextBlock", {"firstLine", "secondLine"}, wanted));
}

}  // namespace pushsim
