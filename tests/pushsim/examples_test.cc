// Every example request of the service's pages, sent to pushsim: its verdict and its code.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cctype>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/pushsim/support.h"

namespace pushsim {
namespace {

namespace json = boost::json;

const json::array& examples() {
  static const json::value kAll = [] {
    std::ifstream file(PUSHSIM_EXAMPLES);
    return json::parse(std::string{std::istreambuf_iterator<char>(file), {}});
  }();
  return kAll.as_array();
}

// "" where the example leaves the header out.
std::string push_type_of_example(const json::object& example) {
  if (example.at("pushType").is_int64()) {
    return std::to_string(example.at("pushType").as_int64());
  }
  const json::object& headers = example.at("headers").as_object();
  const json::value* type = headers.if_contains("push-type");
  return type == nullptr ? "" : std::string(type->as_string());
}

json::array& tokens_of(json::object& body, bool revokes) {
  return (revokes ? body.at("token") : body.at("target").at("token")).as_array();
}

// What the file describes instead of spelling it out: many tokens, and a text grown to a size.
void grow(json::object& body, const json::object& generator, bool revokes) {
  if (const json::value* count = generator.if_contains("tokens")) {
    json::array& tokens = tokens_of(body, revokes);
    tokens.clear();
    for (std::int64_t i = 1; i <= count->as_int64(); ++i) {
      tokens.emplace_back(fmt::format("TKN-simulated-{:04}", i));
    }
  }
  if (!generator.contains("padMember")) return;
  ASSERT_EQ(generator.at("padMember"), "payload.notification.body");
  json::string& text = body.at("payload").at("notification").at("body").as_string();
  const std::string with(generator.at("padWith").as_string());
  if (const json::value* count = generator.if_contains("padCount")) {
    text.clear();
    for (std::int64_t i = 0; i < count->as_int64(); ++i) text.append(with);
    return;
  }
  const std::size_t inside = json::serialize(tokens_of(body, revokes)).size() - 2;
  const std::size_t measured = json::serialize(body).size() - inside;
  const auto wanted = static_cast<std::size_t>(generator.at("measuredBytes").as_int64());
  ASSERT_LT(measured, wanted);
  text.append(wanted - measured, with.front());
}

class Example : public testing::TestWithParam<std::size_t> {};

TEST_P(Example, IsAnsweredWithItsCode) {
  const json::object& example = examples()[GetParam()].as_object();
  const bool revokes = example.at("api") == "revoke";
  json::object body = example.at("body").as_object();
  if (const json::value* generator = example.if_contains("generator")) {
    ASSERT_NO_FATAL_FAILURE(grow(body, generator->as_object(), revokes));
  }
  // What an engine should refuse by itself, the service takes.
  const bool local = !example.at("valid").as_bool() && example.at("expect") == "local";
  const bool taken = example.at("valid").as_bool() || local;
  const std::string expected = taken ? "80000000" : std::string(example.at("expect").as_string());

  Options options;
  if (example.at("name") == "alert-badge-only") options.entitlements = {"IM"};
  Bench bench(options);
  const std::string type = push_type_of_example(example);
  const std::string_view path = revokes ? "/v1/77/messages:revoke" : "/v3/1234567890/messages:send";
  const Answer answer =
      bench.service.handle({"POST", path, bench.bearer, type}, json::serialize(body), {});

  EXPECT_EQ(Bench::code_of(answer), expected) << answer.body << "\n" << example.at("why");
  EXPECT_EQ(answer.counted, taken && !revokes);
}

std::string test_name(const testing::TestParamInfo<std::size_t>& info) {
  std::string name(examples()[info.param].as_object().at("name").as_string());
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(OfTheService, Example, testing::Range(std::size_t{0}, examples().size()),
                         test_name);

}  // namespace
}  // namespace pushsim
