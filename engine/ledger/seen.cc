#include "engine/ledger/seen.h"

#include <cassert>
#include <utility>

namespace herald::ledger {
namespace {

struct Look {
  unsigned equal;  // 1: the fingerprint is there
  unsigned used;   // slots fill in order, so this is the first empty one too
};

// Folds instead of loops, which g++ -O2 does not unroll, and no branches, which cannot be
// predicted.
template <std::size_t... kSlot>
Look look(const std::array<std::uint64_t, sizeof...(kSlot)>& slots, Fingerprint wanted,
          std::index_sequence<kSlot...>) {
  return {.equal = (static_cast<unsigned>(slots[kSlot] == wanted) + ...),
          .used = (static_cast<unsigned>(slots[kSlot] != 0) + ...)};
}
template <std::size_t kSlots>
Look look(const std::array<std::uint64_t, kSlots>& slots, Fingerprint wanted) {
  return look(slots, wanted, std::make_index_sequence<kSlots>{});
}

}  // namespace

Seen::Seen(std::uint64_t tokens) {
  const std::uint64_t buckets = Table<Bucket>::buckets_for(tokens / kShards);
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
    const auto [equal, used] = look(bucket.fingerprint, fingerprint);
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
