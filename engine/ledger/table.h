// What the ledger and the de-duplication share: open addressing over 64-byte buckets, cut into
// shards by the top bits of the fingerprint so that growing stops and doubles little at a time.
//
// A bucket is found by multiply-high range reduction of the bits below the shard's. It keeps the
// order of the fingerprints, so a table may grow by a quarter instead of doubling, and growing
// is one sequential copy. Slots of a bucket fill in order and nothing is ever removed: a probe ends
// at the first empty slot.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/ledger/fingerprint.h"
#include "engine/ledger/pages.h"

namespace herald::ledger {

inline constexpr unsigned kShardBits = 6;
inline constexpr std::size_t kShards = std::size_t{1} << kShardBits;
// Fingerprints whose buckets are asked for ahead. A whole batch ahead would be twice the L1.
inline constexpr std::size_t kPrefetchAhead = 32;

inline std::size_t shard_of(Fingerprint fingerprint) { return fingerprint >> (64 - kShardBits); }

// Bucket: 64 bytes, trivial, zero is empty; `kSlots`, `fingerprint[kSlots]`, `take(slot, from,
// slot)`.
template <class Bucket>
class Table {
  static_assert(sizeof(Bucket) == 64);

 public:
  static constexpr std::uint64_t kBucketsMin = 64;  // one page

  Table() : Table(kBucketsMin) {}
  explicit Table(std::uint64_t buckets)
      : pages_(buckets * sizeof(Bucket)),
        buckets_(static_cast<Bucket*>(pages_.data())),
        count_(buckets) {}

  std::uint64_t home(Fingerprint fingerprint) const {
    const auto wide = static_cast<unsigned __int128>(fingerprint << kShardBits) * count_;
    return static_cast<std::uint64_t>(wide >> 64);
  }
  std::uint64_t next(std::uint64_t bucket) const { return bucket + 1 == count_ ? 0 : bucket + 1; }
  Bucket& operator[](std::uint64_t bucket) const { return buckets_[bucket]; }
  // For the caller to prefetch. Not a function that does it: g++ 12 takes one that only prefetches
  // for one without effect, and drops the call.
  const Bucket* home_address(Fingerprint fingerprint) const { return &buckets_[home(fingerprint)]; }

  std::uint64_t buckets() const { return count_; }
  std::uint64_t bytes() const { return pages_.bytes(); }
  // How many fingerprints it takes before it must grow.
  std::uint64_t limit() const { return count_ * Bucket::kSlots * kLoadPercentMax / 100; }

  static std::uint64_t buckets_for(std::uint64_t fingerprints) {
    const std::uint64_t slots = fingerprints * 100 / kLoadPercentMax + Bucket::kSlots;
    return std::max(kBucketsMin, slots / Bucket::kSlots + 1);
  }
  std::uint64_t buckets_grown() const { return count_ + count_ / 4; }

  // A larger table with the same content.
  Table grown_to(std::uint64_t buckets) const {
    Table larger(buckets);
    for (std::uint64_t b = 0; b < count_; ++b) {
      for (std::size_t slot = 0; slot < Bucket::kSlots && buckets_[b].fingerprint[slot] != 0;
           ++slot) {
        larger.place(buckets_[b], slot);
      }
    }
    return larger;
  }

 private:
  static constexpr std::uint64_t kLoadPercentMax = 80;

  void place(const Bucket& from, std::size_t slot) {
    for (std::uint64_t b = home(from.fingerprint[slot]);; b = next(b)) {
      for (std::size_t to = 0; to < Bucket::kSlots; ++to) {
        if (buckets_[b].fingerprint[to] == 0) return buckets_[b].take(to, from, slot);
      }
    }
  }

  Pages pages_;
  Bucket* buckets_;
  std::uint64_t count_;
};

}  // namespace herald::ledger
