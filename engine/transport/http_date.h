// When an answer was made, by the service's clock.
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/clock.h"

namespace herald::transport {

// The IMF-fixdate of RFC 9110 5.6.7, "Sun, 06 Nov 1994 08:49:37 GMT", to the second. Of what is
// anything else nothing is believed: the obsolete forms too, which no server sends any more.
std::optional<base::WallTime> parse_http_date(std::string_view text);

}  // namespace herald::transport
