// The endpoint's address as it is configured: https://host[:port], nothing more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "herald/result.h"

namespace herald::config {

struct Origin {
  std::string host;  // an IPv6 address comes without its brackets
  std::uint16_t port = 443;
};

// No path, user, query or fragment: herald makes the paths itself (api.md 1), and http is no
// choice, because the bearer token would go out in the clear (I50).
// Errors: config, without file and line.
Result<Origin> parse_origin(std::string_view url);

}  // namespace herald::config
