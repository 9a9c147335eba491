// Keys for the tests, made when they run: no key lies in the repository.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/auth/key_file.h"

namespace herald::auth {

const std::string& rsa_pem();  // PKCS#8, 2048 bits; the same one for the whole run
std::string make_pem(int rsa_bits);
std::string elliptic_pem();
std::string public_pem(EVP_PKEY* key);

// "a\nb" as the inside of a JSON string.
std::string json_escaped(std::string_view text);
std::string account_json(std::string_view pem);

// A directory of its own that goes with the test.
class KeyDirectory : public testing::Test {
 protected:
  KeyDirectory();
  ~KeyDirectory() override;
  // The path; mode is set exactly, whatever the umask.
  std::filesystem::path write(std::string_view content, unsigned mode = 0600,
                              std::string_view name = "demo.json");
  ServiceAccount account();

  std::filesystem::path directory_;
};

}  // namespace herald::auth
