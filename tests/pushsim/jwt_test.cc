// Which bearer tokens the service takes.
#include "tools/pushsim/jwt.h"

#include <gtest/gtest.h>

#include "tests/pushsim/support.h"
#include "tools/pushsim/setup_error.h"
#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

constexpr std::int64_t kNow = 1700000000;

class JwtTest : public testing::Test {
 protected:
  JwtVerdict check(const std::string& token, std::int64_t now = kNow) {
    return verifier_.check("Bearer " + token, now);
  }
  static std::string signed_with(std::string_view header, const std::string& body) {
    return account_key().token(header, body);
  }

  JwtVerifier verifier_{account_key().public_pem(), ""};
};

TEST_F(JwtTest, AGoodTokenPassesAndIsVerifiedOnce) {
  const std::string token = signed_with(kHeader, claims(kNow));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(check(token), JwtVerdict::good);
  const std::string other = signed_with(kHeader, claims(kNow, 1800));
  EXPECT_EQ(check(other), JwtVerdict::good);
  EXPECT_EQ(check(token), JwtVerdict::good);
  EXPECT_EQ(verifier_.verifications(), 2u);
}

TEST_F(JwtTest, ExpiryIsLookedAtEachTime) {
  const std::string token = signed_with(kHeader, claims(kNow));
  EXPECT_EQ(check(token, kNow + 3599), JwtVerdict::good);
  EXPECT_EQ(check(token, kNow + 3600), JwtVerdict::expired);
}

TEST_F(JwtTest, ALifeOfMoreThanADayIsTooLong) {
  EXPECT_EQ(check(signed_with(kHeader, claims(kNow, 86400))), JwtVerdict::good);
  EXPECT_EQ(check(signed_with(kHeader, claims(kNow, 86401))), JwtVerdict::too_long);
}

TEST_F(JwtTest, AnotherKeyIsRefused) {
  const SigningKey other;
  EXPECT_EQ(check(other.token(kHeader, claims(kNow))), JwtVerdict::refused);
}

TEST_F(JwtTest, AlgorithmNoneAndOthersAreRefused) {
  const std::string none = encode_base64url(R"({"alg":"none","typ":"JWT"})") + "." +
                           encode_base64url(claims(kNow)) + ".";
  EXPECT_EQ(check(none), JwtVerdict::refused);
  EXPECT_EQ(check(signed_with(R"({"alg":"RS256"})", claims(kNow))), JwtVerdict::refused);
  EXPECT_EQ(check(signed_with(R"({"typ":"JWT"})", claims(kNow))), JwtVerdict::refused);
}

TEST_F(JwtTest, ASaltThatIsNot32BytesIsRefused) {
  EXPECT_EQ(check(account_key().token(kHeader, claims(kNow), 20)), JwtVerdict::refused);
}

TEST_F(JwtTest, ChangedClaimsAreRefused) {
  const std::string token = signed_with(kHeader, claims(kNow));
  const std::size_t dot1 = token.find('.');
  const std::size_t dot2 = token.find('.', dot1 + 1);
  const std::string forged =
      token.substr(0, dot1 + 1) + encode_base64url(claims(kNow, 7200)) + token.substr(dot2);
  EXPECT_EQ(check(forged), JwtVerdict::refused);
}

TEST_F(JwtTest, ClaimsTheServiceNeedsMustBeThere) {
  EXPECT_EQ(check(signed_with(kHeader, R"({"iss":"s","iat":1700000000,"exp":1700003600})")),
            JwtVerdict::refused);
  EXPECT_EQ(check(signed_with(kHeader, claims(kNow, 3600, ""))), JwtVerdict::refused);
  EXPECT_EQ(check(signed_with(kHeader, "[]")), JwtVerdict::refused);
  EXPECT_EQ(check(signed_with(kHeader, claims(kNow + 301))), JwtVerdict::refused);
}

TEST_F(JwtTest, WhatIsNoBearerTokenIsRefused) {
  for (const std::string_view text : {"", "Bearer ", "Bearer a.b", "Bearer ....", "Basic abc"}) {
    EXPECT_EQ(verifier_.check(text, kNow), JwtVerdict::refused) << text;
  }
  const std::string token = signed_with(kHeader, claims(kNow));
  EXPECT_EQ(verifier_.check("bearer " + token, kNow), JwtVerdict::refused);
  EXPECT_EQ(check(token + "="), JwtVerdict::refused);
}

TEST_F(JwtTest, AnIssuerCanBeRequired) {
  JwtVerifier strict(account_key().public_pem(), "sub-1");
  EXPECT_EQ(strict.check("Bearer " + signed_with(kHeader, claims(kNow)), kNow), JwtVerdict::good);
  EXPECT_EQ(strict.check("Bearer " + signed_with(kHeader, claims(kNow, 3600, "sub-2")), kNow),
            JwtVerdict::refused);
}

TEST_F(JwtTest, AFileWithoutAnRsaKeyIsToldApart) {
  EXPECT_THROW(JwtVerifier("no key", ""), SetupError);
}

TEST(Base64Url, TakesTheUrlAlphabetWithoutPadding) {
  EXPECT_EQ(decode_base64url("-_8"), "\xfb\xff");
  EXPECT_EQ(encode_base64url("\xfb\xff"), "-_8");
  for (const char* bad : {"a", "ab=", "a+b/", "-_9"}) EXPECT_FALSE(decode_base64url(bad)) << bad;
}

}  // namespace
}  // namespace pushsim
