// Which devices a campaign has had already: of equal tokens the first is charged, the rest are
// duplicates.
//
// One bit for each slot of the ledger, so about a sixth of a byte a device, and looking costs next
// to nothing: the slot has just been found. When the ledger grows, the bits move with their slots.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/ledger/pages.h"
#include "engine/ledger/table.h"

namespace herald::ledger {

class Ledger;

// Used by calls to Ledger::charge, from any thread and several at once: of equal tokens in them one
// is first. It must go before its ledger.
class Seen {
 public:
  explicit Seen(Ledger& ledger);
  ~Seen();
  Seen(const Seen&) = delete;
  Seen& operator=(const Seen&) = delete;

  std::uint64_t bytes() const;

 private:
  friend class Ledger;

  class Bits {
   public:
    Bits() : Bits(0) {}
    explicit Bits(std::uint64_t count) : pages_(count / 8 + sizeof(std::uint64_t)) {}

    // Whether it was clear.
    bool set(std::uint64_t bit) {
      const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
      const std::atomic_ref word(words()[bit / 64]);
      // Relaxed: the bit is all there is to know. Looking first saves duplicates the locked write.
      if ((word.load(std::memory_order_relaxed) & mask) != 0) return false;
      return (word.fetch_or(mask, std::memory_order_relaxed) & mask) == 0;
    }
    bool test(std::uint64_t bit) const { return (words()[bit / 64] >> (bit % 64) & 1) != 0; }
    const void* address(std::uint64_t bit) const { return &words()[bit / 64]; }
    std::uint64_t bytes() const { return pages_.bytes(); }

   private:
    std::uint64_t* words() const { return static_cast<std::uint64_t*>(pages_.data()); }

    Pages pages_;
  };

  Ledger& ledger_;
  std::array<Bits, kShards> bits_;  // guarded by the ledger's lock of its tables
};

}  // namespace herald::ledger
