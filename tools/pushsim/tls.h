// TLS between a socket's bytes and HTTP/2's, in memory: whole batches of records go each way at
// once. One thread.
#pragma once

#include <string>
#include <string_view>

#include "tools/pushsim/ossl.h"

namespace pushsim {

// TLS 1.2 or later with ECDHE and the AES-GCM or ChaCha20 suites; h2 is chosen where ALPN offers
// it, unless `http1_only`. Throws SetupError naming the file.
SslCtxPtr make_tls_context(const std::string& certificate_file, const std::string& key_file,
                           bool http1_only);

class TlsChannel {
 public:
  explicit TlsChannel(SSL_CTX* context);
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  // What came from the socket: read() has to be called until it gives nothing, while the bytes
  // live.
  void feed(std::string_view bytes) { in_ = bytes; }

  enum class State { open, ended };
  // Plain bytes, up to `size`; 0 when more input is needed, or when the state is ended.
  std::size_t read(char* to, std::size_t size);
  // Records for these bytes are appended to out(). False: the channel has failed.
  bool write(std::string_view plain);
  void close_notify();

  bool ready() const { return SSL_is_init_finished(ssl_.get()) != 0; }
  bool is_h2() const;
  State state() const { return state_; }
  // For the socket; the owner takes from it.
  std::string& out() { return out_; }

 private:
  static const BIO_METHOD* method();
  static int bio_read(BIO* bio, char* to, int size) noexcept;
  static int bio_write(BIO* bio, const char* from, int size) noexcept;
  static long bio_control(BIO* bio, int command, long argument, void* pointer) noexcept;

  std::string_view in_;
  std::string out_;
  State state_ = State::open;
  SslPtr ssl_;
};

}  // namespace pushsim
