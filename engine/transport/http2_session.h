// HTTP/2 (RFC 9113) by nghttp2: made by make_http2_session() of session.h.
#pragma once

#include <cstdint>

namespace herald::transport {

inline constexpr std::uint32_t kStreamsMax = 256;  // of a connection, whatever the peer allows
// By us; servers answer 1000 with GOAWAY: retire before.
inline constexpr std::uint32_t kResetsMax = 500;

}  // namespace herald::transport
