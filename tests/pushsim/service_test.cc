// The send service as a client sees it, without a network: order of the checks, answers, and what
// is in the account afterwards.
#include "tools/pushsim/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pushsim/support.h"
#include "tools/pushsim/dump.h"

namespace pushsim {
namespace {

using testing::HasSubstr;

Options with_fault(Fault fault) {
  Options options;
  options.faults = {{fault, 1, {}}};
  return options;
}

std::vector<std::string> many_tokens(std::size_t count) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < count; ++i) tokens.push_back("token-" + std::to_string(i));
  return tokens;
}

TEST(Service, AcceptsAndCounts) {
  Bench bench;
  const Answer answer = bench.post(alert_body({"a", "b"}, R"({"biTag":"sale"})"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body,
              HasSubstr(R"({"code":"80000000","msg":"Success","requestId":"1795485600000)"));
  EXPECT_EQ(bench.service.account().totals().accepted, 2u);
  EXPECT_EQ(bench.service.account().campaigns().at("sale").requests, 1u);
}

TEST(Service, RequestIdsHave24DigitsAndDiffer) {
  Bench bench;
  std::string last;
  for (int i = 0; i < 10; ++i) {
    const Answer answer = bench.post(alert_body({"a"}));
    const std::size_t at = answer.body.find("requestId\":\"") + 12;
    const std::string id = answer.body.substr(at, answer.body.find('"', at) - at);
    EXPECT_EQ(id.size(), 24u);
    EXPECT_NE(id, last);
    last = id;
  }
}

// Each request is wrong in everything that is checked later than what its answer names.
TEST(Service, ChecksInOrder) {
  Bench bench;
  const auto ask = [&](std::string_view method, std::string_view path, std::string_view bearer,
                       std::string_view type, std::string_view body) {
    const Answer answer = bench.service.handle({method, path, bearer, type}, body, {});
    return std::to_string(answer.status) + "/" + Bench::code_of(answer);
  };
  const std::int64_t now = bench.clock.wall_ms() / 1000;
  const auto bearer = [](const std::string& body) {
    return "Bearer " + account_key().token(kHeader, body);
  };
  const std::string_view path = "/v3/1234567890/messages:send";
  EXPECT_EQ(ask("GET", path, "", "", ""), "404/404");
  EXPECT_EQ(ask("POST", "/", "", "", ""), "404/404");
  EXPECT_EQ(ask("POST", "/v3/1234567890/messages:sent", "", "", ""), "404/404");
  EXPECT_EQ(ask("POST", path, "", "", ""), "401/80200001");
  EXPECT_EQ(ask("POST", path, bearer(claims(now - 7200)), "", ""), "401/80200005");
  EXPECT_EQ(ask("POST", path, bearer(claims(now, 90000)), "", ""), "401/80300036");
  EXPECT_EQ(ask("POST", "/v3/999/messages:send", bench.bearer, "", ""), "401/80200001");
  EXPECT_EQ(ask("POST", "/v2/1234567890/messages:send", bench.bearer, "", ""), "401/80200001");
  EXPECT_EQ(ask("POST", path, bench.bearer, "9", ""), "400/80100003");
  EXPECT_EQ(ask("POST", path, bench.bearer, "0", "nonsense"), "400/80100001");
  EXPECT_EQ(ask("POST", path, bench.bearer, "0", R"({"pushOptions":{"ttl":0}})"), "400/80100003");
  const std::string big =
      R"({"payload":{"x":")" + std::string(5000, 'x') + R"("},"target":{"token":[)";
  EXPECT_EQ(ask("POST", path, bench.bearer, "0", big + "]}}"), "400/80300010");
  EXPECT_EQ(ask("POST", path, bench.bearer, "0", big + R"("t"]}})"), "400/80300008");
  EXPECT_EQ(ask("POST", path, bench.bearer, "0", alert_body_with("{}", R"({"ttl":0})")),
            "400/80100003");
  EXPECT_EQ(ask("POST", path, bench.bearer, "0", alert_body({"t"}, R"({"ttl":0})")),
            "400/80100004");
  EXPECT_EQ(bench.service.account().totals().accepted, 0u);
}

TEST(Service, StatusesCanAllBe200) {
  Options options;
  options.always_status_200 = true;
  Bench bench(options);
  const Answer answer = bench.post("nonsense");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Bench::code_of(answer), "80100001");
}

TEST(Service, SomeInvalidTokensGiveAPartialSuccess) {
  Bench bench;
  const Answer answer = bench.post(alert_body({"invalid-\"1", "good", "invalid-2"}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(
      answer.body,
      HasSubstr(
          R"("code":"80100000","msg":"{\"illegalTokens\":{\"tokenFormatError\":[\"invalid-\\\"1\",\"invalid-2\"]},\"success\":1,\"failure\":2}")"));
  EXPECT_EQ(answer.tokens, 1u);
  EXPECT_EQ(bench.service.account().totals().accepted, 1u);
  EXPECT_EQ(bench.service.account().totals().invalid, 2u);
  EXPECT_EQ(bench.service.account().devices(), 1u);
}

TEST(Service, NothingButInvalidTokensIsRefused) {
  Bench bench;
  const Answer answer = bench.post(alert_body({"invalid-1"}));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(
      answer.body,
      HasSubstr(
          R"("80300007","msg":"{\"failure\":1,\"illegalTokens\":{\"tokenFormatError\":[\"invalid-1\"]}}")"));
  EXPECT_FALSE(answer.counted);
  EXPECT_EQ(bench.service.account().devices(), 0u);
}

TEST(Service, IllegalTokensAreTheSameOnesForTheSameSeed) {
  Options options;
  options.illegal_rate = 0.2;
  Bench one(options);
  Bench two(options);
  options.seed = 2;
  Bench three(options);
  const std::string body = alert_body(many_tokens(1000));
  const Answer first = one.post(body);
  EXPECT_NEAR(first.tokens, 800, 60);
  EXPECT_THAT(first.body, HasSubstr("noRight"));
  EXPECT_THAT(first.body, HasSubstr("tokenFormatError"));
  EXPECT_EQ(first.body, two.post(body).body);
  EXPECT_NE(first.body, three.post(body).body);
}

TEST(Service, CategoriesTheAppDoesNotHoldCountAsMarketing) {
  Options options;
  options.entitlements = {"EXPRESS"};
  Bench bench(options);
  const auto send = [&](const std::string& category) {
    bench.post(alert_body_with(R"({"category":")" + category +
                               R"(","title":"a","body":"b","clickAction":{"actionType":0}})"));
    return bench.service.account().days().begin()->second.in(Scenario::marketing);
  };
  EXPECT_EQ(send("EXPRESS"), 0u);
  EXPECT_EQ(send("IM"), 1u);
  EXPECT_EQ(send("MARKETING"), 2u);
  EXPECT_EQ(bench.service.account().days().begin()->second.total, 3u);
}

TEST(Service, BadgeOnlyNeedsImAndIsNoMarketing) {
  const std::string badge = alert_body_with(R"({"badge":{"setNum":5}})");
  Bench without;
  EXPECT_EQ(Bench::code_of(without.post(badge)), "80300007");
  Options options;
  options.entitlements = {"IM"};
  Bench with(options);
  EXPECT_EQ(Bench::code_of(with.post(badge)), "80000000");
  EXPECT_EQ(with.service.account().days().begin()->second.in(Scenario::marketing), 0u);
  EXPECT_EQ(with.service.account().days().begin()->second.total, 1u);
}

TEST(Service, OverTheLimitIsCountedAndStillAnsweredAsSuccess) {
  Bench bench;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Bench::code_of(bench.post(alert_body({"a"}))), "80000000");
  EXPECT_EQ(bench.service.account().totals().over_limit, 1u);
  bench.clock.advance(std::chrono::hours(14));  // midnight at +08:00
  bench.bearer = good_bearer(bench.clock);
  bench.post(alert_body({"a"}));
  EXPECT_EQ(bench.service.account().totals().over_limit, 1u);
  EXPECT_EQ(bench.service.account().days().size(), 2u);
}

TEST(Service, AboveTheRateIs503AndNotCounted) {
  Options options;
  options.tokens_per_second = 3;
  Bench bench(options);
  EXPECT_EQ(bench.post(alert_body({"a", "b"})).status, 200);
  const Answer refused = bench.post(alert_body({"c", "d"}));
  EXPECT_EQ(refused.status, 503);
  EXPECT_FALSE(refused.counted);
  EXPECT_EQ(bench.service.account().totals().accepted, 2u);
  bench.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(bench.post(alert_body({"c", "d"})).status, 200);
}

TEST(Service, ErrorsAreAnsweredWithoutCounting) {
  for (const char* error : {"503", "81000001", "80200001"}) {
    Options options;
    options.faults = {{Fault::error, 1, error}};
    Bench bench(options);
    const Answer answer = bench.post(alert_body({"a"}));
    EXPECT_EQ(Bench::code_of(answer), error);
    EXPECT_FALSE(answer.counted);
    EXPECT_EQ(bench.service.account().totals().accepted, 0u);
    EXPECT_EQ(bench.service.counters().errors, 1u);
  }
}

class FaultBeforeCounting : public testing::TestWithParam<Fault> {};
TEST_P(FaultBeforeCounting, LeavesTheAccountAlone) {
  Bench bench(with_fault(GetParam()));
  EXPECT_EQ(bench.post(alert_body({"a"})).fault, GetParam());
  EXPECT_EQ(bench.service.account().totals().accepted, 0u);
  EXPECT_EQ(bench.service.counters().not_processed, 1u);
}
INSTANTIATE_TEST_SUITE_P(All, FaultBeforeCounting,
                         testing::Values(Fault::refused, Fault::goaway, Fault::rst_before,
                                         Fault::drop_before, Fault::redirect));

class FaultAfterCounting : public testing::TestWithParam<Fault> {};
TEST_P(FaultAfterCounting, LeavesTheTokensCounted) {
  Bench bench(with_fault(GetParam()));
  const Answer answer = bench.post(alert_body({"a", "b"}));
  EXPECT_EQ(answer.fault, GetParam());
  EXPECT_TRUE(answer.counted);
  EXPECT_EQ(bench.service.account().totals().accepted, 2u);
  const ServiceCounters& counters = bench.service.counters();
  EXPECT_EQ(counters.accepted, 1u);
  EXPECT_EQ(counters.unanswered.tokens, withholds_answer(GetParam()) ? 2u : 0u);
  EXPECT_EQ(counters.garbled.tokens, garbles_answer(GetParam()) ? 2u : 0u);
}
INSTANTIATE_TEST_SUITE_P(All, FaultAfterCounting,
                         testing::Values(Fault::goaway_last, Fault::rst_after, Fault::drop_after,
                                         Fault::late, Fault::never, Fault::badjson, Fault::dupkeys,
                                         Fault::html, Fault::drip));

TEST(Service, GarbledAnswersLookAsNamed) {
  EXPECT_EQ(Bench(with_fault(Fault::badjson)).post(alert_body({"a"})).body.back(), 'c');
  const std::string twice = Bench(with_fault(Fault::dupkeys)).post(alert_body({"a"})).body;
  EXPECT_NE(twice.find("\"code\""), twice.rfind("\"code\""));
  EXPECT_EQ(Bench(with_fault(Fault::html)).post(alert_body({"a"})).content_type, "text/html");
  EXPECT_EQ(Bench(with_fault(Fault::redirect)).post(alert_body({"a"})).status, 302);
  EXPECT_EQ(Bench(with_fault(Fault::late)).post(alert_body({"a"})).delay, std::chrono::seconds(3));
}

TEST(Service, ASinkChecksTheBearerTokenOnly) {
  Options options;
  options.sink = true;
  Bench bench(options);
  EXPECT_FALSE(bench.service.wants_body());
  EXPECT_EQ(Bench::code_of(bench.post("")), "80000000");
  bench.bearer.pop_back();
  EXPECT_EQ(Bench::code_of(bench.post("")), "80200001");
  EXPECT_EQ(bench.service.account().devices(), 0u);
}

TEST(Service, RevokesAreCheckedInOrder) {
  Options options;
  options.client_id = "77";
  Bench bench(options);
  const auto ask = [&](std::string_view body, std::string_view type = "0",
                       std::string_view path = "/v1/77/messages:revoke") {
    return Bench::code_of(bench.service.handle({"POST", path, bench.bearer, type}, body, {}));
  };
  EXPECT_EQ(ask(R"({"notifyId":41,"token":["a","b"]})"), "80000000");
  EXPECT_EQ(ask(R"({"token":["a"],"notifyId":0})", "2"), "80000000");
  EXPECT_EQ(ask(R"({"notifyId":41,"token":["a"]})", "6"), "80100003");
  EXPECT_EQ(ask("nonsense"), "80100001");
  EXPECT_EQ(ask(R"({"notifyId":41,"target":{"token":["a"]}})"), "80300010");
  EXPECT_EQ(ask(R"({"notifyId":41,"token":[]})"), "80300010");
  EXPECT_EQ(ask(R"({"x":")" + std::string(5000, 'x') + R"(","token":["a"]})"), "80300008");
  EXPECT_EQ(ask(R"({"token":["a"]})"), "80300032");
  EXPECT_EQ(ask(R"({"notifyId":-1,"token":["a"]})"), "80100003");
  EXPECT_EQ(ask(R"({"notifyId":41,"token":["a"]})", "0", "/v1/78/messages:revoke"), "80300002");
  EXPECT_EQ(ask(R"({"notifyId":41,"token":["a","invalid-"]})"), "80100020");
  EXPECT_EQ(ask(R"({"notifyId":41,"token":["invalid-"]})"), "80300007");
  EXPECT_EQ(bench.service.counters().revokes, 12u);
  EXPECT_EQ(bench.service.counters().revoked.requests, 3u);
  EXPECT_EQ(bench.service.counters().revoked.tokens, 4u);
  EXPECT_EQ(bench.service.account().totals().accepted, 0u);
}

TEST(Service, RequestsInTheDumpAddUp) {
  Options options;
  options.faults = {{Fault::refused, 0.2, {}}, {Fault::error, 0.2, "500"}, {Fault::never, 0.2, {}}};
  Bench bench(options);
  for (int i = 0; i < 300; ++i) {
    bench.post(i % 3 == 0 ? std::string("x") : alert_body({"a", i % 3 == 1 ? "b" : "invalid-"}));
  }
  const ServiceCounters& counters = bench.service.counters();
  EXPECT_EQ(counters.received, 300u);
  EXPECT_EQ(counters.received, counters.accepted + counters.partial + counters.refused +
                                   counters.errors + counters.not_processed);
  EXPECT_GT(counters.partial, 0u);
}

TEST(Service, TheDumpIsJsonWithEveryMember) {
  Bench bench;
  bench.post(alert_body({"a", "a", "invalid-1"}, R"({"biTag":"sale \"x\""})"));
  simdjson::dom::parser parser;
  const std::string text = dump_json(bench.service);
  simdjson::dom::element dump;
  ASSERT_EQ(parser.parse(text).get(dump), simdjson::SUCCESS) << text;
  const auto number = [&](const char* pointer) {
    std::uint64_t value = 999;
    EXPECT_EQ(dump.at_pointer(pointer).get(value), simdjson::SUCCESS) << pointer;
    return value;
  };
  EXPECT_EQ(number("/requests/received"), 1u);
  EXPECT_EQ(number("/requests/partial"), 1u);
  EXPECT_EQ(number("/requests/by_code/80100000"), 1u);
  EXPECT_EQ(number("/requests/by_status/200"), 1u);
  EXPECT_EQ(number("/tokens/received"), 3u);
  EXPECT_EQ(number("/tokens/accepted"), 2u);
  EXPECT_EQ(number("/tokens/invalid"), 1u);
  EXPECT_EQ(number("/tokens/duplicate_in_request"), 1u);
  EXPECT_EQ(number("/tokens/twice_in_campaign"), 1u);
  EXPECT_EQ(number("/devices"), 1u);
  EXPECT_EQ(number("/max_per_device/marketing"), 2u);
  EXPECT_EQ(number("/by_campaign/sale \"x\"/accepted"), 2u);
  EXPECT_EQ(number("/days/2026-11-24/total"), 2u);
  EXPECT_EQ(number("/unanswered/requests"), 0u);
  EXPECT_EQ(number("/in_flight_max"), 0u);
  EXPECT_EQ(number("/connections/accepted"), 0u);
}

}  // namespace
}  // namespace pushsim
