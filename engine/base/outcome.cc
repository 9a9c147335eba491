#include "herald/outcome.h"

namespace herald {
namespace {

constexpr std::array kReasonNames = std::to_array<std::string_view>({
    "none",
    "empty",
    "too_long",
    "control_byte",
    "space_inside",
    "not_utf8",
    "truncated",
    "marketing",
    "total",
    "token_gone",
    "notifications_off",
    "inactive",
    "tokenFormatError",
    "noRight",
    "tokenPlatformNotSupport",
    "countryNotSupport",
    "noPushTypeRight",
    "noRightToSendThisLiveNotificationEvent",
    "notSupportPlayVoice",
    "differentImgVerifyPolicy",
    "appinfoError",
    "atomicUnableSendUnsubscribedMsg",
    "disableSendHuaweiMsgBecauseOfPenalty",
    "no_answer",
    "reset",
    "connection_lost",
    "deadline",
    "server_error",
    "unreadable_answer",
    "redirected",
    "partly_listed",
    "process_died",
    "payload_refused",
    "all_refused",
    "other",
    "not_json",
    "no_token",
    "unknown_member",
    "wrong_type",
    "broken_quotes",
    "missing_variable",
    "payload_rule",
    "payload_too_long",
    "missing_field",
    "old_version",
    "form",
    "live_view",
    "created",
    "test",
    "card_gone",
    "card_limit",
    "activity_gone",
});
static_assert(kReasonNames.size() == static_cast<std::size_t>(kLastReason) + 1);

}  // namespace

std::string_view way_out(Reason reason) {
  switch (reason) {
    case Reason::empty:
      return "there is no token: leave out the line, or fill it";
    case Reason::too_long:
      return "a token has at most 512 bytes, a CSV row or JSON record 64 KiB";
    case Reason::control_byte:
      return "a token has no control bytes: see how the file was written";
    case Reason::space_inside:
      return "a token has no spaces: is it one token a line, and the right format?";
    case Reason::not_utf8:
      return "it is not UTF-8: write the file as UTF-8";
    case Reason::not_json:
      return "it is no JSON object, or has a member twice: is the file JSON Lines?";
    case Reason::no_token:
      return "the record has no token: give it a \"token\", or the column";
    case Reason::unknown_member:
      return "a record may have token, vars, formId, formData, activityId, profileId and version";
    case Reason::wrong_type:
      return "a member is not of its type, out of its range, or has no place in such a message";
    case Reason::broken_quotes:
      return "its quotes do not match: double those inside a quoted field";
    case Reason::missing_variable:
      return "the payload wants a variable that the record does not give in \"vars\"";
    case Reason::payload_rule:
      return "with the record's values the payload breaks a rule of the service";
    case Reason::payload_too_long:
      return "with the record's values the payload is longer than the service takes";
    case Reason::missing_field:
      return "the payload needs a field that neither it nor the record has";
    case Reason::old_version:
      return "the card or live view has had a version as high, and would not show this one";
    default:
      return "";
  }
}

std::string_view to_string(Reason reason) { return kReasonNames[static_cast<std::size_t>(reason)]; }

}  // namespace herald
