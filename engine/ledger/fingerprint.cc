#include "engine/ledger/fingerprint.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace herald::ledger {
namespace {

Fingerprint fingerprint(const char* data, std::size_t size, const unsigned char* secret,
                        std::size_t secret_size, std::uint64_t seed) {
  const Fingerprint hash = XXH3_64bits_withSecretandSeed(data, size, secret, secret_size, seed);
  return hash != 0 ? hash : 1;
}

template <class T>
const T& at(const T* first, std::size_t stride, std::size_t index) {
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(first) + stride * index);
}

}  // namespace

// Each part is hashed with the hash of the one before as its seed: no separator that a name could
// contain.
Fingerprinter::Fingerprinter(std::uint64_t seed, std::string_view tenant, std::string_view app) {
  static_assert(kSecretBytes == XXH3_SECRET_DEFAULT_SIZE);
  seed_ = XXH3_64bits_withSeed(tenant.data(), tenant.size(), seed);
  seed_ = XXH3_64bits_withSeed(app.data(), app.size(), seed_);
  XXH3_generateSecret_fromSeed(secret_.data(), seed_);
}

Fingerprint Fingerprinter::operator()(std::string_view token) const {
  return fingerprint(token.data(), token.size(), secret_.data(), secret_.size(), seed_);
}

void Fingerprinter::hash(const char* const* data, const std::uint32_t* size, std::size_t stride,
                         std::size_t count, Fingerprint* out) const {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = fingerprint(at(data, stride, i), at(size, stride, i), secret_.data(), secret_.size(),
                         seed_);
  }
}

}  // namespace herald::ledger
