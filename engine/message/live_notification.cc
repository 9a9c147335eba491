// notificationData and its layouts (api.md 15.4, 15.5).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/message/click_action.h"
#include "engine/message/json_place.h"
#include "engine/message/live_parts.h"

namespace herald::message {
namespace {

constexpr std::size_t kTextMax = 1024;  // characters
constexpr std::array<std::int64_t, 2> kZeroOrOne{0, 1};
constexpr std::array<std::int64_t, 3> kZeroToTwo{0, 1, 2};
constexpr std::array<std::int64_t, 3> kBackgrounds{0, 100, 101};
constexpr std::array<std::int64_t, 5> kExtendTypes{0, 1, 2, 3, 4};

void check_main_action(Checker& checker, const std::string& pointer, const Json& value) {
  check_click_action(checker, pointer, value, kZeroOrOne);
}

void check_extend_action(Checker& checker, const std::string& pointer, const Json& value) {
  constexpr std::array<std::int64_t, 4> kAllowed{0, 1, 3, 5};
  check_click_action(checker, pointer, value, kAllowed);
}

void check_content_text(Checker& checker, const std::string& pointer, const Json& value) {
  check_rich_text(checker, pointer, value, kTextMax);
}

void check_keyword_types(Checker& checker, const std::string& pointer, const Json& value) {
  for (const Json& keyword : value.items) {
    if (keyword.kind == Json::Kind::string) continue;
    checker.refuse(child(pointer, keyword.key), kTypesRule,
                   fmt::format("must be a string, is {}", to_string(keyword.kind)));
  }
  checker.note_free(pointer, value);
}

Field text_line(std::string_view name, bool required = true) {
  return {.name = name,
          .type = FieldType::string,
          .rule = kLiveRule,
          .required = required,
          .least = 1,
          .most = 128};
}

void check_single_block(Checker& checker, const std::string& pointer, const Json& value) {
  const std::array fields{text_line("firstLine"), text_line("secondLine"),
                          Field{.name = "underlineColor",
                                .type = FieldType::string,
                                .rule = kLiveRule,
                                .check = check_argb}};
  check_fields(checker, pointer, value, fields);
}

void check_first_block(Checker& checker, const std::string& pointer, const Json& value) {
  const std::array fields{text_line("firstLine"), text_line("secondLine")};
  check_fields(checker, pointer, value, fields);
}

void warn_of_superscript(Checker& checker, const std::string& pointer, const Json& value) {
  const std::string& text = value.text;
  if (text.size() == 2 && text[0] == '+' && text[1] >= '1' && text[1] <= '9') return;
  checker.warn(pointer, kLiveRule,
               fmt::format("is not shown: it must be +1 to +9, is {}", printable(text)));
}

void check_last_block(Checker& checker, const std::string& pointer, const Json& value) {
  const auto superscript = [](std::string_view name) {
    return Field{.name = name,
                 .type = FieldType::string,
                 .rule = kLiveRule,
                 .free = true,
                 .check = warn_of_superscript};
  };
  const std::array fields{text_line("firstLine"), text_line("secondLine"),
                          superscript("firstLineSuperscript"),
                          superscript("secondLineSuperscript")};
  check_fields(checker, pointer, value, fields);
}

void check_node_icons(Checker& checker, const std::string& pointer, const Json& value) {
  if (value.items.size() >= 2 && value.items.size() <= 5) {
    checker.note_free(pointer, value);
    return;
  }
  checker.refuse(pointer, kLiveRule,
                 fmt::format("must hold 2 to 5 icons, holds {}", value.items.size()));
}

constexpr std::array kProgressFields{
    Field{.name = "progress",
          .type = FieldType::integer,
          .rule = kLiveRule,
          .required = true,
          .least = 0,
          .most = 100},
    Field{.name = "nodeIcons",
          .type = FieldType::strings,
          .rule = kLiveRule,
          .check = check_node_icons},
    Field{.name = "indicatorIcon", .type = FieldType::string, .rule = kLiveRule, .free = true},
    Field{.name = "indicatorType",
          .type = FieldType::integer,
          .rule = kLiveRule,
          .values = kZeroToTwo},
    Field{.name = "type", .type = FieldType::integer, .rule = kLiveRule, .values = kZeroToTwo},
    Field{.name = "color", .type = FieldType::string, .rule = kLiveRule, .check = check_argb},
    Field{.name = "bgColor", .type = FieldType::string, .rule = kLiveRule, .check = check_argb},
};

void check_progress(Checker& checker, const std::string& pointer, const Json& progress,
                    const LiveView& view) {
  check_fields(checker, pointer, progress, kProgressFields);
  if (!view.creates()) return;
  require_member(checker, pointer, progress, "nodeIcons", "operation 0 (create) needs it");
  if (integer_of(progress.member("indicatorType")).value_or(0) != 0) {
    require_member(checker, pointer, progress, "indicatorIcon",
                   "an indicatorType other than 0 needs it");
  }
}

constexpr std::array kExtendFields{
    Field{.name = "type", .type = FieldType::integer, .rule = kLiveRule, .values = kExtendTypes},
    Field{.name = "text", .type = FieldType::string, .rule = kLiveRule},
    Field{.name = "image", .type = FieldType::string, .rule = kLiveRule},
    Field{.name = "pic", .type = FieldType::string, .rule = kLiveRule},  // image's older name
    Field{.name = "clickAction",
          .type = FieldType::object,
          .rule = kLiveRule,
          .check = check_extend_action},
};

void check_extend(Checker& checker, const std::string& pointer, const Json& extend) {
  check_fields(checker, pointer, extend, kExtendFields);
  const std::int64_t type = integer_of(extend.member("type")).value_or(0);
  if (type == 1 || type == 2) {
    require_member(checker, pointer, extend, "text", "types 1 and 2 need it", true);
  }
  if (type != 3 && type != 4) return;
  const auto filled = [&extend](std::string_view name) {
    return !string_of(extend.member(name)).value_or("").empty();
  };
  if (filled("image") || filled("pic")) return;
  checker.refuse(child(pointer, "image"), kLiveRule,
                 "is missing or empty: types 3 and 4 need image, or pic, its older name");
}

constexpr std::array kTeamFields{
    Field{.name = "icon", .type = FieldType::string, .rule = kLiveRule},
    Field{.name = "name", .type = FieldType::string, .rule = kLiveRule},
    Field{.name = "score", .type = FieldType::string, .rule = kLiveRule},
};

constexpr std::array kCompetitionFields{
    Field{.name = "time", .type = FieldType::string, .rule = kLiveRule, .free = true},
    Field{.name = "desc", .type = FieldType::string, .rule = kLiveRule, .free = true},
    Field{.name = "richDesc", .type = FieldType::any, .rule = kLiveRule},
};

constexpr std::array kGameFields{
    Field{.name = "host", .type = FieldType::object, .rule = kLiveRule, .required = true},
    Field{.name = "guest", .type = FieldType::object, .rule = kLiveRule, .required = true},
    Field{.name = "competition", .type = FieldType::object, .rule = kLiveRule, .required = true},
};

void check_team(Checker& checker, const std::string& pointer, const Json& team,
                const LiveView& view) {
  check_fields(checker, pointer, team, kTeamFields);
  if (!view.creates()) return;
  for (const std::string_view name : {"icon", "name", "score"}) {
    require_member(checker, pointer, team, name, "operation 0 (create) needs it", true);
  }
}

void check_competition(Checker& checker, const std::string& pointer, const Json& competition,
                       const LiveView& view) {
  check_fields(checker, pointer, competition, kCompetitionFields);
  if (!view.creates()) return;
  require_member(checker, pointer, competition, "time", "operation 0 (create) needs it");
  if (competition.member("desc") == nullptr && competition.member("richDesc") == nullptr) {
    checker.refuse(pointer, kLiveRule, "needs desc or richDesc with operation 0 (create)");
  }
}

void check_game(Checker& checker, const std::string& pointer, const Json& game,
                const LiveView& view) {
  check_fields(checker, pointer, game, kGameFields);
  for (const std::string_view name : {"host", "guest"}) {
    if (const Json* const team = object_in(game, name)) {
      check_team(checker, child(pointer, name), *team, view);
    }
  }
  if (const Json* const competition = object_in(game, "competition")) {
    check_competition(checker, child(pointer, "competition"), *competition, view);
  }
}

constexpr std::array kLockScreenFields{
    Field{.name = "picture", .type = FieldType::string, .rule = kLiveRule, .free = true},
};

void check_lock_screen(Checker& checker, const std::string& pointer, const Json& value) {
  check_fields(checker, pointer, value, kLockScreenFields);
}

// What is wrong with a weather does not fail the request; none is drawn (api.md 15.4).
void warn_of_weather(Checker& checker, const std::string& pointer, const Json& weather) {
  constexpr std::array<std::int64_t, 28> kKinds{0,  1,  5,  7,  8,  11, 12, 15, 18, 22,
                                                29, 30, 31, 32, 45, 46, 47, 48, 49, 51,
                                                52, 53, 54, 55, 56, 65, 66, 67};
  const auto kind = integer_of(weather.member("weatherType"));
  const auto place = integer_of(weather.member("locationType"));
  const auto high = number_of(weather.member("highTemperature"));
  const auto low = number_of(weather.member("lowTemperature"));
  const bool known = kind && std::find(kKinds.begin(), kKinds.end(), *kind) != kKinds.end();
  const bool drawn = known && (place == 1 || place == 2) && high && low && *high <= 58 &&
                     *low >= -95 && *low < *high;
  checker.note_free(pointer, weather);
  if (drawn) return;
  checker.warn(pointer, kLiveRule,
               "is not shown: it needs a known weatherType, a locationType 1 or 2, a "
               "highTemperature of at most 58 and, below that, a lowTemperature of at least -95");
}

constexpr std::array kFields{
    Field{.name = "type", .type = FieldType::integer, .rule = kLiveRule, .required = true},
    Field{.name = "clickAction",
          .type = FieldType::object,
          .rule = kLiveRule,
          .required = true,
          .check = check_main_action},
    Field{.name = "contentTitle", .type = FieldType::string, .rule = kLiveRule, .most = kTextMax},
    Field{.name = "contentText",
          .type = FieldType::array,
          .rule = kLiveRule,
          .check = check_content_text},
    Field{.name = "keywords",
          .type = FieldType::object,
          .rule = kLiveRule,
          .check = check_keyword_types},
    Field{.name = "additionalText", .type = FieldType::string, .rule = kLiveRule, .free = true},
    Field{.name = "keepTime",
          .type = FieldType::integer,
          .rule = kLiveRule,
          .least = 0,
          .most = 3600},
    Field{.name = "richProgress", .type = FieldType::object, .rule = kLiveRule},
    Field{.name = "singleTextBlock",
          .type = FieldType::object,
          .rule = kLiveRule,
          .check = check_single_block},
    Field{.name = "descPic", .type = FieldType::string, .rule = kLiveRule},
    Field{.name = "firstTextBlock",
          .type = FieldType::object,
          .rule = kLiveRule,
          .check = check_first_block},
    Field{.name = "lastTextBlock",
          .type = FieldType::object,
          .rule = kLiveRule,
          .check = check_last_block},
    Field{.name = "displayHorizontalLine", .type = FieldType::boolean, .rule = kLiveRule},
    Field{.name = "spaceType", .type = FieldType::integer, .rule = kLiveRule, .values = kZeroOrOne},
    Field{.name = "spaceIcon", .type = FieldType::string, .rule = kLiveRule},
    Field{.name = "spaceText", .type = FieldType::string, .rule = kLiveRule},
    Field{.name = "style", .type = FieldType::integer, .rule = kLiveRule, .values = kZeroOrOne},
    Field{.name = "extend", .type = FieldType::object, .rule = kLiveRule, .check = check_extend},
    Field{.name = "game", .type = FieldType::object, .rule = kLiveRule},
    Field{.name = "lockScreen",
          .type = FieldType::object,
          .rule = kLiveRule,
          .check = check_lock_screen},
    Field{
        .name = "weather", .type = FieldType::object, .rule = kLiveRule, .check = warn_of_weather},
    Field{.name = "backgroundType",
          .type = FieldType::integer,
          .rule = kLiveRule,
          .values = kBackgrounds},
};

// The blocks that a layout shows.
void check_blocks(Checker& checker, const std::string& pointer, const Json& data,
                  std::int64_t layout) {
  const auto needs = [&](std::string_view block) {
    require_member(checker, pointer, data, block, fmt::format("layout {} needs it", layout));
  };
  if (layout == kProgressLayout) needs("richProgress");
  if (layout == kEmphasisLayout) needs("singleTextBlock");
  if (layout == kLeftRightLayout) {
    needs("firstTextBlock");
    needs("lastTextBlock");
  }
  if (layout == kScoreLayout) needs("game");
}

void check_for_creation(Checker& checker, const std::string& pointer, const Json& data,
                        std::int64_t layout) {
  constexpr std::string_view kWhy = "operation 0 (create) needs it";
  require_member(checker, pointer, data, "contentTitle", kWhy, true);
  require_member(checker, pointer, data, "contentText", kWhy, true);
  if (layout == kEmphasisLayout) {
    require_member(checker, pointer, data, "descPic", "creating with layout 4 needs it", true);
  }
  if (layout != kLeftRightLayout) return;
  if (integer_of(data.member("spaceType")).value_or(0) == 1) {
    require_member(checker, pointer, data, "spaceText", "spaceType 1 needs it", true);
  } else {
    require_member(checker, pointer, data, "spaceIcon", "spaceType 0, the default, needs it", true);
  }
}

void warn_of_no_effect(Checker& checker, const std::string& pointer, const Json& data,
                       std::int64_t layout) {
  const auto only_with = [&](std::string_view name, std::string_view layouts) {
    if (data.member(name) == nullptr) return;
    checker.warn(child(pointer, name), kLiveRule,
                 fmt::format("has no effect, only with {}", layouts));
  };
  if (layout == kLeftRightLayout) return;
  for (const std::string_view name : {"additionalText", "style", "weather", "backgroundType"}) {
    only_with(name, "layout 5");
  }
  if (layout != kScoreLayout) only_with("displayHorizontalLine", "layouts 5 and 7");
}

}  // namespace

void check_notification_data(Checker& checker, const std::string& pointer, const Json& data,
                             const LiveView& view) {
  check_fields(checker, pointer, data, kFields);
  if (const Json* const progress = object_in(data, "richProgress")) {
    check_progress(checker, child(pointer, "richProgress"), *progress, view);
  }
  if (const Json* const game = object_in(data, "game")) {
    check_game(checker, child(pointer, "game"), *game, view);
  }
  // An unlisted one is none of these; a missing one has been said.
  const std::int64_t layout = integer_of(data.member("type")).value_or(kBasicLayout);
  check_blocks(checker, pointer, data, layout);
  if (view.creates()) check_for_creation(checker, pointer, data, layout);
  warn_of_no_effect(checker, pointer, data, layout);
}

}  // namespace herald::message
