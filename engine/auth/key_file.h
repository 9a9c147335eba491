// The service-account key of an app: a JSON file from the API console (api.md 4).
//
// It signs for everything the app may send, so a file that others could have read or put there is
// refused, without a switch (I81): no symbolic link, regular, owned by us or root, mode 0600 or
// stricter.
#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "herald/config.h"
#include "herald/result.h"

namespace herald::auth {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const noexcept;
};
using PrivateKey = std::unique_ptr<EVP_PKEY, KeyDeleter>;

struct ServiceAccount {
  std::string project_id;
  std::string key_id;       // becomes `kid`
  std::string sub_account;  // becomes `iss`
  PrivateKey key;           // RSA, 2048 bits or more
};

// The text of the key is wiped from memory before this returns; only the parsed key remains.
// Errors: key_refused, with the path, what is wrong and the way out; never with content.
Result<ServiceAccount> load_key_file(const std::filesystem::path& file);

// The same for an app of the configuration: errors begin with file:line and the app's name.
// Errors: key_refused; config when the key belongs to another project than the app.
Result<ServiceAccount> load_key(const AppConfig& app);

}  // namespace herald::auth
