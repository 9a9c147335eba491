// Push type 1, rule by rule (api.md 12): each limit from both sides.
#include <gtest/gtest.h>

#include <string>

#include "tests/message/support.h"

namespace herald::message {
namespace {

constexpr std::string_view kForm =
    R"({"formId": 7, "version": 1, "moduleName": "entry", "formName": "bus",
        "abilityName": "Card", "formData": {"line": "51", "minutes": 4}})";

std::string broken_form(const std::string& pointer, const std::string& value) {
  return broken_of(1, with(kForm, pointer, value));
}

TEST(FormRules, V17EveryFieldButImagesIsRequired) {
  EXPECT_EQ(broken_of(1, kForm), "");
  for (const char* name :
       {"formId", "version", "moduleName", "formName", "abilityName", "formData"}) {
    const std::string pointer = fmt::format("/{}", name);
    EXPECT_EQ(broken_form(pointer, ""), fmt::format("/payload/{} V17 80100003", name));
  }
}

TEST(FormRules, V17FormIdIsAny64BitNumber) {
  for (const char* id : {"0", "-1", "9223372036854775807", "-9223372036854775808"}) {
    EXPECT_EQ(broken_form("/formId", id), "") << id;
  }
  for (const char* id : {"9223372036854775808", "-9223372036854775809"}) {
    EXPECT_EQ(broken_form("/formId", id), "/payload/formId V17 80100003") << id;
  }
  EXPECT_EQ(broken_form("/formId", "\"7\""), "/payload/formId types 80100003");
}

TEST(FormRules, V17VersionIs0To2147483647) {
  for (const char* version : {"0", "2147483647"}) EXPECT_EQ(broken_form("/version", version), "");
  for (const char* version : {"-1", "2147483648", "99999999999999999999"}) {
    EXPECT_EQ(broken_form("/version", version), "/payload/version V17 80100003");
  }
}

TEST(FormRules, V17DataIsNeverNullButMayBeInside) {
  EXPECT_EQ(broken_form("/formData", R"({"a": null})"), "/payload/formData/a V17 80100003");
  EXPECT_EQ(broken_form("/formData", R"({"a": {"b": null}, "c": [null], "d": true})"), "");
  EXPECT_EQ(broken_form("/formData", "{}"), "");
}

TEST(FormRules, V17NumbersInDataAreAtMost2To53Less1) {
  for (const char* number : {"9007199254740991", "-9007199254740993", "0.5", "1e15", "1e-400"}) {
    EXPECT_EQ(broken_form("/formData", fmt::format(R"({{"n": {}}})", number)), "") << number;
  }
  for (const char* number : {"9007199254740992", "1e16", "1e400", "99999999999999999999"}) {
    EXPECT_EQ(broken_form("/formData", fmt::format(R"({{"n": {}}})", number)),
              "/payload/formData/n V17 80100003")
        << number;
  }
}

TEST(FormRules, V17KeysOfTheDataProxyAreReserved) {
  EXPECT_EQ(broken_form("/formData", R"({"datashareproxy://x": "1"})"),
            "/payload/formData/datashareproxy:~1~1x V17 80100003");
  EXPECT_EQ(broken_form("/formData", R"({"x": {"datashareproxy://x": "1"}})"), "");
}

TEST(FormRules, V17ThereIsAtMostOneImage) {
  const std::string image = R"({"url": "https://a/b.png"})";
  EXPECT_EQ(broken_form("/images", "[]"), "");
  EXPECT_EQ(broken_form("/images", fmt::format("[{}]", image)), "");
  EXPECT_EQ(broken_form("/images", fmt::format("[{0}, {0}]", image)),
            "/payload/images V17 80100003");
  EXPECT_EQ(broken_form("/images", "[1]"), "/payload/images/0 types 80100003");
  EXPECT_EQ(broken_form("/images", "{}"), "/payload/images types 80100003");
}

TEST(FormRules, V17ImageMayNotShareAKeyWithTheData) {
  EXPECT_EQ(broken_form("/images", R"([{"keyName": "map"}])"), "");
  EXPECT_EQ(broken_form("/images", R"([{"keyName": "line"}])"),
            "/payload/images/0/keyName V17 80100003");
}

TEST(FormRules, V17ImageIsRequiredOrNot) {
  EXPECT_EQ(broken_form("/images", R"([{"require": 0}])"), "");
  EXPECT_EQ(broken_form("/images", R"([{"require": 1}])"), "");
  EXPECT_EQ(broken_form("/images", R"([{"require": 2}])"),
            "/payload/images/0/require V17 80100003");
}

TEST(FormRules, V15ImageUrlStartsWithHttps) {
  EXPECT_EQ(broken_form("/images", R"([{"url": "http://a/b.png"}])"),
            "/payload/images/0/url V15 80100003");
}

TEST(FormRules, UnknownMembersAreWarnings) {
  EXPECT_EQ(broken_form("/formColour", "1"), "/payload/formColour unknown warning");
}

}  // namespace
}  // namespace herald::message
