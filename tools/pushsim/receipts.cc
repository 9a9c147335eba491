#include "tools/pushsim/receipts.h"

#include <fmt/format.h>

#include "tools/pushsim/illegal_tokens.h"
#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

constexpr int kDelivered = 0;
constexpr int kDeviceTotal = 102;
constexpr int kOutOfOrder = 156;
constexpr int kFrequencyLimit = 256;
constexpr int kCreatedAgain = 269;

}  // namespace

int receipt_result(Verdict verdict, const std::vector<ReceiptRule>& rules, std::uint64_t token_hash,
                   std::uint64_t seed) {
  switch (verdict) {
    case Verdict::over_quota:
      return kFrequencyLimit;
    case Verdict::created_again:
      return kCreatedAgain;
    case Verdict::out_of_order:
      return kOutOfOrder;
    case Verdict::over_total:
      return kDeviceTotal;
    case Verdict::taken:
      break;
  }
  std::uint64_t purpose = 0;
  for (const ReceiptRule& rule : rules) {
    if (uniform_of(token_hash, seed, ++purpose) < rule.rate) return rule.result;
  }
  return kDelivered;
}

std::string receipt_status(const ReceiptHead& head, std::string_view token, int result) {
  std::string status =
      fmt::format(R"({{"token":{},"pushType":{},"appPackageName":{},"biTag":{},"requestId":"{}",)",
                  json_string(token), head.message.push_type, json_string(head.package),
                  json_string(head.message.campaign), head.request_id);
  const auto out = std::back_inserter(status);
  if (head.message.form) {
    fmt::format_to(out, R"("formStatus":{{"formId":{},"result":{},"timestamp":{}}}}})",
                   head.message.form->form_id, result, head.timestamp_ms);
  } else {
    fmt::format_to(out, R"("deliveryStatus":{{"result":{},"timestamp":{}}}}})", result,
                   head.timestamp_ms);
  }
  return status;
}

}  // namespace pushsim
