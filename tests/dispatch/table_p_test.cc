// Table P, row by row as data: what an observation proves, and so what becomes of the charge.
#include "engine/dispatch/table_p.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/support/plan.h"

namespace herald::dispatch {
namespace {

using transport::End;

enum class List { none, good, app_reason, outside, unreadable, wrong_counts };

struct Observed {
  const char* name;
  int status;
  Code code;
  bool has_code;
  List list;
  Row row;
  Charge charge;
  Next next;
  Outcome outcome;  // of what is not listed; looked at where next is settle
  bool pauses;
};

void PrintTo(const Observed& observed, std::ostream* out) { *out << observed.name; }

constexpr auto kKeep = Charge::keep;
constexpr auto kRelease = Charge::release;
constexpr auto kFinal = Charge::final;
constexpr auto kStays = Charge::stays;
constexpr auto kSettle = Next::settle;
constexpr auto kLane = Next::to_lane;
constexpr auto kAmbiguous = Outcome::ambiguous;
constexpr auto kRejected = Outcome::rejected;
constexpr bool kPauses = true;

// clang-format off
const Observed kAnswers[] = {
  {"accepted",                200, Code::success, true, List::none, Row::accepted, kFinal, kSettle, Outcome::accepted, !kPauses},
  {"accepted_under_400",      400, Code::success, true, List::none, Row::accepted, kFinal, kSettle, Outcome::accepted, !kPauses},
  {"accepted_under_503",      503, Code::success, true, List::none, Row::accepted, kFinal, kSettle, Outcome::accepted, !kPauses},
  {"partly",                  200, Code::partial, true, List::good, Row::partly, kFinal, kSettle, Outcome::accepted, !kPauses},
  {"partly_app_reason",       200, Code::partial, true, List::app_reason, Row::partly, kFinal, kSettle, Outcome::accepted, kPauses},
  {"partly_outside",          200, Code::partial, true, List::outside, Row::partly_doubtful, kStays, kSettle, kAmbiguous, !kPauses},
  {"partly_unreadable",       200, Code::partial, true, List::unreadable, Row::partly_doubtful, kStays, kSettle, kAmbiguous, !kPauses},
  {"partly_wrong_counts",     200, Code::partial, true, List::wrong_counts, Row::partly_doubtful, kStays, kSettle, kAmbiguous, !kPauses},
  {"all_invalid",             200, Code::all_invalid, true, List::good, Row::all_refused, kRelease, kSettle, kRejected, !kPauses},
  {"all_invalid_under_400",   400, Code::all_invalid, true, List::good, Row::all_refused, kRelease, kSettle, kRejected, !kPauses},
  {"all_invalid_app_reason",  200, Code::all_invalid, true, List::app_reason, Row::all_refused_app, kRelease, kLane, kRejected, kPauses},
  {"all_invalid_outside",     200, Code::all_invalid, true, List::outside, Row::partly_doubtful, kStays, kSettle, kAmbiguous, !kPauses},
  {"no_permission",           400, Code::no_permission, true, List::none, Row::app_refused, kRelease, kLane, kRejected, kPauses},
  {"jwt_too_long",            400, Code::jwt_too_long, true, List::none, Row::app_refused, kRelease, kLane, kRejected, kPauses},
  {"penalty",                 200, Code::penalty, true, List::none, Row::app_refused, kRelease, kLane, kRejected, kPauses},
  {"image_not_verified",      400, Code::image_not_verified, true, List::none, Row::app_refused, kRelease, kLane, kRejected, kPauses},
  {"http_403",                403, Code::none, false, List::none, Row::app_refused, kRelease, kLane, kRejected, kPauses},
  {"http_404",                404, Code::none, false, List::none, Row::app_refused, kRelease, kLane, kRejected, kPauses},
  {"http_413",                413, Code::none, false, List::none, Row::app_refused, kRelease, kLane, kRejected, kPauses},
  {"code_over_404",           404, Code::success, true, List::none, Row::accepted, kFinal, kSettle, Outcome::accepted, !kPauses},
  {"parameter_error",         400, Code::parameter_error, true, List::none, Row::payload_refused, kRelease, kSettle, kRejected, kPauses},
  {"illegal_payload",         200, Code::illegal_payload, true, List::none, Row::payload_refused, kRelease, kSettle, kRejected, kPauses},
  {"illegal_expiry",          400, Code::illegal_expiry, true, List::none, Row::payload_refused, kRelease, kSettle, kRejected, kPauses},
  {"too_long",                400, Code::too_long, true, List::none, Row::payload_refused, kRelease, kSettle, kRejected, kPauses},
  {"token_count",             400, Code::token_count, true, List::none, Row::payload_refused, kRelease, kSettle, kRejected, kPauses},
  {"test_token_count",        400, Code::test_token_count, true, List::none, Row::payload_refused, kRelease, kSettle, kRejected, kPauses},
  {"http_400_without_a_code", 400, Code::none, false, List::none, Row::payload_refused, kRelease, kSettle, kRejected, kPauses},
  {"http_400_unknown_code",   400, Code::none, true, List::none, Row::unreadable, kStays, kSettle, kAmbiguous, !kPauses},
  {"http_401",                401, Code::none, false, List::none, Row::not_authorised, kKeep, Next::renew, kAmbiguous, !kPauses},
  {"authentication",          200, Code::authentication, true, List::none, Row::not_authorised, kKeep, Next::renew, kAmbiguous, !kPauses},
  {"token_expired",           400, Code::token_expired, true, List::none, Row::not_authorised, kKeep, Next::renew, kAmbiguous, !kPauses},
  {"http_503",                503, Code::none, false, List::none, Row::slow_down, kKeep, Next::later, kAmbiguous, !kPauses},
  {"http_429",                429, Code::none, false, List::none, Row::slow_down, kKeep, Next::later, kAmbiguous, !kPauses},
  {"test_too_fast",           200, Code::test_too_fast, true, List::none, Row::test_slow_down, kKeep, Next::much_later, kAmbiguous, !kPauses},
  {"inner_error",             200, Code::inner_error, true, List::none, Row::server_error, kStays, kSettle, kAmbiguous, !kPauses},
  {"http_302",                302, Code::none, false, List::none, Row::redirected, kStays, kSettle, kAmbiguous, kPauses},
  {"http_307",                307, Code::none, false, List::none, Row::redirected, kStays, kSettle, kAmbiguous, kPauses},
  {"html_or_broken_200",      200, Code::none, false, List::none, Row::unreadable, kStays, kSettle, kAmbiguous, !kPauses},
  {"unknown_code_200",        200, Code::none, true, List::none, Row::unreadable, kStays, kSettle, kAmbiguous, !kPauses},
  {"http_204",                204, Code::none, false, List::none, Row::unreadable, kStays, kSettle, kAmbiguous, !kPauses},
  {"http_418",                418, Code::none, false, List::none, Row::unreadable, kStays, kSettle, kAmbiguous, !kPauses},
  {"http_500",                500, Code::none, false, List::none, Row::server_error, kStays, kSettle, kAmbiguous, !kPauses},
  {"http_502",                502, Code::none, false, List::none, Row::server_error, kStays, kSettle, kAmbiguous, !kPauses},
  {"http_504",                504, Code::none, false, List::none, Row::server_error, kStays, kSettle, kAmbiguous, !kPauses},
  {"http_505",                505, Code::none, false, List::none, Row::server_error, kStays, kSettle, kAmbiguous, !kPauses},
  {"http_408",                408, Code::none, false, List::none, Row::server_error, kStays, kSettle, kAmbiguous, !kPauses},
};
// clang-format on

Answer answer_of(const Observed& observed) {
  Answer answer;
  answer.status = observed.status;
  answer.code = observed.code;
  answer.has_code = observed.has_code;
  answer.list_readable = observed.list != List::none && observed.list != List::unreadable;
  answer.list_within = answer.list_readable && observed.list != List::outside;
  answer.counts_agree = answer.list_readable && observed.list != List::wrong_counts;
  answer.app_reason = observed.list == List::app_reason;
  return answer;
}

class TableP : public testing::TestWithParam<Observed> {};

TEST_P(TableP, AnswerProvesWhatItsRowSays) {
  const Observed& observed = GetParam();
  const Ruling ruling = rule(End::answered, true, answer_of(observed));
  EXPECT_EQ(ruling.row, observed.row);
  EXPECT_EQ(ruling.charge, observed.charge);
  EXPECT_EQ(ruling.next, observed.next);
  EXPECT_EQ(ruling.pauses, observed.pauses);
  if (ruling.next == Next::settle) {
    EXPECT_EQ(ruling.outcome, observed.outcome);
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, TableP, testing::ValuesIn(kAnswers),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(TableP, ServerErrorsProveNothingWhateverCodeTheBodyHas) {
  for (const int status : {408, 500, 501, 502, 504, 505, 599}) {
    for (const Observed& other : kAnswers) {
      Answer answer = answer_of(other);
      answer.status = status;
      const Ruling ruling = rule(End::answered, true, answer);
      EXPECT_EQ(ruling.row, Row::server_error) << status << " " << other.name;
      EXPECT_EQ(ruling.charge, Charge::stays);
    }
  }
}

TEST(TableP, KnownCodeDecidesOverEveryOtherStatus) {
  for (const int status : {200, 201, 301, 400, 401, 403, 404, 413, 418, 429, 503}) {
    Answer answer;
    answer.status = status;
    answer.has_code = true;
    answer.code = Code::illegal_payload;
    EXPECT_EQ(rule(End::answered, true, answer).row, Row::payload_refused) << status;
  }
}

TEST(TableP, EndWithoutAnAnswerTurnsOnWhetherTheLastByteMayHaveLeft) {
  struct Case {
    End how;
    bool may_have_left;
    Row row;
    Charge charge;
    Next next;
    Reason reason;
  };
  for (const Case& each : {
           Case{End::lost, false, Row::not_sent, kKeep, Next::later, Reason::none},
           Case{End::deadline, false, Row::not_sent, kKeep, Next::later, Reason::none},
           Case{End::reset, false, Row::not_sent, kKeep, Next::later, Reason::none},
           Case{End::refused, false, Row::refused_stream, kKeep, Next::at_once, Reason::none},
           Case{End::refused, true, Row::refused_stream, kKeep, Next::at_once, Reason::none},
           Case{End::lost, true, Row::no_answer, kStays, kSettle, Reason::connection_lost},
           Case{End::deadline, true, Row::no_answer, kStays, kSettle, Reason::deadline},
           Case{End::reset, true, Row::no_answer, kStays, kSettle, Reason::reset},
       }) {
    const Ruling ruling = rule(each.how, each.may_have_left, Answer{});
    SCOPED_TRACE(testing::Message() << static_cast<int>(each.how) << each.may_have_left);
    EXPECT_EQ(ruling.row, each.row);
    EXPECT_EQ(ruling.charge, each.charge);
    EXPECT_EQ(ruling.next, each.next);
    EXPECT_EQ(ruling.reason, each.reason);
    EXPECT_FALSE(ruling.positive);
  }
}

// I7 and I8, over the whole table.
TEST(TableP, OnlyProvenRefusalsAreReleasedOrSentAgain) {
  const std::set<Row> again{Row::not_sent,   Row::refused_stream, Row::not_authorised,
                            Row::slow_down,  Row::test_slow_down, Row::all_refused_app,
                            Row::app_refused};
  const std::set<Row> released{Row::all_refused, Row::all_refused_app, Row::app_refused,
                               Row::payload_refused};
  for (std::size_t i = 0; i < kRows; ++i) {
    const Row row = static_cast<Row>(i);
    const Ruling& ruling = row_ruling(row);
    EXPECT_EQ(ruling.next != Next::settle, again.count(row) == 1) << i;
    EXPECT_EQ(ruling.charge == Charge::release, released.count(row) == 1) << i;
    const bool settled_ambiguous =
        ruling.next == Next::settle && ruling.outcome == Outcome::ambiguous;
    EXPECT_EQ(ruling.charge == Charge::stays, settled_ambiguous) << i;
    EXPECT_EQ(ruling.positive, row == Row::accepted || row == Row::partly) << i;
  }
}

TEST(TableP, EveryRowThatPausesSaysTheWayOut) {
  for (std::size_t i = 0; i < kRows; ++i) {
    const Ruling& ruling = row_ruling(static_cast<Row>(i));
    if (ruling.pauses) {
      EXPECT_FALSE(ruling.way_out.empty()) << i;
    }
  }
}

}  // namespace
}  // namespace herald::dispatch
