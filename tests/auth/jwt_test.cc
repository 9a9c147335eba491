// The JWT against the service's description (api.md 4), and its signature against two verifiers.
#include "engine/auth/jwt.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <fstream>
#include <vector>

#include "tests/auth/test_key.h"

namespace herald::auth {
namespace {

constexpr base::WallTime kNow{std::chrono::milliseconds{1700000000999}};
constexpr std::string_view kSigningInput =
    "eyJraWQiOiJrZXktMSIsInR5cCI6IkpXVCIsImFsZyI6IlBTMjU2In0."
    "eyJhdWQiOiJodHRwczovL29hdXRoLWxvZ2luLmNsb3VkLmh1YXdlaS5jb20vb2F1dGgyL3YzL3Rva2VuIiwiaXNzIjoi"
    "c3ViLTEiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMH0";

// Written apart from the encoder under test.
std::vector<unsigned char> decode(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const std::size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  std::vector<unsigned char> bytes(text.size() / 4 * 3);
  EXPECT_GE(EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                            static_cast<int>(text.size())),
            0);
  bytes.resize(bytes.size() - padding);
  return bytes;
}

bool verifies(EVP_PKEY* key, std::string_view input, const std::vector<unsigned char>& signature) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* options = nullptr;
  const bool good =
      EVP_DigestVerifyInit(context, &options, EVP_sha256(), nullptr, key) == 1 &&
      EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
      EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 32) == 1 &&
      EVP_PKEY_CTX_set_rsa_mgf1_md(options, EVP_sha256()) == 1 &&
      EVP_DigestVerify(context, signature.data(), signature.size(),
                       reinterpret_cast<const unsigned char*>(input.data()), input.size()) == 1;
  EVP_MD_CTX_free(context);
  return good;
}

struct Parts {
  std::string input;
  std::string signature;
};

Parts split(const std::string& token) {
  const std::size_t dot = token.rfind('.');
  return {token.substr(0, dot), token.substr(dot + 1)};
}

class Jwt : public KeyDirectory {
 protected:
  ServiceAccount account_ = account();
};

TEST_F(Jwt, SigningInputIsTheOneOfTheCheckVector) {
  EXPECT_EQ(signing_input(account_, std::chrono::floor<std::chrono::seconds>(kNow)), kSigningInput);
}

TEST_F(Jwt, IsTheSigningInputAndAnUnpaddedSignature) {
  const std::string token = sign(account_, kNow).value();
  EXPECT_EQ(split(token).input, kSigningInput);
  EXPECT_EQ(split(token).signature.size(), 342u);  // 256 bytes
  EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789-_."),
            token.npos);
}

TEST_F(Jwt, SignatureVerifiesAndNoOtherInputDoes) {
  const Parts parts = split(sign(account_, kNow).value());
  const auto signature = decode(parts.signature);
  EXPECT_TRUE(verifies(account_.key.get(), parts.input, signature));
  EXPECT_FALSE(verifies(account_.key.get(), parts.input + "x", signature));
  const ServiceAccount other =
      load_key_file(write(account_json(make_pem(2048)), 0600, "other.json")).value();
  EXPECT_FALSE(verifies(other.key.get(), parts.input, signature));
}

TEST_F(Jwt, EveryLengthOfNameEncodesWithoutPadding) {
  for (const std::string name : {"a", "ab", "abc", "abcd"}) {
    account_.key_id = name;
    const std::string token = sign(account_, kNow).value();
    const auto header = decode(token.substr(0, token.find('.')));
    EXPECT_EQ(std::string(header.begin(), header.end()),
              R"({"kid":")" + name + R"(","typ":"JWT","alg":"PS256"})");
    EXPECT_EQ(token.find('='), token.npos);
  }
}

TEST_F(Jwt, OpensslProgramVerifiesIt) {
  if (std::system("openssl version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no openssl program";
  const Parts parts = split(sign(account_, kNow).value());
  const auto signature = decode(parts.signature);
  write(public_pem(account_.key.get()), 0600, "pub.pem");
  write(std::string(signature.begin(), signature.end()), 0600, "signature");
  write(parts.input, 0600, "input");
  const std::string command =
      "cd '" + directory_.string() +
      "' && openssl dgst -sha256 -verify pub.pem -sigopt rsa_padding_mode:pss"
      " -sigopt rsa_pss_saltlen:32 -signature signature input >verdict 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::string verdict;
  std::getline(std::ifstream(directory_ / "verdict"), verdict);
  EXPECT_EQ(verdict, "Verified OK");
}

}  // namespace
}  // namespace herald::auth
