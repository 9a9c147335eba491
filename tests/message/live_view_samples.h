// Live views that keep every rule, to change one thing in.
#pragma once

#include <string>
#include <string_view>

#include "tests/message/support.h"

namespace herald::message {

inline constexpr std::string_view kTaxi =
    R"({"activityId": 1, "operation": 0, "event": "TAXI", "status": "CALLING", "activityData":
        {"notificationData": {"type": 3, "contentTitle": "Car: {{status}}",
         "contentText": [{"text": "a"}, {"text": "b", "foregroundColor": "#FF0A59F7"}],
         "clickAction": {"actionType": 0},
         "richProgress": {"progress": 20, "nodeIcons": ["a.png", "b.png"]}}}})";

inline constexpr std::string_view kFlight =
    R"({"activityId": 1, "operation": 0, "event": "FLIGHT", "status": "BOARDED", "activityData":
        {"notificationData": {"type": 5, "contentTitle": "{{flightNo}} {{status}}",
         "contentText": [{"text": "Gate 7"}], "keywords": {"flightNo": "ZZ 1"},
         "clickAction": {"actionType": 0},
         "firstTextBlock": {"firstLine": "19:05", "secondLine": "North"},
         "lastTextBlock": {"firstLine": "00:20", "secondLine": "South"},
         "spaceIcon": "plane.png"}}})";

inline constexpr std::string_view kScoreUpdate =
    R"({"activityId": 1, "operation": 1, "event": "SCORE", "activityData":
        {"notificationData": {"type": 7, "clickAction": {"actionType": 0},
         "game": {"host": {"icon": "h", "name": "N", "score": "2"},
                  "guest": {"icon": "g", "name": "S", "score": "1"},
                  "competition": {"time": "67", "desc": "Final"}}}}})";

inline const std::string kData = "/activityData/notificationData";

inline std::string broken_live(std::string_view payload, const RulesConfig& rules = {}) {
  return broken_of(7, payload, rules);
}

// One change to a payload, and what that breaks.
inline std::string broken_live(std::string_view payload, const std::string& pointer,
                               const std::string& value) {
  return broken_live(with(payload, pointer, value));
}

inline std::string v19(const std::string& pointer) {
  return "/payload" + pointer + " V19 80100003";
}

inline std::string characters(std::size_t count) { return '"' + std::string(count, 'x') + '"'; }

}  // namespace herald::message
