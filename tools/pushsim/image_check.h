// The image check: a URL that was verified for a push type gets a key, and a message's images need
// one under --verify-images. The key says itself what it is for, so nothing has to be remembered.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace pushsim {

enum class ImageVerdict {
  good,
  unverified,  // no key, one of another URL, or one that has expired
  other_type,  // verified for another push type
};

class ImageCheck {
 public:
  explicit ImageCheck(std::uint64_t seed) : seed_(seed) {}

  // The URL to send with; `expires` is in seconds since 1970 and of the service's clock.
  std::string verified_url(std::string_view url, int push_type, std::int64_t expires) const;
  ImageVerdict check(std::string_view url, int push_type, std::int64_t now) const;

  // False: more than 60 calls within a minute.
  bool take_call(std::int64_t steady_us);

  static constexpr std::int64_t kLifeSeconds = 24 * 60 * 60;

 private:
  std::string key_of(std::string_view url, int push_type, std::int64_t expires) const;

  std::uint64_t seed_;
  std::deque<std::int64_t> calls_us_;
};

}  // namespace pushsim
