#include "engine/ledger/seen.h"

#include <cassert>

namespace herald::ledger {
Seen::Seen(std::uint64_t tokens) {
  const std::uint64_t buckets = Table<Bucket>::buckets_for_share(tokens);
  for (Shard& shard : shards_) shard.table = Table<Bucket>(buckets);
}

void Seen::insert(std::span<const Fingerprint> fingerprints, std::span<std::uint8_t> fresh) {
  assert(fresh.size() >= fingerprints.size());
  const std::size_t count = fingerprints.size();
  const auto home_address = [&](std::size_t i) {
    return shards_[shard_of(fingerprints[i])].table.home_address(fingerprints[i]);
  };
  for (std::size_t i = 0; i < std::min(count, kPrefetchAhead); ++i) {
    __builtin_prefetch(home_address(i), 1);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kPrefetchAhead < count) __builtin_prefetch(home_address(i + kPrefetchAhead), 1);
    fresh[i] = insert(fingerprints[i]) ? 1 : 0;
  }
}

bool Seen::insert(Fingerprint fingerprint) {
  assert(fingerprint != 0);
  Shard& shard = shards_[shard_of(fingerprint)];
  for (std::uint64_t b = shard.table.home(fingerprint);; b = shard.table.next(b)) {
    Bucket& bucket = shard.table[b];
    unsigned equal = 0;
    unsigned used = 0;  // slots fill in order, so this is the first empty one too
    for (const Fingerprint each : bucket.fingerprint) {
      equal |= each == fingerprint ? 1 : 0;
      used += each != 0 ? 1 : 0;
    }
    if (equal != 0) return false;
    if (used == Bucket::kSlots) continue;
    bucket.fingerprint[used] = fingerprint;
    // Grown afterwards, so that a duplicate never grows anything.
    if (++shard.tokens >= shard.table.limit()) {
      shard.table = shard.table.grown_to(shard.table.buckets_grown());
    }
    return true;
  }
}

std::uint64_t Seen::tokens() const {
  std::uint64_t tokens = 0;
  for (const Shard& shard : shards_) tokens += shard.tokens;
  return tokens;
}

std::uint64_t Seen::bytes() const {
  std::uint64_t bytes = 0;
  for (const Shard& shard : shards_) bytes += shard.table.bytes();
  return bytes;
}

}  // namespace herald::ledger
