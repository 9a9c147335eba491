// HTTP/1.1 (RFC 9112) with connections that are kept: made by make_http1_session() of session.h.
//
// One request at a time: of requests that were sent ahead nobody could say, when the connection is
// lost, which the server took (RFC 9112 9.3.2). What follows a GOAWAY in HTTP/2 has no likeness
// here either: a server that closes while a request is on its way leaves it in doubt, so a
// connection is left before its server may want to.
#pragma once

#include <chrono>
#include <cstdint>

namespace herald::transport {

// What common servers give one that idles: Apache's KeepAliveTimeout, Node's keepAliveTimeout.
inline constexpr std::chrono::seconds kHttp1IdleMax{5};
// Gateways bound how long a connection lives too, and nobody publishes by how much (nginx's
// keepalive_time is an hour). A handshake a minute costs next to nothing.
inline constexpr std::chrono::seconds kHttp1AgeMax{60};
// nginx's keepalive_requests. nginx says so in its last answer; others may not.
inline constexpr std::uint32_t kHttp1RequestsMax = 1000;

}  // namespace herald::transport
