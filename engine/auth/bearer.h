// Holds the bearer token of one app and renews it in time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/auth/jwt.h"
#include "engine/auth/key_file.h"
#include "engine/base/clock.h"
#include "herald/result.h"

namespace herald::auth {

class Bearer {  // one thread: the sender's
 public:
  // 80 % of the lifetime (I40): late enough to sign rarely, early enough that a request that waits
  // in a socket does not arrive with an expired token.
  static constexpr std::chrono::seconds kRenewAfter = kLifetime * 4 / 5;

  // Signs once, so that a key that cannot is found before anything is sent.
  // Errors: key_refused.
  static Result<Bearer> make(ServiceAccount account, base::WallTime now);

  // The value of `authorization`: "Bearer " and the token. Valid until the next call of header or
  // renew. Should a renewal fail, the old token serves on: the service refuses it when it is due.
  std::string_view header(base::WallTime now);

  // After a 401: a new token whatever the age of the old one. One answer 401 may be renewed for
  // only if it was given to a request of the current generation.
  // Errors: key_refused; the old token stays.
  Result<void> renew(base::WallTime now);

  std::uint64_t generation() const { return generation_; }  // from 1; one more for each token

 private:
  explicit Bearer(ServiceAccount account) : account_(std::move(account)) {}
  bool is_due(base::WallTime now) const;

  ServiceAccount account_;
  std::string header_;
  base::WallTime issued_{};
  std::uint64_t generation_ = 0;
};

}  // namespace herald::auth
