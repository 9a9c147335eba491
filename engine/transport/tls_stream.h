// ByteStream over TLS and TCP: verified, its protocol chosen by ALPN, and gathered into large
// sends.
#pragma once

#include <memory>

#include "engine/transport/byte_stream.h"
#include "engine/transport/io_loop.h"
#include "herald/config.h"

namespace herald::transport {

// Connections to the configured endpoint, on the loop's thread. TLS 1.2 or later; chain and host
// name are always verified (I50, I84). HTTP/2 is asked for first; HTTP/1.1 is spoken only where
// `config.http1_fallback` allows it.
// Errors: config, when the CA file cannot be read.
Result<std::unique_ptr<StreamFactory>> make_tls_factory(IoLoop& loop, const EndpointConfig& config);

}  // namespace herald::transport
