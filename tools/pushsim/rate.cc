#include "tools/pushsim/rate.h"

#include <algorithm>

namespace pushsim {
namespace {
constexpr std::int64_t kSecondUs = 1'000'000;
}

bool RateLimiter::take(std::int64_t now_us, std::uint64_t tokens) {
  if (limit_ == 0) return true;
  forget_until(now_us);
  if (used_ + tokens > limit_ && !(used_ == 0 && tokens > limit_)) return false;
  used_ += tokens;
  if (window_ == RateWindow::sliding) {
    const auto worth = static_cast<std::int64_t>(tokens * kSecondUs / limit_);
    recent_.push_back({now_us + std::max(kSecondUs, worth), tokens});
  }
  return true;
}

void RateLimiter::forget_until(std::int64_t now_us) {
  if (window_ == RateWindow::fixed) {
    const std::int64_t second = now_us / kSecondUs;
    const auto passed = static_cast<std::uint64_t>(std::max<std::int64_t>(0, second - second_));
    used_ -= passed > used_ / limit_ ? used_ : passed * limit_;
    second_ = second;
    return;
  }
  while (!recent_.empty() && recent_.front().until_us <= now_us) {
    used_ -= recent_.front().tokens;
    recent_.pop_front();
  }
}

}  // namespace pushsim
