// How each record of a campaign ended; an embedder's own bookkeeping hangs on this.
//
// Every record read from the audience ends in exactly one Outcome and keeps it, so the totals of a
// finished campaign add up to the number of records read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace herald {

// The values are stored (engine/store/README.md): append, never renumber.
enum class Outcome : std::uint8_t {
  accepted,    // the service took it; what the device did comes later, as a receipt
  invalid,     // the service listed it under illegalTokens, with a reason
  suppressed,  // not sent: on the suppression list
  over_quota,  // not sent: the device has had its messages for the natural day
  duplicate,   // not sent: seen before in this campaign
  malformed,   // not sent: the record does not read as a token
  rejected,    // the service refused the whole request, for good
  expired,     // unsent when the campaign's time ran out
  cancelled,   // unsent when the campaign was cancelled
  ambiguous,   // sent, no answer: the service may have it (RFC 9113, 8.7), so it stays counted
};
inline constexpr std::size_t kOutcomes = 10;

inline constexpr std::array<std::string_view, kOutcomes> kOutcomeNames{
    "accepted",  "invalid",  "suppressed", "over_quota", "duplicate",
    "malformed", "rejected", "expired",    "cancelled",  "ambiguous"};

constexpr std::string_view to_string(Outcome outcome) {
  return kOutcomeNames[static_cast<std::size_t>(outcome)];
}

// Why, where the outcome alone does not say it. The name is the service's own word where there is
// one (responses 1.3). Stored: append, never renumber; `other` carries its text with it.
enum class Reason : std::uint8_t {
  none,
  // malformed
  empty,
  too_long,
  control_byte,
  space_inside,
  not_utf8,
  truncated,
  // over_quota
  marketing,
  total,
  // suppressed
  token_gone,
  notifications_off,
  inactive,
  // invalid: reasons about the token
  tokenFormatError,
  noRight,
  tokenPlatformNotSupport,
  countryNotSupport,
  // invalid or paused: reasons about the app
  noPushTypeRight,
  noRightToSendThisLiveNotificationEvent,
  notSupportPlayVoice,
  differentImgVerifyPolicy,
  appinfoError,
  atomicUnableSendUnsubscribedMsg,
  disableSendHuaweiMsgBecauseOfPenalty,
  // ambiguous
  no_answer,
  reset,
  connection_lost,
  deadline,
  server_error,
  unreadable_answer,
  redirected,
  partly_listed,
  process_died,
  // rejected
  payload_refused,
  all_refused,
  other,
  // malformed: of formats that are more than a token
  not_json,          // a JSON Lines record that is no JSON object, or has a member twice
  no_token,          // the token, or its column, is missing
  unknown_member,    // a record's member that is none of those that may differ per device
  wrong_type,        // a member, or the token, that is not of its documented type or range
  broken_quotes,     // a CSV record whose quotes do not match
  missing_variable,  // the payload wants a {{vars.…}} that the record does not give
  payload_rule,      // with the record's values the payload breaks a rule of the service
  payload_too_long,  // with them it is longer than the service takes
  missing_field,     // the payload needs a field that neither it nor the record has
  old_version,       // not greater than what the card or the live view has had: not shown
  // over_quota
  form,       // the card has had its updates of the day
  live_view,  // the live view has had its updates of the window
  created,    // a live view is not created twice within 12 hours
  test,       // the project has had its test messages of the day
  // suppressed: blocked by the service for a while
  card_gone,      // receipt 261
  card_limit,     // receipt 262
  activity_gone,  // receipt 265
};
inline constexpr Reason kLastReason = Reason::activity_gone;

std::string_view to_string(Reason reason);

// What is wrong with a malformed record, and the way out; "" for reasons of other outcomes.
std::string_view way_out(Reason reason);

struct OutcomeRecord {
  std::uint64_t record;    // position in the audience, from 1
  std::string_view token;  // valid during the call: copy it to keep it
  Outcome outcome;
  Reason reason;
  // Where known: the place in the record or its payload, and what is wrong; valid during the call.
  std::string_view detail = {};
};

// Takes outcomes as they settle: 1 to 1000 records a call, in no promised order. For it a big file is
// not read by several threads at once: a record's number is known once those before it were read.
// Threads: engine threads call, several at once. Sending waits meanwhile, so hand slow work to a
// thread of your own.
class OutcomeSink {
 public:
  virtual ~OutcomeSink() = default;
  virtual void on_outcomes(std::span<const OutcomeRecord> records) noexcept = 0;
};

}  // namespace herald
