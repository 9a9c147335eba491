#include "engine/auth/jwt.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace herald::auth {
namespace {

constexpr std::string_view kAudience = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
constexpr int kSaltBytes = 32;  // RFC 7518, 3.5: the size of the hash

// RFC 4648, 5; without padding as RFC 7515, 2 wants it.
std::string base64url(std::span<const unsigned char> bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  unsigned bits = 0;
  int held = 0;
  for (const unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6; held -= 6) out += kAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) out += kAlphabet[bits << (6 - held) & 63];
  return out;
}

std::string base64url(std::string_view text) {
  return base64url(std::span(reinterpret_cast<const unsigned char*>(text.data()), text.size()));
}

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

// PS256: RSASSA-PSS, SHA-256, MGF1 with SHA-256. Empty when OpenSSL refuses.
std::vector<unsigned char> sign_ps256(EVP_PKEY* key, std::string_view input) {
  const std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // belongs to the context
  if (!context || EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, key) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_pss_saltlen(options, kSaltBytes) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(options, EVP_sha256()) != 1) {
    return {};
  }
  const auto* data = reinterpret_cast<const unsigned char*>(input.data());
  std::size_t size = 0;
  if (EVP_DigestSign(context.get(), nullptr, &size, data, input.size()) != 1) return {};
  std::vector<unsigned char> signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, data, input.size()) != 1) return {};
  signature.resize(size);
  return signature;
}

}  // namespace

std::string signing_input(const ServiceAccount& account, std::chrono::sys_seconds issued_at) {
  const auto iat = issued_at.time_since_epoch().count();
  const std::string header =
      fmt::format(R"({{"kid":"{}","typ":"JWT","alg":"PS256"}})", account.key_id);
  const std::string claims =
      fmt::format(R"({{"aud":"{}","iss":"{}","exp":{},"iat":{}}})", kAudience, account.sub_account,
                  iat + kLifetime.count(), iat);
  return base64url(header) + '.' + base64url(claims);
}

Result<std::string> sign(const ServiceAccount& account, base::WallTime now) {
  std::string token = signing_input(account, std::chrono::floor<std::chrono::seconds>(now));
  const auto signature = sign_ps256(account.key.get(), token);
  ERR_clear_error();
  if (signature.empty()) {
    return Error{Errc::key_refused,
                 fmt::format("key {} of project {} cannot sign with PS256; make a new one in the "
                             "API console",
                             account.key_id, account.project_id)};
  }
  token += '.';
  token += base64url(signature);
  return token;
}

}  // namespace herald::auth
