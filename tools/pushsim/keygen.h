// `pushsim keygen DIR`: the keys a demo needs.
#pragma once

#include <string>

namespace pushsim {

struct KeygenOptions {
  std::string directory;
  std::string project = "1234567890";
  int bits = 3072;  // of the RSA key; the service's own sample has 4096
};

// Makes service-account.json (0600), service-account.pub.pem, tls.key (0600) and tls.crt in the
// folder, which is made 0700 if it is not there. Throws SetupError; writes nothing if any of the
// four exists already.
void generate_keys(const KeygenOptions& options);

}  // namespace pushsim
