#include "engine/ledger/ledger.h"

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

}  // namespace

Ledger::Ledger(std::uint64_t devices) {
  const std::uint64_t buckets = Table<Bucket>::buckets_for(devices / kShards);
  for (Shard& shard : shards_) shard.table = Table<Bucket>(buckets);
}

std::uint64_t* Ledger::find_slot(const Shard& shard, Fingerprint fingerprint) const {
  for (std::uint64_t b = shard.table.home(fingerprint);; b = shard.table.next(b)) {
    Bucket& bucket = shard.table[b];
    const auto present = load_each(bucket.fingerprint);
    if (const unsigned mask = matches(present, fingerprint)) return &bucket.state[lowest(mask)];
    if (matches(present, 0) != 0) return nullptr;
  }
}

// Null: the shard must grow first. Two threads that insert the same fingerprint race for the same
// slot, the first empty one on the way from its home: slots fill in order and stay taken.
std::uint64_t* Ledger::find_or_insert(Shard& shard, Fingerprint fingerprint) {
  std::uint64_t b = shard.table.home(fingerprint);
  for (;;) {
    Bucket& bucket = shard.table[b];
    const auto present = load_each(bucket.fingerprint);
    if (const unsigned mask = matches(present, fingerprint)) return &bucket.state[lowest(mask)];
    const unsigned empty = matches(present, 0);
    if (empty == 0) {
      b = shard.table.next(b);
      continue;
    }
    if (shard.devices.fetch_add(1, kOrder) >= shard.table.limit()) {
      shard.devices.fetch_sub(1, kOrder);
      return nullptr;
    }
    std::uint64_t expected = 0;
    const unsigned slot = lowest(empty);
    if (std::atomic_ref(bucket.fingerprint[slot])
            .compare_exchange_strong(expected, fingerprint, kOrder)) {
      return &bucket.state[slot];
    }
    shard.devices.fetch_sub(1, kOrder);  // another thread took the slot: look at the bucket again
  }
}

// First pass over a block: the devices that are in their home bucket, nine in ten. The rest is left
// for later, with the next bucket asked for: waiting for it here would cost as much as three
// others.
template <class Change>
std::size_t Ledger::change_at_home(const Block& block, Later& later, const Change& change) {
  const Fingerprint* const fingerprints = block.fingerprints.data();
  std::size_t left = 0;
  for (std::size_t i = block.begin; i < block.end; ++i) {
    if (i + kPrefetchAhead < block.fingerprints.size()) {
      __builtin_prefetch(home_address(fingerprints[i + kPrefetchAhead]), 1);
    }
    if (block.wanted != nullptr && block.wanted[i] == 0) continue;
    assert(fingerprints[i] != 0);
    const Table<Bucket>& table = shards_[shard_of(fingerprints[i])].table;
    const std::uint64_t home = table.home(fingerprints[i]);
    Bucket& bucket = table[home];
    const unsigned mask = matches(load_each(bucket.fingerprint), fingerprints[i]);
    if (mask != 0) [[likely]] {
      change_word(bucket.state[lowest(mask)], i, change);
    } else {
      __builtin_prefetch(&table[table.next(home)], 1);
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
    const Fingerprint fingerprint = fingerprints[later[done]];
    Shard& shard = shards_[shard_of(fingerprint)];
    std::uint64_t* const word = kMissing == Missing::insert ? find_or_insert(shard, fingerprint)
                                                            : find_slot(shard, fingerprint);
    if (word != nullptr) {
      change_word(*word, later[done], change);
    } else if (kMissing == Missing::insert) {
      return done;
    }
  }
  return later.size();
}

template <Ledger::Missing kMissing, class Change>
void Ledger::change_all(std::span<const Fingerprint> fingerprints, const std::uint8_t* wanted,
                        const Change& change) {
  const std::size_t count = fingerprints.size();
  auto lock = lock_tables();
  for (std::size_t i = 0; i < std::min(count, kPrefetchAhead); ++i) {
    __builtin_prefetch(home_address(fingerprints[i]), 1);
  }
  Later buffer;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const Block block{fingerprints, wanted, begin, std::min(begin + kBlock, count)};
    std::span<const std::size_t> later(buffer.data(), change_at_home(block, buffer, change));
    for (;;) {
      later = later.subspan(change_later<kMissing>(fingerprints, later, change));
      if (later.empty()) break;
      lock.unlock();
      grow(shards_[shard_of(fingerprints[later.front()])]);
      lock = lock_tables();
    }
  }
}

std::shared_lock<std::shared_mutex> Ledger::lock_tables() const {
  const std::lock_guard gate(gate_);
  return std::shared_lock(tables_);
}

void Ledger::grow(Shard& shard) {
  const std::lock_guard gate(gate_);
  const std::lock_guard lock(tables_);
  if (shard.devices.load(kOrder) < shard.table.limit()) return;  // another thread was first
  shard.table = shard.table.grown_to(shard.table.buckets_grown());
}

void Ledger::charge(std::span<const Fingerprint> fingerprints, const Charge& charge,
                    std::span<Verdict> out) {
  assert(out.size() >= fingerprints.size());
  const ChargeRule rule(charge);
  change_all<Missing::insert>(fingerprints, nullptr, [&](std::size_t i, SlotState& state) {
    out[i] = rule.apply(state);
    return out[i] == Verdict::charged;
  });
}

void Ledger::charge(std::span<const Fingerprint> fingerprints, const Charge& charge,
                    std::span<const std::uint8_t> wanted, std::span<Verdict> out) {
  assert(out.size() >= fingerprints.size() && wanted.size() >= fingerprints.size());
  const ChargeRule rule(charge);
  change_all<Missing::insert>(fingerprints, wanted.data(), [&](std::size_t i, SlotState& state) {
    out[i] = rule.apply(state);
    return out[i] == Verdict::charged;
  });
}

void Ledger::release(std::span<const Fingerprint> fingerprints, base::DaySet days, bool marketing) {
  change_all<Missing::pass_over>(fingerprints, nullptr, [&](std::size_t, SlotState& state) {
    apply_release(state, days, marketing);
    return true;
  });
}

void Ledger::restore(std::span<const Fingerprint> fingerprints, base::DaySet days, bool marketing) {
  change_all<Missing::insert>(fingerprints, nullptr, [&](std::size_t, SlotState& state) {
    apply_restore(state, days, marketing);
    return true;
  });
}

void Ledger::suppress(Fingerprint fingerprint, Suppression kind, base::Day until) {
  change_all<Missing::insert>({&fingerprint, 1}, nullptr, [&](std::size_t, SlotState& state) {
    state.suppress(kind, until);
    return true;
  });
}

DeviceState Ledger::find(Fingerprint fingerprint) const {
  const auto lock = lock_tables();
  std::uint64_t* const word = find_slot(shards_[shard_of(fingerprint)], fingerprint);
  return word == nullptr ? DeviceState{} : SlotState{load(*word)}.unpack();
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
  return bytes;
}

}  // namespace herald::ledger
