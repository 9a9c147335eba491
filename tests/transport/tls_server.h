// A TLS server on a port of the kernel's choosing, in a thread of its own, with a certificate made
// when the test runs. It counts the plain text it was sent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace herald::transport {

struct TlsServerOptions {
  std::string name = "127.0.0.1";  // of the certificate; a DNS name or an IPv4 address
  bool offers_h2 = true;
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
