#include "engine/dispatch/table_p.h"

#include <array>

#include "engine/base/mutant.h"

namespace herald::dispatch {
namespace {

constexpr bool kList = true;
constexpr bool kPauses = true;
constexpr bool kPositive = true;

// clang-format off
constexpr std::array<Ruling, kRows> kTable{{
    // row                  charge           next              outcome             reason                    list    pauses    positive
    {Row::not_sent,         Charge::keep,    Next::later,      Outcome::ambiguous, Reason::none,             !kList, !kPauses, !kPositive, ""},
    {Row::refused_stream,   Charge::keep,    Next::at_once,    Outcome::ambiguous, Reason::none,             !kList, !kPauses, !kPositive, ""},
    {Row::accepted,         Charge::final,   Next::settle,     Outcome::accepted,  Reason::none,             !kList, !kPauses, kPositive,  ""},
    {Row::partly,           Charge::final,   Next::settle,     Outcome::accepted,  Reason::none,             kList,  !kPauses, kPositive,  ""},
    {Row::partly_doubtful,  Charge::stays,   Next::settle,     Outcome::ambiguous, Reason::partly_listed,    kList,  !kPauses, !kPositive, ""},
    {Row::all_refused,      Charge::release, Next::settle,     Outcome::rejected,  Reason::all_refused,      kList,  !kPauses, !kPositive, ""},
    {Row::all_refused_app,  Charge::release, Next::to_lane,    Outcome::rejected,  Reason::all_refused,      !kList, kPauses,  !kPositive, "repair the app's settings in AppGallery Connect"},
    {Row::app_refused,      Charge::release, Next::to_lane,    Outcome::rejected,  Reason::none,             !kList, kPauses,  !kPositive, "repair the app's settings in AppGallery Connect or in the configuration"},
    {Row::payload_refused,  Charge::release, Next::settle,     Outcome::rejected,  Reason::payload_refused,  !kList, kPauses,  !kPositive, "correct the message and send it as a new campaign"},
    {Row::not_authorised,   Charge::keep,    Next::renew,      Outcome::ambiguous, Reason::none,             !kList, !kPauses, !kPositive, "check project_id, the service-account key and this machine's clock"},
    {Row::slow_down,        Charge::keep,    Next::later,      Outcome::ambiguous, Reason::none,             !kList, !kPauses, !kPositive, ""},
    {Row::test_slow_down,   Charge::keep,    Next::much_later, Outcome::ambiguous, Reason::none,             !kList, !kPauses, !kPositive, ""},
    {Row::server_error,     Charge::stays,   Next::settle,     Outcome::ambiguous, Reason::server_error,     !kList, !kPauses, !kPositive, ""},
    {Row::no_answer,        Charge::stays,   Next::settle,     Outcome::ambiguous, Reason::no_answer,        !kList, !kPauses, !kPositive, ""},
    {Row::unreadable,       Charge::stays,   Next::settle,     Outcome::ambiguous, Reason::unreadable_answer,!kList, !kPauses, !kPositive, "see what answers at the endpoint: it does not speak as Push Kit does"},
    {Row::redirected,       Charge::stays,   Next::settle,     Outcome::ambiguous, Reason::redirected,       !kList, kPauses,  !kPositive, "a gateway redirects: set endpoint.url to the service itself"},
}};
// clang-format on

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows; ++i) {
    if (static_cast<std::size_t>(kTable[i].row) != i) return false;
  }
  return true;
}
static_assert(in_order());

Row row_of_list(const Answer& answer) {
  const bool believed = answer.list_readable && answer.list_within && answer.counts_agree;
  if (!believed) return Row::partly_doubtful;
  if (answer.code == Code::partial) return Row::partly;
  return answer.app_reason ? Row::all_refused_app : Row::all_refused;
}

Row row_of_code(const Answer& answer) {
  switch (answer.code) {
    case Code::success:
      return Row::accepted;
    case Code::partial:
    case Code::all_invalid:
      return row_of_list(answer);
    case Code::no_permission:
    case Code::jwt_too_long:
    case Code::penalty:
    case Code::image_not_verified:
      return Row::app_refused;
    case Code::parameter_error:
    case Code::illegal_payload:
    case Code::illegal_expiry:
    case Code::too_long:
    case Code::token_count:
    case Code::test_token_count:
      return Row::payload_refused;
    case Code::authentication:
    case Code::token_expired:
      return Row::not_authorised;
    case Code::test_too_fast:
      return Row::test_slow_down;
    case Code::inner_error:
      return Row::server_error;
    case Code::none:
      break;
  }
  return Row::unreadable;
}

Row row_of_status(const Answer& answer) {
  switch (answer.status) {
    case 400:
      return answer.has_code ? Row::unreadable : Row::payload_refused;
    case 401:
      return Row::not_authorised;
    case 403:
    case 404:
    case 413:
      return Row::app_refused;
    case 429:
    case 503:
      return Row::slow_down;
    default:
      return answer.status / 100 == 3 ? Row::redirected : Row::unreadable;
  }
}

Row row_of(transport::End how, bool may_have_left, const Answer& answer) {
  using transport::End;
  if (how == End::refused) return Row::refused_stream;
  if (how != End::answered) return may_have_left ? Row::no_answer : Row::not_sent;
  // 408 and 5xx other than 503 prove nothing, whatever the body says.
  if (answer.status == 408 || (answer.status / 100 == 5 && answer.status != 503)) {
    return Row::server_error;
  }
  return answer.code == Code::none ? row_of_status(answer) : row_of_code(answer);
}

[[maybe_unused]] void plant(Ruling& ruling, transport::End how) {
  using base::Mutant;
  const bool late = how == transport::End::deadline;
  if (base::mutant(Mutant::refund_after_deadline) && late) ruling.charge = Charge::release;
  if (base::mutant(Mutant::retry_after_deadline) && late) ruling = row_ruling(Row::not_sent);
  if (base::mutant(Mutant::retry_after_500) && ruling.row == Row::server_error) {
    ruling = row_ruling(Row::slow_down);
  }
  if (base::mutant(Mutant::refund_unreadable) && ruling.row == Row::unreadable) {
    ruling.charge = Charge::release;
  }
  if (base::mutant(Mutant::partly_resends_all) && ruling.row == Row::partly) {
    ruling = row_ruling(Row::slow_down);
  }
}

Reason reason_of(transport::End how) {
  switch (how) {
    case transport::End::reset:
      return Reason::reset;
    case transport::End::lost:
      return Reason::connection_lost;
    case transport::End::deadline:
      return Reason::deadline;
    default:
      return Reason::no_answer;
  }
}

}  // namespace

const Ruling& row_ruling(Row row) { return kTable[static_cast<std::size_t>(row)]; }

Ruling rule(transport::End how, bool may_have_left, const Answer& answer) {
  Ruling ruling = row_ruling(row_of(how, may_have_left, answer));
  if (ruling.row == Row::no_answer) ruling.reason = reason_of(how);
  // An app-level reason beside accepted tokens predicts the rest: pause after this batch.
  if (ruling.row == Row::partly && answer.app_reason) {
    ruling.pauses = true;
    ruling.way_out = row_ruling(Row::all_refused_app).way_out;
  }
  if constexpr (HERALD_MUTANT != 0) plant(ruling, how);
  return ruling;
}

}  // namespace herald::dispatch
