#include "tools/pushsim/jwt.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <simdjson.h>

#include "tools/pushsim/setup_error.h"
#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

constexpr std::string_view kAudience = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
constexpr std::int64_t kLifetimeMax = 86400;
// How far iat may lie ahead. The service's own allowance is not documented.
constexpr std::int64_t kIssuedAheadMax = 300;
constexpr std::size_t kSeenMax = 64;
constexpr std::size_t kTokenBytesMax = 8192;

bool header_is_ps256(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object header;
  std::string_view value;
  if (parser.parse(simdjson::padded_string(json)).get(header) != simdjson::SUCCESS) return false;
  return header["alg"].get(value) == simdjson::SUCCESS && value == "PS256";
}

}  // namespace

JwtVerifier::JwtVerifier(std::string_view public_key_pem, std::string issuer)
    : issuer_(std::move(issuer)) {
  const BioPtr pem(BIO_new_mem_buf(public_key_pem.data(), static_cast<int>(public_key_pem.size())));
  key_.reset(PEM_read_bio_PUBKEY(pem.get(), nullptr, nullptr, nullptr));
  if (!key_ || EVP_PKEY_get_base_id(key_.get()) != EVP_PKEY_RSA) {
    ERR_clear_error();
    throw SetupError(
        "--jwk: the file holds no RSA public key in PEM; `pushsim keygen DIR` makes one");
  }
}

JwtVerdict JwtVerifier::check(std::string_view authorization, std::int64_t now_seconds) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme)) return JwtVerdict::refused;
  const std::string_view token = authorization.substr(kScheme.size());
  if (token != last_) {
    if (token.size() > kTokenBytesMax) return JwtVerdict::refused;
    std::string key(token);
    auto found = seen_.find(key);
    if (found == seen_.end()) {
      if (seen_.size() >= kSeenMax) seen_.clear();
      found = seen_.emplace(std::move(key), read(token)).first;
    }
    last_ = found->first;
    last_claims_ = found->second;
  }
  if (!last_claims_.good || last_claims_.issued_at > now_seconds + kIssuedAheadMax) {
    return JwtVerdict::refused;
  }
  if (last_claims_.expires_at <= now_seconds) return JwtVerdict::expired;
  if (last_claims_.expires_at - last_claims_.issued_at > kLifetimeMax) return JwtVerdict::too_long;
  return JwtVerdict::good;
}

JwtVerifier::Claims JwtVerifier::read(std::string_view token) {
  const std::size_t dot1 = token.find('.');
  const std::size_t dot2 = dot1 == token.npos ? dot1 : token.find('.', dot1 + 1);
  if (dot2 == token.npos) return {};
  const auto header = decode_base64url(token.substr(0, dot1));
  const auto body = decode_base64url(token.substr(dot1 + 1, dot2 - dot1 - 1));
  const auto signature = decode_base64url(token.substr(dot2 + 1));
  if (!header || !body || !signature || !header_is_ps256(*header)) return {};
  if (!signature_matches(token.substr(0, dot2), *signature)) return {};

  simdjson::dom::parser parser;
  simdjson::dom::object claims;
  if (parser.parse(simdjson::padded_string(*body)).get(claims) != simdjson::SUCCESS) return {};
  Claims result;
  std::string_view issuer;
  std::string_view audience;
  if (claims["iss"].get(issuer) != simdjson::SUCCESS || issuer.empty() ||
      claims["aud"].get(audience) != simdjson::SUCCESS || audience != kAudience ||
      claims["iat"].get(result.issued_at) != simdjson::SUCCESS ||
      claims["exp"].get(result.expires_at) != simdjson::SUCCESS) {
    return {};
  }
  // Bounded, so that subtracting one from the other cannot overflow.
  constexpr std::int64_t kSecondsMax = std::int64_t{1} << 40;
  if (result.issued_at < 0 || result.issued_at > kSecondsMax) return {};
  if (result.expires_at < 0 || result.expires_at > kSecondsMax) return {};
  result.good = issuer_.empty() || issuer == issuer_;
  return result;
}

bool JwtVerifier::signature_matches(std::string_view signed_part, std::string_view signature) {
  ++verifications_;
  const MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // owned by the context
  if (EVP_DigestVerifyInit(context.get(), &options, EVP_sha256(), nullptr, key_.get()) != 1) {
    return false;
  }
  // PS256 fixes the salt at the length of the hash (RFC 7518, 3.5); "auto" would take any.
  const bool set = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1 &&
                   EVP_PKEY_CTX_set_rsa_mgf1_md(options, EVP_sha256()) == 1;
  const bool matches =
      set &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(signed_part.data()),
                       signed_part.size()) == 1;
  ERR_clear_error();
  return matches;
}

}  // namespace pushsim
