#include "tools/pushsim/tls.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "tools/pushsim/session.h"
#include "tools/pushsim/setup_error.h"

namespace pushsim {
namespace {

bool offers(std::string_view list, std::string_view protocol) {
  while (!list.empty()) {
    const auto size = static_cast<unsigned char>(list.front());
    if (list.substr(1, size) == protocol) return true;
    list.remove_prefix(std::min<std::size_t>(list.size(), 1U + size));
  }
  return false;
}

// `argument` is not null when HTTP/2 must not be chosen.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size,
                    void* argument) noexcept {
  const std::string_view list(reinterpret_cast<const char*>(offered), offered_size);
  std::string_view chosen = "http/1.1";
  if (argument == nullptr && offers(list, "h2")) chosen = "h2";
  if (!offers(list, chosen)) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = reinterpret_cast<const unsigned char*>(chosen.data());
  *out_size = static_cast<unsigned char>(chosen.size());
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

SslCtxPtr make_tls_context(const std::string& certificate_file, const std::string& key_file,
                           bool http1_only) {
  static char never_h2 = 1;
  SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, http1_only ? &never_h2 : nullptr);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    throw SetupError(
        fmt::format("--cert: {} holds no certificate in PEM ({})", certificate_file, ossl_error()));
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw SetupError(fmt::format("--key: {} holds no key in PEM that fits the certificate ({})",
                                 key_file, ossl_error()));
  }
  return context;
}

TlsChannel::TlsChannel(SSL_CTX* context) : ssl_(SSL_new(context)) {
  BIO* bio = BIO_new(method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

std::size_t TlsChannel::read(char* to, std::size_t size) {
  if (state_ == State::ended) return 0;
  ERR_clear_error();
  std::size_t got = 0;
  if (SSL_read_ex(ssl_.get(), to, size, &got) == 1) return got;
  if (SSL_get_error(ssl_.get(), 0) != SSL_ERROR_WANT_READ) state_ = State::ended;
  return 0;
}

bool TlsChannel::write(std::string_view plain) {
  if (plain.empty()) return true;
  ERR_clear_error();
  std::size_t written = 0;
  return SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written) == 1;
}

void TlsChannel::close_notify() {
  ERR_clear_error();
  if (ready()) SSL_shutdown(ssl_.get());
}

bool TlsChannel::is_h2() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return size == 2 && std::memcmp(name, "h2", 2) == 0;
}

const BIO_METHOD* TlsChannel::method() {
  static const BIO_METHOD* const kMethod = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pushsim memory");
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return kMethod;
}

int TlsChannel::bio_read(BIO* bio, char* to, int size) noexcept {
  auto* self = static_cast<TlsChannel*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self->in_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t count = std::min(self->in_.size(), static_cast<std::size_t>(size));
  for (std::size_t done = 0; done < count; done += kCopyPiece) {
    std::memcpy(to + done, self->in_.data() + done, std::min(kCopyPiece, count - done));
  }
  self->in_.remove_prefix(count);
  return static_cast<int>(count);
}

int TlsChannel::bio_write(BIO* bio, const char* from, int size) noexcept {
  auto* self = static_cast<TlsChannel*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  self->out_.append(from, static_cast<std::size_t>(size));
  return size;
}

long TlsChannel::bio_control(BIO*, int command, long, void*) noexcept {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace pushsim
