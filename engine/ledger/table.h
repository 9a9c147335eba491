// The ledger's table: open addressing over 64-byte buckets, cut into
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
#include <vector>

#include "engine/ledger/fingerprint.h"
#include "engine/ledger/pages.h"

namespace herald::ledger {

inline constexpr unsigned kShardBits = 4;  // few, so that their tables are made of huge pages soon
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
  static constexpr std::uint64_t kBucketsMin = 64;        // one page
  static constexpr std::uint64_t kBucketsDoubled = 4096;  // 256 KiB

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
  std::uint64_t limit() const { return count_ * Bucket::kSlots * Bucket::kLoadPercentMax / 100; }

  // Of one shard, where all of them together are to take this many: shards differ by chance.
  static std::uint64_t buckets_for_share(std::uint64_t fingerprints) {
    const std::uint64_t share = fingerprints / kShards + fingerprints / (kShards * 64);
    const std::uint64_t slots = share * 100 / Bucket::kLoadPercentMax + Bucket::kSlots;
    return std::max(kBucketsMin, slots / Bucket::kSlots + 1);
  }
  // A small table doubles; a large one grows by a ninth, so that it is never much larger than it
  // must be.
  std::uint64_t buckets_grown() const {
    return count_ < kBucketsDoubled ? 2 * count_ : count_ + count_ / 9;
  }

  std::uint64_t slots() const { return count_ * Bucket::kSlots; }

  // A larger table with the same content; `moved(from, to)` hears of each slot by its number, which
  // is bucket * kSlots + slot. What fits into its home bucket goes there first: in a single pass
  // every full bucket would push all that comes after it on by one.
  template <class Moved>
  Table grown_to(std::uint64_t buckets, const Moved& moved) const {
    Table larger(buckets);
    std::vector<Place> rest;
    for (Place from{0, 0}; from.bucket < count_; ++from.bucket) {
      for (from.slot = 0; from.slot < Bucket::kSlots; ++from.slot) {
        const Fingerprint fingerprint = fingerprint_at(from);
        if (fingerprint == 0) break;
        if (!larger.put(larger.home(fingerprint), *this, from, moved)) rest.push_back(from);
      }
    }
    for (const Place from : rest) {
      std::uint64_t to = larger.home(fingerprint_at(from));
      while (!larger.put(to, *this, from, moved)) to = larger.next(to);
    }
    return larger;
  }

 private:
  struct Place {
    std::uint64_t bucket;
    std::size_t slot;
  };

  Fingerprint fingerprint_at(Place place) const {
    return buckets_[place.bucket].fingerprint[place.slot];
  }
  // False: the bucket is full.
  template <class Moved>
  bool put(std::uint64_t to, const Table& other, Place from, const Moved& moved) {
    for (std::size_t slot = 0; slot < Bucket::kSlots; ++slot) {
      if (buckets_[to].fingerprint[slot] != 0) continue;
      buckets_[to].take(slot, other.buckets_[from.bucket], from.slot);
      moved(from.bucket * Bucket::kSlots + from.slot, to * Bucket::kSlots + slot);
      return true;
    }
    return false;
  }

  Pages pages_;
  Bucket* buckets_;
  std::uint64_t count_;
};

}  // namespace herald::ledger
