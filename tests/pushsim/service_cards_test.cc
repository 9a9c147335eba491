// Push types beside 0 as a client sees them: rights, what the dump says of them, and requests that
// overlap on the wire.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pushsim/support.h"
#include "tests/pushsim/wire.h"
#include "tools/pushsim/dump.h"

namespace pushsim {
namespace {

using testing::HasSubstr;

TEST(ServiceCards, RightsAreRefusedPerPushTypeAndEvent) {
  Options options;
  options.push_types_without_right = {10};
  options.events_without_right = {"SCORE"};
  Bench bench(options);
  const Answer call = bench.post(R"({"payload":{"extraData":"x"},"target":{"token":["a"]}})", "10");
  EXPECT_EQ(Bench::code_of(call), "80300007");
  EXPECT_THAT(call.body, HasSubstr("noPushTypeRight"));
  const Answer score = bench.post(live_view_body({"a"}, 1, 1, "SCORE"), "7");
  EXPECT_THAT(score.body, HasSubstr("noRightToSendThisLiveNotificationEvent"));
  EXPECT_EQ(Bench::code_of(bench.post(live_view_body({"a"}, 1, 0), "7")), "80000000");
  EXPECT_EQ(bench.service.account().totals().accepted, 1u);
}

TEST(ServiceCards, PlayVoiceBelongsToPushType2) {
  Bench bench;
  const Answer answer = bench.post(alert_body_with(
      R"({"category":"PLAY_VOICE","title":"a","body":"b","clickAction":{"actionType":0}})"));
  EXPECT_EQ(Bench::code_of(answer), "80300007");
  EXPECT_THAT(answer.body, HasSubstr("notSupportPlayVoice"));
}

TEST(ServiceCards, OnlyPushType0IsMarketing) {
  Bench bench;
  bench.post(form_body("a", 1, 1), "1");
  bench.post(live_view_body({"a"}, 1, 0), "7");
  bench.post(R"({"payload":{"extraData":"x"},"target":{"token":["a"]}})", "6");
  const DayTotals day = bench.service.account().days().begin()->second;
  EXPECT_EQ(day.in(Scenario::marketing), 0u);
  EXPECT_EQ(day.in(Scenario::form), 1u);
  EXPECT_EQ(day.in(Scenario::live_view), 1u);
  EXPECT_EQ(day.total, 3u);
}

TEST(ServiceCards, OverAQuotaIsCountedAndStillAnsweredAsSuccess) {
  Options options;
  options.form_limit = 1;
  Bench bench(options);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(Bench::code_of(bench.post(form_body("a", 1, i), "1")), "80000000");
  }
  EXPECT_EQ(bench.service.accounts().forms().totals().over_limit, 2u);
}

TEST(ServiceCards, TheDumpNamesThem) {
  Bench bench;
  bench.post(form_body("a", 1, 2, R"({"biTag":"c"})"), "1");
  bench.post(form_body("a", 1, 1), "1");
  bench.post(form_body("a", 1, 0), "1");
  bench.post(live_view_body({"a", "b"}, 5, 0, "TAXI", 3), "7");
  bench.post(live_view_body({"a"}, 5, 0, "TAXI", 4), "7");
  bench.post(live_view_body({"a"}, 6, 1, "TRAIN"), "7");
  bench.post(alert_body({"a"}, R"({"testMessage":true})"));
  simdjson::dom::parser parser;
  const std::string text = dump_json(bench.service);
  simdjson::dom::element dump;
  ASSERT_EQ(parser.parse(text).get(dump), simdjson::SUCCESS) << text;
  const std::vector<std::pair<const char*, std::uint64_t>> expected = {
      {"/by_push_type/0/requests", 1},
      {"/by_push_type/1/requests", 3},
      {"/by_push_type/1/tokens", 3},
      {"/by_push_type/7/requests", 3},
      {"/by_push_type/7/tokens", 4},
      {"/forms/messages", 3},
      {"/forms/cards", 1},
      {"/forms/max_per_card", 3},
      {"/forms/over_limit", 1},
      {"/forms/version_not_greater", 1},
      {"/forms/overlapping", 2},  // nothing here ever ends a request
      {"/live_views/messages", 4},
      {"/live_views/activities", 3},
      {"/live_views/max_normal/in_5_minutes", 1},
      {"/live_views/max_large/in_1_hour", 2},
      {"/live_views/over_limit", 0},
      {"/live_views/created_again", 1},
      {"/live_views/unknown_activity", 1},
      {"/live_views/version_not_greater", 0},
      {"/live_views/overlapping", 1},
      {"/over_limit/marketing", 0},
      {"/over_limit/form", 1},
      {"/over_limit/live_view", 0},
      {"/over_limit/test", 0},
      {"/over_limit/total", 0},
      {"/tokens/over_limit", 1},
      {"/days/2026-11-24/form", 3},
      {"/days/2026-11-24/live_view", 4},
      {"/days/2026-11-24/test", 1},
      {"/requests/image_checks", 0},
      {"/receipts/made", 0}};
  for (const auto& [pointer, value] : expected) {
    std::uint64_t found = 999;
    EXPECT_EQ(dump.at_pointer(pointer).get(found), simdjson::SUCCESS) << pointer;
    EXPECT_EQ(found, value) << pointer << "\n" << text;
  }
}

std::uint64_t overlapping(const Wire& wire) { return wire.accounts().overlapping_forms(); }

TEST(Overlapping, ASecondRequestBeforeTheAnswerCounts) {
  Options options;
  options.latency = std::chrono::milliseconds(50);
  Wire wire(options);
  const auto first = wire.request(form_body("a", 1, 1), "1");
  wire.exchange();
  wire.request(form_body("a", 1, 2), "1");
  wire.request(form_body("a", 2, 1), "1");
  wire.exchange();
  EXPECT_EQ(overlapping(wire), 1u);
  while (wire.fire_timer()) continue;
  EXPECT_EQ(wire.seen(first).status, "200");
  wire.request(form_body("a", 1, 3), "1");
  wire.exchange();
  EXPECT_EQ(overlapping(wire), 1u);
}

TEST(Overlapping, OneAfterAnotherIsInOrderAtAnyLatency) {
  Options options;
  options.latency = std::chrono::milliseconds(50);
  Wire wire(options);
  for (int version = 1; version <= 5; ++version) {
    wire.request(form_body("a", 1, version), "1");
    wire.exchange();
    wire.fire_timer();
  }
  EXPECT_EQ(overlapping(wire), 0u);
  EXPECT_EQ(wire.accepted(), 5u);
}

TEST(Overlapping, AResetOrACutConnectionEndsTheRequest) {
  Options options;
  options.faults = {{Fault::rst_after, 1, {}}};
  Wire wire(options);
  for (int version = 1; version <= 3; ++version) {
    wire.request(form_body("a", 1, version), "1");
    wire.exchange();
  }
  EXPECT_EQ(overlapping(wire), 0u);

  options.faults = {{Fault::never, 1, {}}};
  Wire silent(options);
  silent.request(form_body("a", 1, 1), "1");
  silent.exchange();
  EXPECT_EQ(silent.accounts().open_requests(), 1u);
  silent.close();
  EXPECT_EQ(silent.accounts().open_requests(), 0u);
}

}  // namespace
}  // namespace pushsim
