// Open addressing over 64-bit keys that are hashes already: what millions of devices are counted
// in.
//
// Slot has a member `std::uint64_t key`, is all zero when free, and is a plain struct. The table
// doubles at three quarters full, so a slot of 16 bytes costs 21 to 43 bytes an entry.
#pragma once

#include <sys/mman.h>

#include <cstdint>
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
    // Zero pages straight from the kernel: nothing is touched before it is used.
    const std::size_t bytes = capacity * sizeof(Slot);
    void* memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    if (bytes >= kHugePage) ::madvise(memory, bytes, MADV_HUGEPAGE);
    slots_ = {static_cast<Slot*>(memory), Unmap{bytes}};
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

  struct Unmap {
    std::size_t bytes = 0;
    void operator()(Slot* memory) const { ::munmap(memory, bytes); }
  };
  std::unique_ptr<Slot[], Unmap> slots_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  int shift_ = 0;
};

}  // namespace pushsim
