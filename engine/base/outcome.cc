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

std::string_view to_string(Reason reason) { return kReasonNames[static_cast<std::size_t>(reason)]; }

}  // namespace herald
