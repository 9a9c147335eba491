// The service's flow control: tokens per second, above which a request is answered 503.
// In: a request's tokens and the time. Out: taken or refused; what is refused is not counted.
#pragma once

#include <cstdint>
#include <deque>

namespace pushsim {

enum class RateWindow {
  fixed,    // a count that starts again every full second
  sliding,  // what the last 1000 ms held
};

class RateLimiter {
 public:
  // A limit of 0 lets everything pass.
  RateLimiter(std::uint64_t tokens_per_second, RateWindow window)
      : limit_(tokens_per_second), window_(window) {}

  // A request larger than the limit passes when nothing else weighs on the window, and then weighs
  // on it for as many seconds as it is worth; otherwise it could never pass at all.
  bool take(std::int64_t now_us, std::uint64_t tokens);

 private:
  struct Taken {
    std::int64_t until_us;
    std::uint64_t tokens;
  };
  void forget_until(std::int64_t now_us);

  std::uint64_t limit_;
  RateWindow window_;
  std::uint64_t used_ = 0;
  std::int64_t second_ = 0;   // fixed
  std::deque<Taken> recent_;  // sliding
};

}  // namespace pushsim
