#include "tools/pushsim/keygen.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tools/pushsim/files.h"
#include "tools/pushsim/ossl.h"
#include "tools/pushsim/setup_error.h"
#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

constexpr long kCertificateDays = 3650;

void must(bool worked, const char* what) {
  if (!worked) throw SetupError(fmt::format("keygen: {}: {}", what, ossl_error()));
}

std::string content(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string private_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "write the private key");
  return content(bio.get());
}

std::string public_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PUBKEY(bio.get(), key) == 1, "write the public key");
  return content(bio.get());
}

void add_extension(X509* certificate, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
  must(extension != nullptr, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Self-signed, so that a client takes the very file as its list of authorities.
std::string certificate_pem(EVP_PKEY* key) {
  const X509Ptr certificate(X509_new());
  std::uint64_t serial = 0;
  must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial number");
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  // An hour back, so that a client whose clock is a little behind takes it too.
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kCertificateDays * 86400);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("pushsim"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key);
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate.get(), NID_key_usage, "critical,digitalSignature,keyCertSign");
  add_extension(certificate.get(), NID_ext_key_usage, "serverAuth");
  add_extension(certificate.get(), NID_subject_alt_name,
                "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1");
  add_extension(certificate.get(), NID_subject_key_identifier, "hash");
  must(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "sign the certificate");
  const BioPtr bio(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_X509(bio.get(), certificate.get()) == 1, "write the certificate");
  return content(bio.get());
}

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  must(RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(bytes)) == 1,
       "random bytes");
  std::string text;
  for (const char c : raw) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string account_json(const KeygenOptions& options, EVP_PKEY* key) {
  const auto member = [](const char* name, std::string_view value) {
    return fmt::format("  \"{}\": {}", name, json_string(value));
  };
  return fmt::format(
      "{{\n{},\n{},\n{},\n{},\n{},\n{},\n{},\n{}\n}}\n", member("project_id", options.project),
      member("key_id", random_hex(16)), member("private_key", private_pem(key)),
      member("sub_account", "1" + std::to_string(std::stoull(random_hex(6), nullptr, 16))),
      member("auth_uri", "https://oauth-login.cloud.huawei.com/oauth2/v3/authorize"),
      member("token_uri", "https://oauth-login.cloud.huawei.com/oauth2/v3/token"),
      member("auth_provider_cert_uri", "https://oauth-login.cloud.huawei.com/oauth2/v3/certs"),
      member("client_cert_uri", "https://oauth-login.cloud.huawei.com/oauth2/v3/x509"));
}

}  // namespace

void generate_keys(const KeygenOptions& options) {
  const std::string prefix = options.directory + "/";
  if (::mkdir(options.directory.c_str(), 0700) != 0 && errno != EEXIST) {
    throw SetupError(
        fmt::format("keygen: cannot make {} ({})", options.directory, std::strerror(errno)));
  }
  for (const char* name :
       {"service-account.json", "service-account.pub.pem", "tls.key", "tls.crt"}) {
    struct stat unused {};
    if (::lstat((prefix + name).c_str(), &unused) == 0) {
      throw SetupError(fmt::format(
          "keygen: {}{} exists already: remove it or choose another folder", prefix, name));
    }
  }
  const PkeyPtr account(EVP_RSA_gen(static_cast<unsigned>(options.bits)));
  must(account != nullptr, "make the RSA key");
  const PkeyPtr tls(EVP_EC_gen("P-256"));
  must(tls != nullptr, "make the TLS key");
  create_file(prefix + "service-account.json", account_json(options, account.get()), 0600);
  create_file(prefix + "service-account.pub.pem", public_pem(account.get()), 0644);
  create_file(prefix + "tls.key", private_pem(tls.get()), 0600);
  create_file(prefix + "tls.crt", certificate_pem(tls.get()), 0644);
}

}  // namespace pushsim
