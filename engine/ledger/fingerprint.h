// What the ledger knows a device by: 64 bits of tenant, app and token, seeded per data directory,
// so that nobody who does not know the seed can make two tokens collide.
//
// Among 100 million devices two collide with a probability of 3e-4; the effect is a false
// duplicate or over_quota, never a message too many.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace herald::ledger {

using Fingerprint = std::uint64_t;  // never 0: that is an empty slot

// Any thread.
class Fingerprinter {
 public:
  Fingerprinter(std::uint64_t seed, std::string_view tenant, std::string_view app);

  Fingerprint operator()(std::string_view token) const;

  // The same for a batch of anything with `const char* data` and `std::uint32_t size`, such as
  // audience::Record: one call, the hash inlined in its loop.
  template <class Record>
  void operator()(std::span<const Record> records, std::span<Fingerprint> out) const {
    assert(out.size() >= records.size());
    if (records.empty()) return;
    hash(&records[0].data, &records[0].size, sizeof(Record), records.size(), out.data());
  }

 private:
  static constexpr std::size_t kSecretBytes = 192;  // XXH3_SECRET_DEFAULT_SIZE

  void hash(const char* const* data, const std::uint32_t* size, std::size_t stride,
            std::size_t count, Fingerprint* out) const;

  std::uint64_t seed_;
  // Derived from the seed once; XXH3 would derive it again for every token above 240 bytes.
  alignas(64) std::array<unsigned char, kSecretBytes> secret_;
};

}  // namespace herald::ledger
