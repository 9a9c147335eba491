// What every TLS connection to the endpoint has in common: versions, ciphers, trust, ALPN, and who
// the peer must be.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "herald/config.h"
#include "herald/result.h"

namespace herald::transport {

struct SslFreed {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslFreed>;
using Ssl = std::unique_ptr<SSL, SslFreed>;

// Errors: config, when the CA file cannot be read.
Result<SslContext> make_ssl_context(const EndpointConfig& config);

// For a connection to `host`, whose certificate must name it. No byte goes out yet.
Ssl make_ssl(SSL_CTX* context, const std::string& host);

// Why OpenSSL failed last; its queue of errors is empty afterwards.
std::string openssl_reason();

// Why the handshake failed, with the way out. `http1`: HTTP/1.1 was offered too.
std::string handshake_reason(const SSL* ssl, bool http1);
std::string no_protocol_reason(bool http1);

}  // namespace herald::transport
