#include "tests/auth/test_key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

namespace herald::auth {
namespace {

template <class Write>
std::string pem_of(Write write) {
  BIO* bio = BIO_new(BIO_s_mem());
  EXPECT_EQ(write(bio), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string private_pem(EVP_PKEY* key) {
  return pem_of([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace

std::string make_pem(int rsa_bits) {
  const PrivateKey key(EVP_RSA_gen(static_cast<unsigned>(rsa_bits)));
  return private_pem(key.get());
}

const std::string& rsa_pem() {
  static const std::string pem = make_pem(2048);
  return pem;
}

std::string elliptic_pem() {
  const PrivateKey key(EVP_EC_gen("P-256"));
  return private_pem(key.get());
}

std::string public_pem(EVP_PKEY* key) {
  return pem_of([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key); });
}

std::string json_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string account_json(std::string_view pem) {
  return R"({"project_id":"1234567890","key_id":"key-1","private_key":")" + json_escaped(pem) +
         R"(","sub_account":"sub-1","auth_uri":"https://oauth-login.cloud.huawei.com/oauth2/v3"})";
}

KeyDirectory::KeyDirectory() {
  std::string name = testing::TempDir() + "herald-auth-XXXXXX";
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  directory_ = name;
}

KeyDirectory::~KeyDirectory() { std::filesystem::remove_all(directory_); }

std::filesystem::path KeyDirectory::write(std::string_view content, unsigned mode,
                                          std::string_view name) {
  const std::filesystem::path file = directory_ / name;
  std::ofstream(file, std::ios::binary) << content;
  EXPECT_EQ(chmod(file.c_str(), mode), 0);
  return file;
}

ServiceAccount KeyDirectory::account() {
  return load_key_file(write(account_json(rsa_pem()))).value();
}

}  // namespace herald::auth
