#include "engine/transport/tls_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <string_view>

namespace herald::transport {

Result<SslContext> make_ssl_context(const EndpointConfig& config) {
  SslContext made{SSL_CTX_new(TLS_client_method())};
  SSL_CTX* context = made.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  // AES-128 first: it is the cheapest that the service is likely to approve.
  SSL_CTX_set_ciphersuites(
      context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  constexpr std::string_view kProtocols{"\x02h2\x08http/1.1"};  // the first is preferred
  constexpr std::size_t kH2Alone = 3;
  SSL_CTX_set_alpn_protos(
      context, reinterpret_cast<const unsigned char*>(kProtocols.data()),
      static_cast<unsigned>(config.http1_fallback ? kProtocols.size() : kH2Alone));
  const bool trusted = config.ca_file.empty()
                           ? SSL_CTX_set_default_verify_paths(context) == 1
                           : SSL_CTX_load_verify_file(context, config.ca_file.c_str()) == 1;
  if (trusted) return made;
  return Error{
      Errc::config,
      fmt::format("endpoint.ca_file: cannot read certificates from {} ({}): name a PEM file",
                  config.ca_file.string(), openssl_reason())};
}

Ssl make_ssl(SSL_CTX* context, const std::string& host) {
  Ssl ssl{SSL_new(context)};
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) != 1) {
    ERR_clear_error();
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(verify, host.c_str(), host.size());
    SSL_set_tlsext_host_name(ssl.get(), host.c_str());
  }
  return ssl;
}

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

std::string handshake_reason(const SSL* ssl, bool http1) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) {
    ERR_clear_error();
    return fmt::format(
        "its certificate does not verify ({}): set endpoint.ca_file to the authority "
        "that signed it",
        X509_verify_cert_error_string(verified));
  }
  // What a server says that knows ALPN and none of our protocols (RFC 7301 3.2).
  if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL) {
    ERR_clear_error();
    return no_protocol_reason(http1);
  }
  return fmt::format("TLS failed ({})", openssl_reason());
}

std::string no_protocol_reason(bool http1) {
  if (http1) return "it offers neither HTTP/2 nor HTTP/1.1 (ALPN)";
  return "it does not offer HTTP/2 (ALPN h2): set endpoint.http1_fallback = true to speak HTTP/1.1";
}

}  // namespace herald::transport
