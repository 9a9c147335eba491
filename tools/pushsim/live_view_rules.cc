#include "tools/pushsim/live_view_rules.h"

#include <algorithm>
#include <array>
#include <span>

#include "tools/pushsim/live_view_parts.h"

namespace pushsim {
namespace {

using Texts = std::span<const std::string_view>;

constexpr std::array<std::string_view, 15> kEvents = {
    "TAXI",  "DELIVERY", "FLIGHT",     "TRAIN",   "QUEUE",    "PICK_UP", "SCORE",          "RENT",
    "TIMER", "WORKOUT",  "NAVIGATION", "EXPRESS", "CHECK_IN", "TRADE",   "SUBSCRIBE_TIMER"};
// Those of the newest page: nothing that some edition lets an app create is refused.
constexpr std::array<std::string_view, 10> kCreatedByRest = {
    "FLIGHT", "TAXI",    "TRAIN",    "DELIVERY", "QUEUE",
    "RENT",   "EXPRESS", "CHECK_IN", "TRADE",    "SUBSCRIBE_TIMER"};

constexpr std::array<std::string_view, 18> kFlightStatus = {"DEPART",
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
constexpr std::array<std::string_view, 8> kTaxiStatus = {
    "CALLING",   "ABOUT_TO_BEGIN", "DRIVER_ON_THE_WAY", "DRIVER_ARRIVE", "HEADING_TO_DESTINATION",
    "COMPLETED", "RE_CALLING",     "CANCELED"};
constexpr std::array<std::string_view, 11> kTrainStatus = {
    "DEPART",      "PASSED_SECURITY_CHECK",  "TICKET_CHECK", "CHECKED",     "CHECK_IN_CLOSED",
    "SET_OFF",     "HEADING_TO_DESTINATION", "ARRIVED",      "GATE_CHANGE", "TRAIN_DELAY",
    "TRAIN_CANCEL"};
constexpr std::array<std::int64_t, 2> kRowLayouts = {-1, kLayoutBlocks};
constexpr std::array<std::int64_t, 5> kAllLayouts = {-1, kLayoutProgress, kLayoutText,
                                                     kLayoutBlocks, kLayoutScore};

// What the service knows about the three events whose words it fills in itself.
struct FilledEvent {
  std::string_view name;
  Texts statuses;
  std::span<const std::int64_t> layouts;
  std::string_view keyword;  // empty: none
};
constexpr std::array<FilledEvent, 3> kFilled = {{
    {"FLIGHT", kFlightStatus, kRowLayouts, "flightNo"},
    {"TAXI", kTaxiStatus, kAllLayouts, ""},
    {"TRAIN", kTrainStatus, kRowLayouts, "trainNo"},
}};

template <typename List, typename Value>
bool has(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

const FilledEvent* filled_event(std::string_view name) {
  for (const FilledEvent& event : kFilled) {
    if (event.name == name) return &event;
  }
  return nullptr;
}

Tip check_status(const object& payload, const FilledEvent* filled, std::int64_t operation) {
  const auto status = member<std::string_view>(payload, "status");
  if (!status.present && operation == kCreate) return "status is required to create a live view";
  if (!status.present) return std::nullopt;
  if (!status.right || status.value.empty()) return "status should be a string that is not empty";
  if (filled != nullptr && !has(filled->statuses, status.value)) {
    return "status is none of the event's";
  }
  return std::nullopt;
}

Tip check_keywords(const object& notification, const FilledEvent* filled, bool creates) {
  const auto keywords = member<object>(notification, "keywords");
  const bool needed = filled != nullptr && !filled->keyword.empty();
  if (keywords.present && !keywords.right) return "keywords should be an object of strings";
  if (keywords.right) {
    for (const auto field : keywords.value) {
      if (!field.value.is_string()) return "keywords should be an object of strings";
      if (needed && field.key != filled->keyword) return "keywords has a key the event has not";
    }
  }
  if (!needed || (!creates && !keywords.present)) return std::nullopt;
  if (!keywords.right || !member<std::string_view>(keywords.value, filled->keyword).right) {
    return "keywords." + std::string(filled->keyword) + " is required";
  }
  return std::nullopt;
}

bool shows(const object& notification, std::string_view word) {
  return text_holds(notification, "{{" + std::string(word) + "}}");
}

// The service puts its own words in: a message that gives them has to have a place for them.
Tip check_placeholders(const object& payload, const object& notification,
                       const FilledEvent& event) {
  if (member<element>(payload, "status").present && !shows(notification, "status")) {
    return "{{status}} should appear at least once";
  }
  if (!event.keyword.empty() && member<element>(notification, "keywords").present &&
      !shows(notification, event.keyword)) {
    return "{{" + std::string(event.keyword) + "}} should appear at least once";
  }
  return std::nullopt;
}

Tip check_creation(const object& notification, std::string_view event, const FilledEvent* filled) {
  if (!has(kCreatedByRest, event)) return "a live view of this event cannot be created so";
  const std::int64_t layout = member<std::int64_t>(notification, "type").value;
  const std::span<const std::int64_t> allowed =
      filled != nullptr ? filled->layouts : std::span<const std::int64_t>(kAllLayouts);
  if (!has(allowed, layout)) return "type is no layout of the event";
  return std::nullopt;
}

Tip check_activity_data(const object& payload, const LiveViewUpdate& update) {
  const auto data = member<object>(payload, "activityData");
  if (!data.right) return "activityData is required and should be an object";
  const auto notification = member<object>(data.value, "notificationData");
  if (!notification.right) return "notificationData is required and should be an object";
  const bool creates = update.operation == kCreate;
  const FilledEvent* filled = filled_event(update.event);
  if (auto tip = check_status(payload, filled, update.operation)) return tip;
  if (auto tip = check_notification_data(notification.value, creates)) return tip;
  if (auto tip = check_keywords(notification.value, filled, creates)) return tip;
  if (creates) {
    if (auto tip = check_creation(notification.value, update.event, filled)) return tip;
  }
  if (filled != nullptr && (creates || update.operation == kUpdate)) {
    if (auto tip = check_placeholders(payload, notification.value, *filled)) return tip;
  }
  if (auto tip = check_capsule(data.value, creates)) return tip;
  return check_external(data.value, creates);
}

}  // namespace

Tip check_live_view(const object& payload, Message& message) {
  if (auto tip = missing_int(payload, "activityId", kInt32Min, kInt32Max)) return tip;
  LiveViewUpdate update;
  update.activity_id = member<std::int64_t>(payload, "activityId").value;
  if (!member<element>(payload, "operation").present) return "operation is required";
  if (auto tip = int_no_member_of(payload, "operation",
                                  {kCreate, kUpdate, kEnd, kCreateAtFence, kEndAtFence})) {
    return tip;
  }
  update.operation = member<std::int64_t>(payload, "operation").value;
  if (auto tip = missing_string(payload, {"event"})) return tip;
  update.event = member<std::string_view>(payload, "event").value;
  if (!has(kEvents, update.event)) return "event is none of the service's";
  const auto version = member<std::int64_t>(payload, "version");
  if (version.present && (!version.right || version.value < 0)) {
    return "version should be an integer from 0";
  }
  if (version.present) update.version = version.value;
  if (auto tip = no_string(payload, {"title", "content"})) return tip;
  if (auto tip = no_bool(payload, {"mute"})) return tip;
  if (auto tip = check_trigger(payload)) return tip;
  if (auto tip = check_activity_data(payload, update)) return tip;
  message.live_view = update;
  return std::nullopt;
}

}  // namespace pushsim
