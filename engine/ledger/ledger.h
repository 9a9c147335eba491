// What every device has had today, and who may not be sent to: in memory, safe from any thread.
//
// Fingerprints and a charge come in, a verdict for each goes out. A device is charged on all days
// of the charge or on none, and two threads never both get the last message of an allowance. The
// store is what survives a crash: at start the ledger is filled again with restore and suppress.
//
// Cost: 24 to 27 bytes a device, one cache line a device touched, prefetched; no lock, allocation
// or virtual call a token. While a shard grows (1/16 of the table, milliseconds) callers wait.
// Fails: std::bad_alloc when the kernel has no memory for a larger table. The call may then have
// charged some of its devices, so the process must end: what it charged and did not reserve is
// forgotten with it, and the next start counts from the store.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <vector>

#include "engine/base/day.h"
#include "engine/ledger/charge.h"
#include "engine/ledger/fingerprint.h"
#include "engine/ledger/seen.h"
#include "engine/ledger/slot_state.h"
#include "engine/ledger/table.h"

namespace herald::ledger {

class Ledger {  // any thread, several at once
 public:
  // `devices` is a guess that saves growing; it bounds nothing.
  explicit Ledger(std::uint64_t devices = 0);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Room for this many devices in all, before they come: growing to it step by step would copy each
  // of them several times.
  void reserve(std::uint64_t devices);

  // A fingerprint that comes twice is charged twice, in the order of the span.
  void charge(std::span<const Fingerprint> fingerprints, const Charge& charge,
              std::span<Verdict> out);
  // The same for a campaign: a device it has had already is a duplicate, and not charged.
  void charge(std::span<const Fingerprint> fingerprints, const Charge& charge, Seen& seen,
              std::span<Verdict> out);

  // For a campaign that goes on: it has had these devices, and they are charged already.
  void mark(std::span<const Fingerprint> fingerprints, Seen& seen);

  // Gives back what charge took, on the days that are still held. A charge that was moved to a
  // later day because the clock was set back is not given back: it cannot be told from another one.
  void release(std::span<const Fingerprint> fingerprints, base::DaySet days, bool marketing);

  // Counts without limits, for the rebuild at start. What does not fit its field stays at the
  // field's highest value and is never given back.
  void restore(std::span<const Fingerprint> fingerprints, base::DaySet days, bool marketing);

  // Until `until`, the first day on which it no longer applies; `none` lifts what there is.
  void suppress(Fingerprint fingerprint, Suppression kind, base::Day until);

  // What is known of a device; all defaults when that is nothing.
  DeviceState find(Fingerprint fingerprint) const;
  // In no promised order. The visitor must not call the ledger.
  void for_each(const std::function<void(Fingerprint, const DeviceState&)>& visit) const;

  std::uint64_t devices() const;
  std::uint64_t bytes() const;  // of the tables, and of what campaigns have seen

 private:
  struct Bucket {
    static constexpr std::size_t kSlots = 4;
    // A device that is not in its home bucket costs a second cache line or a third. The fuller, the
    // more of them: at 72 % a charge takes a fifth longer than at 66 %.
    static constexpr std::uint64_t kLoadPercentMax = 66;
    std::array<std::uint64_t, kSlots> fingerprint;
    std::array<std::uint64_t, kSlots> state;

    void take(std::size_t to, const Bucket& from, std::size_t slot) {
      fingerprint[to] = from.fingerprint[slot];
      state[to] = from.state[slot];
    }
  };
  struct alignas(64) Shard {  // a cache line: neighbours are touched by other threads
    Table<Bucket> table;
    std::atomic<std::uint64_t> devices{0};
  };
  enum class Missing : std::uint8_t { insert, pass_over };
  // Fingerprints between the first pass and the second: what the first has touched is still in the
  // L1.
  static constexpr std::size_t kBlock = 128;
  using Later = std::array<std::size_t, kBlock>;  // indexes into the fingerprints
  struct Block {
    std::span<const Fingerprint> fingerprints;  // of the whole call
    std::size_t begin;                          // of the block
    std::size_t end;
  };
  // Where a device stands.
  struct Slot {
    std::uint64_t* state;  // null: nowhere
    std::size_t shard;
    std::uint64_t number;  // in its shard
  };

  Slot slot_of(std::size_t shard, std::uint64_t bucket, unsigned slot) const;
  Slot find_slot(Fingerprint fingerprint) const;
  Slot find_or_insert(Fingerprint fingerprint);
  const Bucket* home_address(Fingerprint fingerprint) const {
    return shards_[shard_of(fingerprint)].table.home_address(fingerprint);
  }
  // Change: `also_touches(shard, number)` ahead of time, `admit(i, slot)` once for each, then
  // `operator()(i, state)` until its result is stored.
  template <Missing kMissing, class Change>
  void change_all(std::span<const Fingerprint> fingerprints, const Change& change);
  template <class Change>
  std::size_t change_at_home(const Block& block, Later& later, const Change& change);
  template <Missing kMissing, class Change>
  std::size_t change_later(std::span<const Fingerprint> fingerprints,
                           std::span<const std::size_t> later, const Change& change);
  std::shared_lock<std::shared_mutex> lock_tables() const;
  void grow_if_full(std::size_t shard);
  void grow_to(std::size_t shard, std::uint64_t buckets);

  friend class Seen;
  void attach(Seen& seen);
  void detach(Seen& seen);

  // Whoever wants the tables passes the gate first, so that a shard that must grow is not kept
  // waiting by callers that overlap for ever (glibc's lock prefers readers).
  mutable std::mutex gate_;
  mutable std::shared_mutex tables_;  // shared: to use them; exclusive: to replace one
  std::array<Shard, kShards> shards_;
  std::vector<Seen*> seen_;  // guarded by tables_; of the campaigns whose audience is being read
};

}  // namespace herald::ledger
