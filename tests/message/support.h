// Short ways to say what a rule test says: an alert with one thing changed, and what it breaks.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/message/compact_json.h"
#include "engine/message/json.h"
#include "engine/message/json_place.h"
#include "engine/message/rules.h"

namespace herald::message {

// A valid alert; `more` are further members, as `"style": 2`.
inline std::string alert(std::string_view more = {}, std::string_view category = "EXPRESS") {
  return fmt::format(R"({{"notification": {{"category": "{}", "title": "T", "body": "B",)"
                     R"( "clickAction": {{"actionType": 0}}{}{}}}}})",
                     category, more.empty() ? "" : ", ", more);
}

inline std::vector<Violation> check(std::string_view payload, std::string_view options = {},
                                    int push_type = 0, const RulesConfig& rules = {}) {
  const auto content = parse_json(payload);
  EXPECT_TRUE(content.has_value()) << payload;
  if (options.empty()) return check_message(push_type, *content, nullptr, rules);
  const auto pushed = parse_json(options);
  EXPECT_TRUE(pushed.has_value()) << options;
  return check_message(push_type, *content, &*pushed, rules);
}

inline std::string render(const std::vector<Violation>& violations) {
  std::string out;
  for (const Violation& violation : violations) {
    out += fmt::format("{}{} {} {}{}", out.empty() ? "" : "; ", violation.pointer, violation.rule,
                       violation.code, violation.warning ? "warning" : "");
  }
  return out;
}

// "/pointer rule code" of each violation, warnings with the word in place of the code.
inline std::string broken(std::string_view payload, std::string_view options = {}) {
  return render(check(payload, options));
}

inline std::string broken_of(int push_type, std::string_view payload,
                             const RulesConfig& rules = {}) {
  return render(check(payload, {}, push_type, rules));
}

// A payload with what stands at `pointer` replaced by `value`; an empty one removes it. The
// pointer's parent is there.
inline std::string with(std::string_view payload, const std::string& pointer,
                        const std::string& value) {
  auto root = parse_json(payload);
  const std::size_t slash = pointer.rfind('/');
  const Json* const found = find(*root, pointer.substr(0, slash));
  EXPECT_NE(found, nullptr) << pointer;
  Json& parent = const_cast<Json&>(*found);  // root is ours
  const std::string key = pointer.substr(slash + 1);
  if (parent.kind == Json::Kind::array) {
    parent.items.at(std::stoul(key)) = *parse_json(value);
    return compact(*root);
  }
  Json changed;
  if (!value.empty()) changed = *parse_json(value);
  changed.key = key;
  const auto at = std::find_if(parent.items.begin(), parent.items.end(),
                               [&](const Json& item) { return item.key == key; });
  if (at == parent.items.end()) {
    if (!value.empty()) parent.items.push_back(changed);
  } else if (value.empty()) {
    parent.items.erase(at);
  } else {
    *at = changed;
  }
  return compact(*root);
}

// The same for one more member of a notification.
inline std::string broken_with(std::string_view more, std::string_view category = "EXPRESS") {
  return broken(alert(more, category));
}

}  // namespace herald::message
