#include "engine/ledger/pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

namespace herald::ledger {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

char* map(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return static_cast<char*>(memory);
}

// Kernels before 6.7 do not align large mappings, and what is not aligned gets no huge page at
// either end: map one more and give the ends back.
char* map_aligned(std::size_t bytes) {
  char* const memory = map(bytes + kHugePage);
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::size_t before = round_up(address, kHugePage) - address;
  if (before != 0) munmap(memory, before);
  munmap(memory + before + bytes, kHugePage - before);
  return memory + before;
}

}  // namespace

Pages::Pages(std::size_t bytes)
    : bytes_(round_up(bytes, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)))) {
  if (bytes_ < kHugePage) {
    data_ = map(bytes_);
    return;
  }
  data_ = map_aligned(bytes_);
  madvise(data_, bytes_, MADV_HUGEPAGE);  // a wish: a kernel without huge pages is only slower
}

Pages::~Pages() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

}  // namespace herald::ledger
