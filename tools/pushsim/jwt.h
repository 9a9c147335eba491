// Checks the bearer token of a request as the service does (RFC 7515, RFC 7518 section 3.5).
// In: the value of the authorization header. Out: a verdict. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tools/pushsim/ossl.h"

namespace pushsim {

enum class JwtVerdict {
  good,
  refused,  // missing, unreadable, another algorithm, a wrong signature, issuer or audience
  expired,
  too_long,  // lives longer than a day
};

class JwtVerifier {
 public:
  // `public_key_pem` is the service account's; an empty `issuer` lets any but an empty one pass.
  // Throws SetupError.
  JwtVerifier(std::string_view public_key_pem, std::string issuer);

  JwtVerdict check(std::string_view authorization, std::int64_t now_seconds);

  // How often a signature was really computed: once per distinct token, as tests show.
  std::uint64_t verifications() const { return verifications_; }

 private:
  struct Claims {
    std::int64_t issued_at = 0;
    std::int64_t expires_at = 0;
    bool good = false;  // signed by the key, with the claims the service wants
  };
  Claims read(std::string_view token);
  bool signature_matches(std::string_view signed_part, std::string_view signature);

  PkeyPtr key_;
  std::string issuer_;
  std::unordered_map<std::string, Claims> seen_;  // emptied when full
  std::string last_;                              // saves the lookup: clients reuse a token an hour
  Claims last_claims_;
  std::uint64_t verifications_ = 0;
};

}  // namespace pushsim
