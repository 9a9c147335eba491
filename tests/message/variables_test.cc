// {{vars.NAME}} in a text: found, left out, or wrong.
#include "engine/message/variables.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace herald::message {
namespace {

// The steps of a text: "before|name".
std::vector<std::string> steps(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const VariableStep step = next_variable(text);
    out.push_back(std::string(step.before) + '|' + std::string(step.name));
  }
  return out;
}

TEST(Variables, AreFoundSeveralInOneText) {
  EXPECT_EQ(steps("Hi {{vars.name}}, {{vars.a.b-c_1}}!"),
            (std::vector<std::string>{"Hi |name", ", |a.b-c_1", "!|"}));
  EXPECT_EQ(steps("{{vars.x}}{{vars.x}}"), (std::vector<std::string>{"|x", "|x"}));
}

TEST(Variables, OfTheServiceAreText) {
  EXPECT_EQ(steps("{{status}} {{vars}} {{ vars.a }}"),
            (std::vector<std::string>{"{{status}} {{vars}} {{ vars.a }}|"}));
  EXPECT_EQ(steps("{{{vars.a}}}"), (std::vector<std::string>{"{|a", "}|"}));
}

TEST(Variables, ThatAreWrongAreTextAndSaidToBe) {
  for (const char* text : {"{{vars.a", "{{vars.a}", "{{vars.}}", "{{vars.a b}}", "{{vars.é}}",
                           "{{vars.ok}} {{vars."}) {
    EXPECT_TRUE(broken_variable(text).has_value()) << text;
  }
  EXPECT_EQ(broken_variable("{{vars." + std::string(64, 'n') + "}}"), std::nullopt);
  EXPECT_TRUE(broken_variable("{{vars." + std::string(65, 'n') + "}}").has_value());
  EXPECT_EQ(broken_variable("{{status}} {{vars.a}}"), std::nullopt);
}

TEST(Variables, AWrongOneDoesNotHideTheNext) {
  EXPECT_EQ(steps("{{vars.{{vars.a}}"), (std::vector<std::string>{"{{vars.|a"}));
}

TEST(Variables, CanBeLeftOut) {
  EXPECT_EQ(without_variables("a{{vars.x}}b{{vars.y}}"), "ab");
  EXPECT_EQ(without_variables("{{vars.x}}"), "");
  EXPECT_EQ(without_variables("plain"), "plain");
}

TEST(Variables, WhatWasMeantAsOneIsSeen) {
  for (const char* near : {"{{ vars.name }}", "{{var.name}}", "{{Vars.name}}", "a {{vars .x}}"}) {
    EXPECT_TRUE(has_near_variable(near)) << near;
  }
  for (const char* other : {"{{vars.name}}", "{{status}}", "{{variant}}", "{{", "vars.name", ""}) {
    EXPECT_FALSE(has_near_variable(other)) << other;
  }
}

}  // namespace
}  // namespace herald::message
