// What the service refuses of a card update.
#include "tools/pushsim/form_rules.h"

#include <gtest/gtest.h>

#include "tests/pushsim/support.h"

namespace pushsim {
namespace {

// A whole payload with one member replaced or added ("name":value); an empty value takes it out.
std::string payload_with(const std::string& name, const std::string& value) {
  std::vector<std::pair<std::string, std::string>> members = {
      {"formId", "7"},       {"version", "3"},         {"moduleName", "\"m\""},
      {"formName", "\"f\""}, {"abilityName", "\"a\""}, {"formData", R"({"k":1})"}};
  bool replaced = false;
  for (auto& member : members) {
    if (member.first != name) continue;
    member.second = value;
    replaced = true;
  }
  if (!replaced) members.emplace_back(name, value);
  std::string text = "{";
  for (const auto& [key, content] : members) {
    if (content.empty()) continue;
    text += (text.size() > 1 ? "," : "") + ("\"" + key + "\":") + content;
  }
  return text + "}";
}

bool refused(const std::string& payload) {
  simdjson::dom::parser parser;
  object parsed;
  EXPECT_EQ(parser.parse(payload).get(parsed), simdjson::SUCCESS) << payload;
  Message message;
  return check_form(parsed, message).has_value();
}

struct Case {
  const char* name;
  const char* value;
  bool legal;
};

class FormMembers : public testing::TestWithParam<Case> {};
TEST_P(FormMembers, AreCheckedAtTheirBounds) {
  const auto& [name, value, legal] = GetParam();
  EXPECT_EQ(refused(payload_with(name, value)), !legal) << name << ": " << value;
}
INSTANTIATE_TEST_SUITE_P(
    Rules, FormMembers,
    testing::Values(
        Case{"x", "", true}, Case{"formId", "", false}, Case{"formId", "0", true},
        Case{"formId", "9223372036854775807", true}, Case{"formId", "9223372036854775808", false},
        Case{"formId", "1.5", false}, Case{"version", "", false}, Case{"version", "0", true},
        Case{"version", "-1", false}, Case{"version", "2147483647", true},
        Case{"version", "2147483648", false}, Case{"moduleName", "", false},
        Case{"formName", "1", false}, Case{"abilityName", "", false}, Case{"formData", "", false},
        Case{"formData", "[]", false}, Case{"formData", "{}", true},
        Case{"formData", R"({"a":null})", false}, Case{"formData", R"({"a":{"b":null}})", true},
        Case{"formData", R"({"datashareproxy://x":1})", false},
        Case{"formData", R"({"xdatashareproxy://":1})", true},
        Case{"formData", R"({"a":9007199254740991})", true},
        Case{"formData", R"({"a":9007199254740992})", false},
        Case{"formData", R"({"a":18446744073709551615})", false},
        Case{"formData", R"({"a":1e300})", false}, Case{"formData", R"({"a":-1.5})", true},
        Case{"images", "[]", true}, Case{"images", "{}", false}, Case{"images", "[1]", false},
        Case{"images", R"([{"url":"https://x/y"}])", true},
        Case{"images", R"([{"url":"http://x/y"}])", false},
        Case{"images", R"([{"keyName":"k"}])", false},
        Case{"images", R"([{"keyName":"other","require":0}])", true},
        Case{"images", R"([{"require":2}])", false}, Case{"images", "[{},{}]", false}));

TEST(FormRules, TheMessageSaysWhichCardAndVersion) {
  simdjson::dom::parser parser;
  object parsed;
  ASSERT_EQ(parser.parse(payload_with("images", R"([{"url":"https://x/y"}])")).get(parsed),
            simdjson::SUCCESS);
  Message message;
  ASSERT_FALSE(check_form(parsed, message).has_value());
  ASSERT_TRUE(message.form.has_value());
  EXPECT_EQ(message.form->form_id, 7);
  EXPECT_EQ(message.form->version, 3);
  EXPECT_EQ(message.images[0], "https://x/y");
}

}  // namespace
}  // namespace pushsim
