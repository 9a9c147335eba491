// The example requests of the fact sheet, each with its stated verdict and code.
//
// They are read and grown by Boost.JSON, so that nothing under test prepares its own input.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cctype>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/message/support.h"

namespace herald::message {
namespace {

namespace json = boost::json;

const json::array& examples() {
  static const json::value kAll = [] {
    std::ifstream file(HERALD_SOURCE_DIR "/tests/data/examples.json");
    return json::parse(std::string{std::istreambuf_iterator<char>(file), {}});
  }();
  return kAll.as_array();
}

std::string push_type_header(const json::object& example) {
  const json::value& type = example.at("pushType");
  if (type.is_int64()) return std::to_string(type.as_int64());
  const json::value* headers = example.if_contains("headers");
  const json::value* header = headers ? headers->as_object().if_contains("push-type") : nullptr;
  return header ? std::string(header->as_string()) : std::string();
}

void fill_tokens(json::object& body, const json::object& generator) {
  if (!generator.contains("tokens")) return;
  json::object& holder = body.contains("target") ? body["target"].as_object() : body;
  json::array& tokens = holder["token"].as_array();
  tokens.clear();
  const std::string pattern(generator.at("tokenPattern").as_string());
  ASSERT_EQ(pattern, "TKN-simulated-%04d") << "the patterns of the file have changed";
  for (int i = 1; i <= generator.at("tokens").as_int64(); ++i) {
    tokens.emplace_back(fmt::format("TKN-simulated-{:04}", i));
  }
}

std::size_t measured_bytes(json::object body) {
  body["target"].as_object()["token"].as_array().clear();
  return json::serialize(body).size();
}

void pad(json::object& body, const json::object& generator) {
  if (!generator.contains("padMember")) return;
  ASSERT_EQ(generator.at("padMember").as_string(), "payload.notification.body");
  json::string& text = body["payload"].as_object()["notification"].as_object()["body"].as_string();
  const std::string with(generator.at("padWith").as_string());
  if (const json::value* count = generator.if_contains("padCount")) {
    text.clear();
    for (int i = 0; i < count->as_int64(); ++i) text.append(with);
    return;
  }
  ASSERT_EQ(with.size(), 1u);
  const auto wanted = static_cast<std::size_t>(generator.at("measuredBytes").as_int64());
  const std::size_t now = measured_bytes(body);
  ASSERT_LT(now, wanted);
  text.append(wanted - now, with.front());
  ASSERT_EQ(measured_bytes(body), wanted);
}

class Example : public testing::TestWithParam<std::size_t> {};

TEST_P(Example, HasItsVerdictAndCode) {
  const json::object& example = examples()[GetParam()].as_object();
  const std::string header = push_type_header(example);
  json::object body = example.at("body").as_object();
  if (const json::value* generator = example.if_contains("generator")) {
    ASSERT_NO_FATAL_FAILURE(fill_tokens(body, generator->as_object()));
    ASSERT_NO_FATAL_FAILURE(pad(body, generator->as_object()));
  }

  const bool send = example.at("api").as_string() == "send";
  const std::string text = json::serialize(body);
  const auto violations = send ? check_request(header, text) : check_revoke(header, text);

  const Violation* first = nullptr;
  for (const Violation& violation : violations) {
    if (!violation.warning && first == nullptr) first = &violation;
  }
  EXPECT_EQ(first == nullptr, example.at("valid").as_bool()) << render(violations);
  if (first != nullptr) {
    EXPECT_EQ(first->code, std::string_view(example.at("expect").as_string()))
        << render(violations);
  }
}

TEST(Examples, AreAllOfTheFactSheet) { EXPECT_EQ(examples().size(), 148u); }

std::string test_name(const testing::TestParamInfo<std::size_t>& info) {
  std::string name(examples()[info.param].as_object().at("name").as_string());
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(FactSheet, Example, testing::Range(std::size_t{0}, examples().size()),
                         test_name);

}  // namespace
}  // namespace herald::message
