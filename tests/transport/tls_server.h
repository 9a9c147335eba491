// A TLS server on a port of the kernel's choosing, in a thread of its own, with a certificate made
// when the test runs. It counts the plain text it was sent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace herald::transport {

struct TlsServerOptions {
  enum class Alpn : std::uint8_t {
    h2,
    http1,
    none,    // knows nothing of ALPN
    strict,  // knows it, and none of the protocols that it is offered
  };
  // After its echo it waits for the client, or closes.
  enum class Closes : std::uint8_t { never, with_notify, without_notify };

  std::string name = "127.0.0.1";  // of the certificate; a DNS name or an IPv4 address
  Alpn alpn = Alpn::h2;
  Closes closes = Closes::never;
  int version_max = 0;  // OpenSSL's constant; 0: any
};

class TlsServer {
 public:
  explicit TlsServer(const TlsServerOptions& options);
  ~TlsServer();  // joins

  std::uint16_t port() const;
  std::filesystem::path ca_file() const;  // its own certificate
  std::uint64_t plain_bytes() const;      // that clients sent, once finish() was called
  void finish();                          // waits until its one client is gone

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace herald::transport
