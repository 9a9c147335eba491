#include "tests/transport/tls_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <string_view>
#include <thread>

namespace herald::transport {
namespace {

X509* make_certificate(EVP_PKEY* key, const std::string& name) {
  X509* made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, key);
  X509_NAME* subject = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, subject);
  X509V3_CTX context;
  X509V3_set_ctx(&context, made, made, nullptr, nullptr, 0);
  const bool is_address = name.find_first_not_of("0123456789.") == std::string::npos;
  const std::string names = (is_address ? "IP:" : "DNS:") + name;
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names.c_str());
  X509_add_ext(made, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(made, key, EVP_sha256());
  return made;
}

using Alpn = TlsServerOptions::Alpn;
using Closes = TlsServerOptions::Closes;

int choose(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
           unsigned offered_size, void* user) {
  const Alpn alpn = *static_cast<const Alpn*>(user);
  static constexpr std::string_view kH2{"\x02h2"};
  static constexpr std::string_view kHttp1{"\x08http/1.1"};
  const std::string_view known = alpn == Alpn::h2 ? kH2 : kHttp1;
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, size, reinterpret_cast<const unsigned char*>(known.data()),
                            static_cast<unsigned>(known.size()), offered, offered_size);
  if (alpn == Alpn::strict) return SSL_TLSEXT_ERR_ALERT_FATAL;
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

struct TlsServer::Impl {
  SSL_CTX* context = nullptr;
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  int listener = -1;
  std::uint16_t port = 0;
  std::filesystem::path directory;
  std::atomic<std::uint64_t> plain_bytes{0};
  TlsServerOptions options;
  std::thread thread;

  void serve() {
    // A client that refuses us closes while we still write.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) return;
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, client);
    if (SSL_accept(ssl) == 1) {
      std::array<char, 4096> bytes{};
      for (int size = 0; (size = SSL_read(ssl, bytes.data(), bytes.size())) > 0;) {
        plain_bytes += static_cast<std::uint64_t>(size);
        SSL_write(ssl, bytes.data(), size);  // an echo
        if (options.closes == Closes::with_notify) SSL_shutdown(ssl);
        if (options.closes != Closes::never) break;
      }
    }
    ERR_clear_error();
    SSL_free(ssl);
    close(client);
  }
};

TlsServer::TlsServer(const TlsServerOptions& options) : impl_(std::make_unique<Impl>()) {
  Impl& self = *impl_;
  self.options = options;
  std::string directory = testing::TempDir() + "herald-tls-XXXXXX";
  EXPECT_NE(mkdtemp(directory.data()), nullptr);
  self.directory = directory;
  self.key = EVP_EC_gen("P-256");
  self.certificate = make_certificate(self.key, options.name);
  std::FILE* file = std::fopen(ca_file().c_str(), "w");
  PEM_write_X509(file, self.certificate);
  std::fclose(file);

  self.context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate(self.context, self.certificate);
  SSL_CTX_use_PrivateKey(self.context, self.key);
  if (options.alpn != Alpn::none) {
    SSL_CTX_set_alpn_select_cb(self.context, choose, &self.options.alpn);
  }
  if (options.version_max != 0) {
    SSL_CTX_set_security_level(self.context, 0);
    SSL_CTX_set_min_proto_version(self.context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(self.context, options.version_max);
  }

  self.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(self.listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(self.listener, 1), 0);
  EXPECT_EQ(getsockname(self.listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  self.port = ntohs(address.sin_port);
  self.thread = std::thread{[&self] { self.serve(); }};
}

TlsServer::~TlsServer() {
  shutdown(impl_->listener, SHUT_RDWR);  // lets accept() go
  finish();
  close(impl_->listener);
  SSL_CTX_free(impl_->context);
  X509_free(impl_->certificate);
  EVP_PKEY_free(impl_->key);
  std::filesystem::remove_all(impl_->directory);
}

std::uint16_t TlsServer::port() const { return impl_->port; }
std::filesystem::path TlsServer::ca_file() const { return impl_->directory / "ca.pem"; }
std::uint64_t TlsServer::plain_bytes() const { return impl_->plain_bytes; }
void TlsServer::finish() {
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace herald::transport
