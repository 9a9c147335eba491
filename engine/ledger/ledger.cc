#include "engine/ledger/ledger.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace herald::ledger {
namespace {

// Relaxed everywhere: a slot's fingerprint is written once and its state is one word, so each is
// all there is to know; the tables themselves are published by the lock.
constexpr auto kOrder = std::memory_order_relaxed;

std::uint64_t load(std::uint64_t& word) { return std::atomic_ref(word).load(kOrder); }

// The fingerprints of a bucket, each read once: whether a slot is the wanted one and whether it is
// empty must be said of the same moment, or a fingerprint that another thread puts there in between
// would be inserted again behind it.
// Here and below, folds instead of loops: g++ -O2 does not unroll, and the loops cost 5 ns a
// device.
template <std::size_t... kSlot>
std::array<std::uint64_t, sizeof...(kSlot)> load_each(
    std::array<std::uint64_t, sizeof...(kSlot)>& words, std::index_sequence<kSlot...>) {
  return {load(words[kSlot])...};
}
template <std::size_t kSlots>
std::array<std::uint64_t, kSlots> load_each(std::array<std::uint64_t, kSlots>& words) {
  return load_each(words, std::make_index_sequence<kSlots>{});
}

// One bit a slot that holds `wanted`: no branch, as which slot it is cannot be predicted.
template <std::size_t... kSlot>
unsigned matches(const std::array<std::uint64_t, sizeof...(kSlot)>& fingerprints,
                 std::uint64_t wanted, std::index_sequence<kSlot...>) {
  return ((static_cast<unsigned>(fingerprints[kSlot] == wanted) << kSlot) | ...);
}
template <std::size_t kSlots>
unsigned matches(const std::array<std::uint64_t, kSlots>& fingerprints, std::uint64_t wanted) {
  return matches(fingerprints, wanted, std::make_index_sequence<kSlots>{});
}

unsigned lowest(unsigned mask) { return static_cast<unsigned>(__builtin_ctz(mask)); }

template <class Change>
[[gnu::always_inline]] inline void change_word(std::uint64_t& word, std::size_t index,
                                               const Change& change) {
  const std::atomic_ref state(word);
  std::uint64_t before = state.load(kOrder);
  SlotState after;
  do {
    after = SlotState{before};
    if (!change(index, after)) return;
  } while (!state.compare_exchange_weak(before, after.bits(), kOrder));
}

// Changes that concern every device, and look at nothing but its state.
template <class Function>
struct Always {
  Function function;

  static constexpr bool touches_more() { return false; }
  template <class Slot>
  bool admit(std::size_t, const Slot&) const {
    return true;
  }
  bool operator()(std::size_t i, SlotState& state) const { return function(i, state); }
};
template <class Function>
Always(Function) -> Always<Function>;  // clang 14 does not deduce aggregates

}  // namespace

Ledger::Ledger(std::uint64_t devices) {
  const std::uint64_t buckets = Table<Bucket>::buckets_for_share(devices);
  for (Shard& shard : shards_) shard.table = Table<Bucket>(buckets);
}

Ledger::Slot Ledger::slot_of(std::size_t shard, std::uint64_t bucket, unsigned slot) const {
  return {&shards_[shard].table[bucket].state[slot], shard, bucket * Bucket::kSlots + slot};
}

Ledger::Slot Ledger::find_slot(Fingerprint fingerprint) const {
  const std::size_t shard = shard_of(fingerprint);
  const Table<Bucket>& table = shards_[shard].table;
  for (std::uint64_t b = table.home(fingerprint);; b = table.next(b)) {
    const auto present = load_each(table[b].fingerprint);
    if (const unsigned mask = matches(present, fingerprint)) return slot_of(shard, b, lowest(mask));
    if (matches(present, 0) != 0) return {nullptr, shard, 0};
  }
}

// Nowhere: the shard must grow first. Two threads that insert the same fingerprint race for the
// same slot, the first empty one on the way from its home: slots fill in order and stay taken.
Ledger::Slot Ledger::find_or_insert(Fingerprint fingerprint) {
  const std::size_t index = shard_of(fingerprint);
  Shard& shard = shards_[index];
  std::uint64_t b = shard.table.home(fingerprint);
  for (;;) {
    Bucket& bucket = shard.table[b];
    const auto present = load_each(bucket.fingerprint);
    if (const unsigned mask = matches(present, fingerprint)) return slot_of(index, b, lowest(mask));
    const unsigned empty = matches(present, 0);
    if (empty == 0) {
      b = shard.table.next(b);
      continue;
    }
    if (shard.devices.fetch_add(1, kOrder) >= shard.table.limit()) {
      shard.devices.fetch_sub(1, kOrder);
      return {nullptr, index, 0};
    }
    std::uint64_t expected = 0;
    const unsigned slot = lowest(empty);
    if (std::atomic_ref(bucket.fingerprint[slot])
            .compare_exchange_strong(expected, fingerprint, kOrder)) {
      return slot_of(index, b, slot);
    }
    shard.devices.fetch_sub(1, kOrder);  // another thread took the slot: look at the bucket again
  }
}

// First pass over a block: the devices that are in their home bucket, nine in ten. The rest is left
// for later, with the next two buckets asked for: waiting for one here would cost as much as six
// others.
template <class Change>
std::size_t Ledger::change_at_home(const Block& block, Later& later, const Change& change) {
  const Fingerprint* const fingerprints = block.fingerprints.data();
  std::size_t left = 0;
  for (std::size_t i = block.begin; i < block.end; ++i) {
    if (i + kPrefetchAhead < block.fingerprints.size()) {
      const Fingerprint ahead = fingerprints[i + kPrefetchAhead];
      const std::size_t ahead_shard = shard_of(ahead);
      const Table<Bucket>& table = shards_[ahead_shard].table;
      const std::uint64_t bucket = table.home(ahead);
      __builtin_prefetch(&table[bucket], 1);
      if constexpr (Change::touches_more()) {
        __builtin_prefetch(change.also_touches(ahead_shard, bucket * Bucket::kSlots), 1);
      }
    }
    assert(fingerprints[i] != 0);
    const std::size_t shard = shard_of(fingerprints[i]);
    const Table<Bucket>& table = shards_[shard].table;
    const std::uint64_t home = table.home(fingerprints[i]);
    Bucket& bucket = table[home];
    const unsigned mask = matches(load_each(bucket.fingerprint), fingerprints[i]);
    if (mask != 0) [[likely]] {
      const unsigned slot = lowest(mask);
      if (change.admit(i, slot_of(shard, home, slot))) change_word(bucket.state[slot], i, change);
    } else {
      const std::uint64_t next = table.next(home);
      __builtin_prefetch(&table[next], 1);
      __builtin_prefetch(&table[table.next(next)], 1);
      later[left++] = i;
    }
  }
  return left;
}

// Second pass; gives how many of `later` are done. Fewer than all: the shard of the next must grow.
template <Ledger::Missing kMissing, class Change>
std::size_t Ledger::change_later(std::span<const Fingerprint> fingerprints,
                                 std::span<const std::size_t> later, const Change& change) {
  for (std::size_t done = 0; done < later.size(); ++done) {
    const std::size_t i = later[done];
    const Slot slot =
        kMissing == Missing::insert ? find_or_insert(fingerprints[i]) : find_slot(fingerprints[i]);
    if (slot.state != nullptr) {
      if (change.admit(i, slot)) change_word(*slot.state, i, change);
    } else if (kMissing == Missing::insert) {
      return done;
    }
  }
  return later.size();
}

template <Ledger::Missing kMissing, class Change>
void Ledger::change_all(std::span<const Fingerprint> fingerprints, const Change& change) {
  const std::size_t count = fingerprints.size();
  auto lock = lock_tables();
  for (std::size_t i = 0; i < std::min(count, kPrefetchAhead); ++i) {
    __builtin_prefetch(home_address(fingerprints[i]), 1);
  }
  Later buffer;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const Block block{fingerprints, begin, std::min(begin + kBlock, count)};
    std::span<const std::size_t> later(buffer.data(), change_at_home(block, buffer, change));
    for (;;) {
      later = later.subspan(change_later<kMissing>(fingerprints, later, change));
      if (later.empty()) break;
      lock.unlock();
      grow_if_full(shard_of(fingerprints[later.front()]));
      lock = lock_tables();
    }
  }
}

std::shared_lock<std::shared_mutex> Ledger::lock_tables() const {
  const std::lock_guard gate(gate_);
  return std::shared_lock(tables_);
}

void Ledger::grow_if_full(std::size_t index) {
  const std::lock_guard gate(gate_);
  const std::lock_guard lock(tables_);
  Shard& shard = shards_[index];
  if (shard.devices.load(kOrder) < shard.table.limit()) return;  // another thread was first
  grow_to(index, shard.table.buckets_grown());
}

// With tables_ held alone.
void Ledger::grow_to(std::size_t index, std::uint64_t buckets) {
  Table<Bucket>& table = shards_[index].table;
  std::vector<Seen::Bits> bits;
  for (std::size_t i = 0; i < seen_.size(); ++i) bits.emplace_back(buckets * Bucket::kSlots);
  table = table.grown_to(buckets, [&](std::uint64_t from, std::uint64_t to) {
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (seen_[i]->bits_[index].test(from)) bits[i].set(to);
    }
  });
  for (std::size_t i = 0; i < seen_.size(); ++i) seen_[i]->bits_[index] = std::move(bits[i]);
}

void Ledger::attach(Seen& seen) {
  const std::lock_guard gate(gate_);
  const std::lock_guard lock(tables_);
  for (std::size_t i = 0; i < kShards; ++i) seen.bits_[i] = Seen::Bits(shards_[i].table.slots());
  seen_.push_back(&seen);
}

void Ledger::detach(Seen& seen) {
  const std::lock_guard gate(gate_);
  const std::lock_guard lock(tables_);
  seen_.erase(std::find(seen_.begin(), seen_.end(), &seen));
}

void Ledger::reserve(std::uint64_t devices) {
  const std::uint64_t buckets = Table<Bucket>::buckets_for_share(devices);
  for (std::size_t i = 0; i < kShards; ++i) {
    const std::lock_guard gate(gate_);
    const std::lock_guard lock(tables_);
    if (shards_[i].table.buckets() < buckets) grow_to(i, buckets);
  }
}

void Ledger::charge(std::span<const Fingerprint> fingerprints, const Charge& charge,
                    std::span<Verdict> out) {
  assert(out.size() >= fingerprints.size());
  const ChargeRule rule(charge);
  change_all<Missing::insert>(fingerprints, Always{[&](std::size_t i, SlotState& state) {
                                out[i] = rule.apply(state);
                                return out[i] == Verdict::charged;
                              }});
}

void Ledger::charge(std::span<const Fingerprint> fingerprints, const Charge& charge, Seen& seen,
                    std::span<Verdict> out) {
  assert(out.size() >= fingerprints.size());
  struct ChargeFirst {
    static constexpr bool touches_more() { return true; }
    const ChargeRule rule;
    Seen& seen;
    const std::span<Verdict> out;

    const void* also_touches(std::size_t shard, std::uint64_t slot) const {
      return seen.bits_[shard].address(slot);
    }
    bool admit(std::size_t i, const Slot& slot) const {
      if (seen.bits_[slot.shard].set(slot.number)) return true;
      out[i] = Verdict::duplicate;
      return false;
    }
    bool operator()(std::size_t i, SlotState& state) const {
      out[i] = rule.apply(state);
      return out[i] == Verdict::charged;
    }
  };
  change_all<Missing::insert>(fingerprints, ChargeFirst{ChargeRule(charge), seen, out});
}

void Ledger::mark(std::span<const Fingerprint> fingerprints, Seen& seen) {
  struct Mark {
    static constexpr bool touches_more() { return true; }
    Seen& seen;

    const void* also_touches(std::size_t shard, std::uint64_t slot) const {
      return seen.bits_[shard].address(slot);
    }
    bool admit(std::size_t, const Slot& slot) const {
      seen.bits_[slot.shard].set(slot.number);
      return false;
    }
    bool operator()(std::size_t, SlotState&) const { return false; }
  };
  change_all<Missing::insert>(fingerprints, Mark{seen});
}

void Ledger::release(std::span<const Fingerprint> fingerprints, base::DaySet days, bool marketing) {
  change_all<Missing::pass_over>(fingerprints, Always{[&](std::size_t, SlotState& state) {
                                   apply_release(state, days, marketing);
                                   return true;
                                 }});
}

void Ledger::restore(std::span<const Fingerprint> fingerprints, base::DaySet days, bool marketing) {
  change_all<Missing::insert>(fingerprints, Always{[&](std::size_t, SlotState& state) {
                                apply_restore(state, days, marketing);
                                return true;
                              }});
}

void Ledger::suppress(Fingerprint fingerprint, Suppression kind, base::Day until) {
  change_all<Missing::insert>({&fingerprint, 1}, Always{[&](std::size_t, SlotState& state) {
                                state.suppress(kind, until);
                                return true;
                              }});
}

DeviceState Ledger::find(Fingerprint fingerprint) const {
  const auto lock = lock_tables();
  const Slot slot = find_slot(fingerprint);
  return slot.state == nullptr ? DeviceState{} : SlotState{load(*slot.state)}.unpack();
}

void Ledger::for_each(const std::function<void(Fingerprint, const DeviceState&)>& visit) const {
  const auto lock = lock_tables();
  for (const Shard& shard : shards_) {
    for (std::uint64_t b = 0; b < shard.table.buckets(); ++b) {
      Bucket& bucket = shard.table[b];
      for (std::size_t slot = 0; slot < Bucket::kSlots; ++slot) {
        const Fingerprint fingerprint = load(bucket.fingerprint[slot]);
        if (fingerprint != 0) visit(fingerprint, SlotState{load(bucket.state[slot])}.unpack());
      }
    }
  }
}

std::uint64_t Ledger::devices() const {
  std::uint64_t devices = 0;
  for (const Shard& shard : shards_) devices += shard.devices.load(kOrder);
  return devices;
}

std::uint64_t Ledger::bytes() const {
  const auto lock = lock_tables();
  std::uint64_t bytes = 0;
  for (const Shard& shard : shards_) bytes += shard.table.bytes();
  for (const Seen* seen : seen_) bytes += seen->bytes();
  return bytes;
}

}  // namespace herald::ledger
