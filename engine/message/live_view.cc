#include "engine/message/live_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "engine/message/json_place.h"
#include "engine/message/live_parts.h"
#include "engine/message/variables.h"

namespace herald::message {
namespace {

constexpr std::array<std::string_view, 15> kEvents{
    "TAXI",  "DELIVERY", "FLIGHT",     "TRAIN",   "QUEUE",    "PICK_UP", "SCORE",          "RENT",
    "TIMER", "WORKOUT",  "NAVIGATION", "EXPRESS", "CHECK_IN", "TRADE",   "SUBSCRIBE_TIMER"};
constexpr std::array<std::int64_t, 5> kOperations{0, 1, 2, kCreateAtFence, kEndAtFence};
constexpr std::array<std::int64_t, 5> kLayouts{kBasicLayout, kProgressLayout, kEmphasisLayout,
                                               kLeftRightLayout, kScoreLayout};

// Events whose creation by a message the pages describe (api.md 15.2, 15.3).
constexpr std::array<std::string_view, 18> kFlightStates{"DEPART",
                                                         "WAITING_FOR_CHECK_IN",
                                                         "CHECKED_IN",
                                                         "PASSED_SECURITY_CHECK",
                                                         "START_BOARDING",
                                                         "URGE_BOARDING",
                                                         "BOARDED",
                                                         "END_BOARDING",
                                                         "ABOUT_TO_TAKE_OFF",
                                                         "TAKEN_OFF",
                                                         "ARRIVED",
                                                         "TRANSFER",
                                                         "NEW_ITINERARY",
                                                         "GATE_CHANGE",
                                                         "FLIGHT_DELAY",
                                                         "FLIGHT_CANCEL",
                                                         "FLIGHT_DIVERSION",
                                                         "FLIGHT_RETURN"};
constexpr std::array<std::string_view, 8> kTaxiStates{
    "CALLING",   "ABOUT_TO_BEGIN", "DRIVER_ON_THE_WAY", "DRIVER_ARRIVE", "HEADING_TO_DESTINATION",
    "COMPLETED", "RE_CALLING",     "CANCELED"};
constexpr std::array<std::string_view, 11> kTrainStates{
    "DEPART",      "PASSED_SECURITY_CHECK",  "TICKET_CHECK", "CHECKED",     "CHECK_IN_CLOSED",
    "SET_OFF",     "HEADING_TO_DESTINATION", "ARRIVED",      "GATE_CHANGE", "TRAIN_DELAY",
    "TRAIN_CANCEL"};
constexpr std::array<std::int64_t, 2> kLeftRightOnly{kBasicLayout, kLeftRightLayout};

struct EventRules {
  std::string_view event;
  std::span<const std::int64_t> layouts;  // on creation
  std::span<const std::string_view> states;
  std::string_view keyword;  // of notificationData.keywords; empty: none
};
constexpr std::array<EventRules, 3> kEventRules{{
    {"FLIGHT", kLeftRightOnly, kFlightStates, "flightNo"},
    {"TAXI", kLayouts, kTaxiStates, ""},
    {"TRAIN", kLeftRightOnly, kTrainStates, "trainNo"},
}};

const EventRules* rules_of(std::string_view event) {
  const auto found =
      std::find_if(kEventRules.begin(), kEventRules.end(),
                   [event](const EventRules& rules) { return rules.event == event; });
  return found == kEventRules.end() ? nullptr : &*found;
}

void check_event(Checker& checker, const std::string& pointer, const Json& value) {
  if (contains(kEvents, value.text) || contains(checker.rules().extra_events, value.text)) return;
  checker.refuse_unlisted(pointer, kLiveRule,
                          fmt::format("{} is no event of the service; it has {}, and those of "
                                      "extra_events in [rules]",
                                      printable(value.text), join(kEvents)));
}

constexpr std::array kFields{
    Field{.name = "activityId",
          .type = FieldType::integer,
          .rule = kLiveRule,
          .required = true,
          .least = std::numeric_limits<std::int32_t>::min(),
          .most = std::numeric_limits<std::int32_t>::max(),
          .firm = true,
          .by_record = true},
    Field{.name = "operation",
          .type = FieldType::integer,
          .rule = kLiveRule,
          .required = true,
          .values = kOperations,
          .firm = true},
    Field{.name = "event",
          .type = FieldType::string,
          .rule = kLiveRule,
          .required = true,
          .check = check_event},
    Field{.name = "status", .type = FieldType::string, .rule = kLiveRule},
    Field{.name = "title", .type = FieldType::string, .rule = kLiveRule, .free = true},
    Field{.name = "content", .type = FieldType::string, .rule = kLiveRule, .free = true},
    Field{.name = "mute", .type = FieldType::boolean, .rule = kLiveRule},
    Field{.name = "version",
          .type = FieldType::integer,
          .rule = kLiveRule,
          .least = 0,
          .firm = true,
          .by_record = true},
    Field{.name = "activityData", .type = FieldType::object, .rule = kLiveRule, .required = true},
    Field{.name = "trigger", .type = FieldType::object, .rule = kLiveRule, .check = check_trigger},
    // The newest edition has them; no page that says what they hold has been seen.
    Field{.name = "subEvent", .type = FieldType::any, .rule = kLiveRule},
    Field{.name = "shareUrl", .type = FieldType::any, .rule = kLiveRule},
};

constexpr std::array kDataFields{
    Field{
        .name = "notificationData", .type = FieldType::object, .rule = kLiveRule, .required = true},
    Field{.name = "capsuleData", .type = FieldType::object, .rule = kLiveRule},
    Field{.name = "externalData", .type = FieldType::object, .rule = kLiveRule},
};

// Where the service fills in {{status}} and the like (api.md 15.2, rule 4).
class PlaceholderTexts {
 public:
  PlaceholderTexts(const Checker& checker, const Json& notification) : checker_(checker) {
    add(notification.member("contentTitle"));
    if (const Json* const texts = array_in(notification, "contentText")) {
      for (const Json& text : texts->items) add(text.member("text"));
    }
    if (const Json* const extend = object_in(notification, "extend")) add(extend->member("text"));
    const auto layout = integer_of(notification.member("type"));
    if (layout == kEmphasisLayout) add_lines(notification, "singleTextBlock");
    if (layout == kLeftRightLayout) {
      add_lines(notification, "firstTextBlock");
      add_lines(notification, "lastTextBlock");
    }
  }

  // A record's variable may bring it.
  bool may_hold(std::string_view placeholder) const {
    return std::any_of(texts_.begin(), texts_.end(), [&](const Json* text) {
      return checker_.is_open(*text) || text->text.find(placeholder) != std::string::npos;
    });
  }

 private:
  void add(const Json* text) {
    if (is_kind(text, Json::Kind::string)) texts_.push_back(text);
  }
  void add_lines(const Json& notification, std::string_view block) {
    const Json* const lines = object_in(notification, block);
    if (lines == nullptr) return;
    add(lines->member("firstLine"));
    add(lines->member("secondLine"));
  }

  const Checker& checker_;
  std::vector<const Json*> texts_;
};

void check_placeholder(Checker& checker, const std::string& pointer, const PlaceholderTexts& texts,
                       std::string_view name) {
  const std::string placeholder = fmt::format("{{{{{}}}}}", name);
  if (texts.may_hold(placeholder)) return;
  checker.refuse(pointer, kLiveRule,
                 fmt::format("{} must stand in contentTitle, contentText, extend.text or a text "
                             "block of the layout",
                             placeholder));
}

void check_keywords(Checker& checker, const std::string& pointer, const Json& notification,
                    const LiveView& view, const EventRules& rules) {
  const Json* const keywords = object_in(notification, "keywords");
  const std::string here = child(pointer, "keywords");
  const bool given = keywords != nullptr && keywords->member(rules.keyword) != nullptr;
  if (view.creates() && !given) {
    checker.refuse(child(here, rules.keyword), kLiveRule,
                   fmt::format("is missing: creating a {} needs it", rules.event));
  }
  if (keywords != nullptr) {
    for (const Json& keyword : keywords->items) {
      if (keyword.key == rules.keyword) continue;
      checker.refuse(child(here, keyword.key), kLiveRule,
                     fmt::format("a {} may have {} only", rules.event, rules.keyword));
    }
  }
  if (view.creates() || given) {
    check_placeholder(checker, pointer, PlaceholderTexts(checker, notification), rules.keyword);
  }
}

// What is given must be sound on updates too, wherever the view was created (api.md 15.2, rule 3).
void check_texts(Checker& checker, const std::string& pointer, const Json& notification,
                 const LiveView& view, const EventRules& rules, bool has_status) {
  if (view.operation != kCreate && view.operation != kUpdate) return;
  if (view.creates() || has_status) {
    check_placeholder(checker, pointer, PlaceholderTexts(checker, notification), "status");
  }
  if (!rules.keyword.empty()) check_keywords(checker, pointer, notification, view, rules);
}

void check_layout(Checker& checker, const std::string& pointer, const Json& notification,
                  const LiveView& view, const EventRules* rules) {
  const auto layout = integer_of(notification.member("type"));
  if (!layout) return;  // said already
  const std::span<const std::int64_t> allowed =
      view.creates() && rules != nullptr ? rules->layouts : kLayouts;
  if (std::find(allowed.begin(), allowed.end(), *layout) != allowed.end()) return;
  const std::string here = child(pointer, "type");
  const std::string text = fmt::format("must be one of {}, is {}",
                                       fmt::join(allowed.begin(), allowed.end(), ", "), *layout);
  if (view.creates()) {
    checker.refuse(here, kLiveRule, text + ", to create this event's live view");
  } else {
    checker.warn(here, kLiveRule, text + ": the device shows the basic layout");
  }
}

void check_creation(Checker& checker, const std::string& pointer, const Json& payload,
                    const LiveView& view) {
  if (!view.event.empty() && !contains(checker.rules().create_events, view.event)) {
    checker.refuse(child(pointer, "operation"), kLiveRule,
                   fmt::format("a message cannot create a {}, only the app on the device can; "
                               "create_events in [rules] says which it can",
                               printable(view.event)));
  }
  require_member(checker, pointer, payload, "status", "operation 0 (create) needs it", true);
}

void check_status(Checker& checker, const std::string& pointer, const Json* status,
                  const LiveView& view, const EventRules& rules) {
  if (!is_kind(status, Json::Kind::string) || checker.is_open(*status)) return;
  if (contains(rules.states, status->text)) return;
  if (status->text.empty() && view.creates()) return;  // said already
  checker.refuse(pointer, kLiveRule,
                 fmt::format("{} is no status of a {}; it has {}", printable(status->text),
                             rules.event, join(rules.states)));
}

void check_activity_data(Checker& checker, const std::string& pointer, const Json& payload,
                         const LiveView& view) {
  const Json* const data = object_in(payload, "activityData");
  if (data == nullptr) return;
  check_fields(checker, pointer, *data, kDataFields);
  const EventRules* const rules = rules_of(view.event);
  if (const Json* const notification = object_in(*data, "notificationData")) {
    const std::string here = child(pointer, "notificationData");
    check_notification_data(checker, here, *notification, view);
    check_layout(checker, here, *notification, view, rules);
    const bool has_status = payload.member("status") != nullptr;
    if (rules != nullptr) check_texts(checker, here, *notification, view, *rules, has_status);
  }
  if (const Json* const capsule = object_in(*data, "capsuleData")) {
    check_capsule(checker, child(pointer, "capsuleData"), *capsule, view);
  }
  if (const Json* const external = object_in(*data, "externalData")) {
    check_external(checker, child(pointer, "externalData"), *external, view);
  }
}

}  // namespace

void check_live_view(Checker& checker, const std::string& pointer, const Json& payload) {
  const LiveView view{integer_of(payload.member("operation")),
                      string_of(payload.member("event")).value_or("")};
  check_fields(checker, pointer, payload, kFields);
  if (view.creates()) check_creation(checker, pointer, payload, view);
  if (const EventRules* const rules = rules_of(view.event)) {
    check_status(checker, child(pointer, "status"), payload.member("status"), view, *rules);
  }
  const bool at_fence = view.operation == kCreateAtFence || view.operation == kEndAtFence;
  if (at_fence && payload.member("trigger") == nullptr) {
    checker.warn(
        child(pointer, "trigger"), kLiveRule,
        fmt::format("is missing: operation {} says where it happens by it", *view.operation));
  }
  check_activity_data(checker, child(pointer, "activityData"), payload, view);
}

}  // namespace herald::message
