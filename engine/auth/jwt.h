// The bearer token: a JWT that herald signs itself (api.md 4); there is no exchange with a server.
#pragma once

#include <chrono>
#include <string>

#include "engine/auth/key_file.h"
#include "engine/base/clock.h"
#include "herald/result.h"

namespace herald::auth {

// exp - iat, as the service's page instructs; never more (I40).
inline constexpr std::chrono::seconds kLifetime{3600};

// Header and claims, encoded and joined: what is signed. `issued_at` is whole seconds.
std::string signing_input(const ServiceAccount& account, std::chrono::sys_seconds issued_at);

// Costs one RSA private-key operation, about a millisecond: sign once and share (bearer.h).
// Any thread. Errors: key_refused.
Result<std::string> sign(const ServiceAccount& account, base::WallTime now);

}  // namespace herald::auth
