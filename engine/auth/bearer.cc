#include "engine/auth/bearer.h"

#include <utility>

namespace herald::auth {
namespace {

// A clock that was set back leaves a token from the future, which the service may refuse (api.md
// 4: not documented). Small corrections are no reason to sign again.
constexpr std::chrono::seconds kFutureMax{60};

}  // namespace

Result<Bearer> Bearer::make(ServiceAccount account, base::WallTime now) {
  Bearer bearer(std::move(account));
  if (const auto signed_once = bearer.renew(now); !signed_once) return signed_once.error();
  return bearer;
}

std::string_view Bearer::header(base::WallTime now) {
  if (is_due(now)) (void)renew(now);
  return header_;
}

Result<void> Bearer::renew(base::WallTime now) {
  auto token = sign(account_, now);
  if (!token) return token.error();
  header_ = "Bearer " + *token;
  // The token counts from the whole second.
  issued_ = std::chrono::floor<std::chrono::seconds>(now);
  ++generation_;
  return {};
}

bool Bearer::is_due(base::WallTime now) const {
  return now >= issued_ + kRenewAfter || now < issued_ - kFutureMax;
}

}  // namespace herald::auth
