// Which tokens a campaign has had already: the first of equal ones is fresh, the rest duplicates.
// 10 to 12 bytes a token.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/ledger/fingerprint.h"
#include "engine/ledger/table.h"

namespace herald::ledger {

class Seen {  // one thread: the campaign's ingest thread
 public:
  // `tokens` is a guess that saves growing; it bounds nothing.
  explicit Seen(std::uint64_t tokens = 0);

  // fresh[i] becomes 1 where fingerprints[i] was never seen, in earlier calls or earlier in this
  // one, and 0 where it was. Throws std::bad_alloc when the kernel has no memory to grow.
  void insert(std::span<const Fingerprint> fingerprints, std::span<std::uint8_t> fresh);

  std::uint64_t tokens() const;
  std::uint64_t bytes() const;

 private:
  struct Bucket {
    static constexpr std::size_t kSlots = 8;
    static constexpr std::uint64_t kLoadPercentMax = 80;  // 10 to 12 bytes a token
    std::array<std::uint64_t, kSlots> fingerprint;

    void take(std::size_t to, const Bucket& from, std::size_t slot) {
      fingerprint[to] = from.fingerprint[slot];
    }
  };
  struct Shard {
    Table<Bucket> table;
    std::uint64_t tokens = 0;
  };

  bool insert(Fingerprint fingerprint);

  std::array<Shard, kShards> shards_;
};

}  // namespace herald::ledger
