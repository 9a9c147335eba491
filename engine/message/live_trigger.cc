// The geofence of a live view (api.md 15.8). The pages print longitude, latitude and radius as
// whole numbers, which no place is at: fractions are accepted.
#include <array>

#include "engine/message/json_place.h"
#include "engine/message/live_parts.h"

namespace herald::message {
namespace {

constexpr std::array<std::int64_t, 1> kGeofence{1};
constexpr std::array<std::int64_t, 2> kOneOrTwo{1, 2};

constexpr std::array kConditionFields{
    Field{.name = "longitude",
          .type = FieldType::number,
          .rule = kLiveRule,
          .required = true,
          .least = -180,
          .most = 180},
    Field{.name = "latitude",
          .type = FieldType::number,
          .rule = kLiveRule,
          .required = true,
          .least = -90,
          .most = 90},
    Field{.name = "coordinateSystemType",  // WGS84, GCJ02
          .type = FieldType::integer,
          .rule = kLiveRule,
          .required = true,
          .values = kOneOrTwo},
    Field{.name = "monitorEvent",  // enter, leave
          .type = FieldType::integer,
          .rule = kLiveRule,
          .required = true,
          .values = kOneOrTwo},
    Field{.name = "radius",  // metres
          .type = FieldType::number,
          .rule = kLiveRule,
          .required = true,
          .least = 200,
          .most = 2000},
    Field{.name = "delayTime",  // seconds
          .type = FieldType::integer,
          .rule = kLiveRule,
          .least = 0,
          .most = 300},
};

void check_condition(Checker& checker, const std::string& pointer, const Json& value) {
  check_fields(checker, pointer, value, kConditionFields);
}

constexpr std::array kTriggerFields{
    Field{.name = "type", .type = FieldType::integer, .rule = kLiveRule, .values = kGeofence},
    Field{.name = "condition",
          .type = FieldType::object,
          .rule = kLiveRule,
          .required = true,
          .check = check_condition},
    Field{.name = "displayTime",  // seconds
          .type = FieldType::integer,
          .rule = kLiveRule,
          .least = 15,
          .most = 1800},
};

}  // namespace

void check_trigger(Checker& checker, const std::string& pointer, const Json& trigger) {
  check_fields(checker, pointer, trigger, kTriggerFields);
}

}  // namespace herald::message
