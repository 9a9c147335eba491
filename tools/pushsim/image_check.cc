#include "tools/pushsim/image_check.h"

#include <fmt/format.h>

#include "tools/pushsim/account.h"
#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

constexpr std::string_view kParameter = "verifyKey=";
constexpr std::size_t kCallsPerMinute = 60;
constexpr std::int64_t kMinuteUs = 60'000'000;

}  // namespace

std::string ImageCheck::key_of(std::string_view url, int push_type, std::int64_t expires) const {
  const std::string text = fmt::format("{}-{}", push_type, expires);
  return fmt::format("{}-{:016x}", text, token_hash(fmt::format("{} {} {}", seed_, text, url)));
}

std::string ImageCheck::verified_url(std::string_view url, int push_type,
                                     std::int64_t expires) const {
  const bool has_query = url.find('?') != url.npos;
  return fmt::format("{}{}{}{}", url, has_query ? '&' : '?', kParameter,
                     key_of(url, push_type, expires));
}

ImageVerdict ImageCheck::check(std::string_view url, int push_type, std::int64_t now) const {
  const std::size_t at = url.rfind(kParameter);
  if (at == url.npos || at == 0) return ImageVerdict::unverified;
  const std::string_view key = url.substr(at + kParameter.size());
  const std::size_t dash = key.find('-');
  const std::size_t second = dash == key.npos ? dash : key.find('-', dash + 1);
  if (second == key.npos) return ImageVerdict::unverified;
  const auto type = parse_integer(key.substr(0, dash));
  const auto expires = parse_integer(key.substr(dash + 1, second - dash - 1));
  if (!type || *type > 10 || !expires || *expires <= now ||
      key != key_of(url.substr(0, at - 1), static_cast<int>(*type), *expires)) {
    return ImageVerdict::unverified;
  }
  return *type == push_type ? ImageVerdict::good : ImageVerdict::other_type;
}

bool ImageCheck::take_call(std::int64_t steady_us) {
  while (!calls_us_.empty() && calls_us_.front() <= steady_us - kMinuteUs) calls_us_.pop_front();
  if (calls_us_.size() >= kCallsPerMinute) return false;
  calls_us_.push_back(steady_us);
  return true;
}

}  // namespace pushsim
