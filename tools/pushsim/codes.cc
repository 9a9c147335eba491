#include "tools/pushsim/codes.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "tools/pushsim/text.h"

namespace pushsim {

std::string_view text_of(std::string_view code) {
  static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
      {"80000000", "Success"},
      {"80000001", "CommonService Error."},
      {"80100001", "Check Parameter Error."},
      {"80100003", "Illegal payload, pushsim was told to say so."},
      {"80100004", "Illegal expire time."},
      {"80100020", "Check Parameter Partial Success."},
      {"80100022", "Anti-Spam: image not verify."},
      {"80200001", "Authentication Error."},
      {"80200003", "Access token expired."},
      {"80200005", "Jwt token expired."},
      {"80300002", "No permission to send message to these tmIDs."},
      {"80300008", "Push message size is too long."},
      {"80300010", "token count should within 1 and 1000."},
      {"80300017", "Token app count should not exceed 1."},
      {"80300028", "Token app mismatch with specify app."},
      {"80300029", "When send test message, the api request exceed limit."},
      {"80300030", "When send test message, token count exceed limit."},
      {"80300032", "No permission to revoke messages."},
      {"80300036", "JWT expire period over threshold."},
      {"80300037", "Disable send huawei msg because of penalty."},
      {"81000001", "Inner Error."},
      {"83010000", "Verify success"},
      {"83010002", "Verify too often."},
      {"83010003", "Empty body."},
      {"83010007", "Illegal push-type."}};
  for (const auto& [known, text] : kTexts) {
    if (known == code) return text;
  }
  return "Unknown.";
}

int status_of(std::string_view code) {
  if (code == "80000000" || code == "80100000" || code == "80100020" || code == "83010000") {
    return 200;
  }
  if (code == "80200001" || code == "80200003" || code == "80200005" || code == "80300036") {
    return 401;
  }
  if (code == "81000001" || code == "80000001") return 500;
  return 400;
}

std::string answer_body(std::string_view code, std::string_view text, std::string_view request_id) {
  std::string body = fmt::format("{{\"code\":\"{}\",\"msg\":\"", code);
  append_json_escaped(body, text);
  fmt::format_to(std::back_inserter(body), "\",\"requestId\":\"{}\"}}", request_id);
  return body;
}

}  // namespace pushsim
