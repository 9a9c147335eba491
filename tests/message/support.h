// Short ways to say what a rule test says: an alert with one thing changed, and what it breaks.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/message/json.h"
#include "engine/message/rules.h"

namespace herald::message {

// A valid alert; `more` are further members, as `"style": 2`.
inline std::string alert(std::string_view more = {}, std::string_view category = "EXPRESS") {
  return fmt::format(R"({{"notification": {{"category": "{}", "title": "T", "body": "B",)"
                     R"( "clickAction": {{"actionType": 0}}{}{}}}}})",
                     category, more.empty() ? "" : ", ", more);
}

inline std::vector<Violation> check(std::string_view payload, std::string_view options = {}) {
  const auto content = parse_json(payload);
  EXPECT_TRUE(content.has_value()) << payload;
  if (options.empty()) return check_message(0, *content, nullptr);
  const auto pushed = parse_json(options);
  EXPECT_TRUE(pushed.has_value()) << options;
  return check_message(0, *content, &*pushed);
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

// The same for one more member of a notification.
inline std::string broken_with(std::string_view more, std::string_view category = "EXPRESS") {
  return broken(alert(more, category));
}

}  // namespace herald::message
