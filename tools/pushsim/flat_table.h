// Open addressing over 64-bit keys that are hashes already: what millions of devices are counted
// in.
//
// Slot has a member `std::uint64_t key`, is all zero when free, and is a plain struct. The table
// doubles at three quarters full, so a slot of 16 bytes costs 21 to 43 bytes an entry.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

namespace pushsim {

template <typename Slot>
class FlatTable {
  static_assert(std::is_trivially_copyable_v<Slot>);

 public:
  explicit FlatTable(std::size_t expected = 0) {
    std::size_t capacity = 1024;
    while (capacity - capacity / 4 < expected) capacity *= 2;
    allocate(capacity);
  }

  // The slot of the key, made (with only its key set) if it was not there. Valid until the next
  // call.
  Slot& at(std::uint64_t key) {
    if (size_ >= capacity_ - capacity_ / 4) grow();
    Slot& slot = probe(key);
    if (slot.key == 0) {
      slot.key = usable(key);
      ++size_;
    }
    return slot;
  }

  // Null if the key was never put in.
  const Slot* find(std::uint64_t key) const {
    const Slot& slot = const_cast<FlatTable*>(this)->probe(key);
    return slot.key == 0 ? nullptr : &slot;
  }

  void prefetch(std::uint64_t key) const { __builtin_prefetch(&slots_[home(usable(key))], 1); }

  std::size_t size() const { return size_; }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < capacity_; ++i) {
      if (slots_[i].key != 0) visit(slots_[i]);
    }
  }

 private:
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;

  // Zero marks a free slot, so the one key in 2^64 that is zero becomes another.
  static std::uint64_t usable(std::uint64_t key) { return key == 0 ? 1 : key; }
  std::size_t home(std::uint64_t key) const { return key >> shift_; }

  Slot& probe(std::uint64_t key) {
    key = usable(key);
    std::size_t i = home(key);
    while (slots_[i].key != 0 && slots_[i].key != key) i = (i + 1) & (capacity_ - 1);
    return slots_[i];
  }

  void allocate(std::size_t capacity) {
    const std::size_t bytes = capacity * sizeof(Slot);
    const std::size_t alignment = bytes >= kHugePage ? kHugePage : 4096;
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    auto* memory = static_cast<Slot*>(std::aligned_alloc(alignment, rounded));
    if (memory == nullptr) throw std::bad_alloc();
    if (alignment == kHugePage) ::madvise(memory, rounded, MADV_HUGEPAGE);
    std::memset(static_cast<void*>(memory), 0, bytes);
    slots_.reset(memory);
    capacity_ = capacity;
    shift_ = 64 - __builtin_ctzll(capacity);
  }

  void grow() {
    const auto old = std::move(slots_);
    const std::size_t old_capacity = capacity_;
    allocate(old_capacity * 2);
    for (std::size_t i = 0; i < old_capacity; ++i) {
      if (old[i].key != 0) probe(old[i].key) = old[i];
    }
  }

  struct Free {
    void operator()(Slot* memory) const { std::free(memory); }
  };
  std::unique_ptr<Slot[], Free> slots_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  int shift_ = 0;
};

}  // namespace pushsim
