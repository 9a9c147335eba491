// Finds line ends, and bytes that need a second look, 64 at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace herald::audience {

// Bit i is byte i.
struct Mask {
  std::uint64_t newline;
  // Neither a newline nor an ordinary byte of a token: below 0x21, 0x7f and above, " and \. But
  // not a carriage return right before a newline, where both are in the same 64 bytes.
  std::uint64_t suspicious;
};

inline constexpr std::size_t kMaskBytes = 64;

// One mask for 64 bytes: `data` must be readable, and `masks` have room, up to the next multiple.
// The bits of bytes that are not in `size` are 0.
using Scan = void (*)(const char* data, std::size_t size, Mask* masks);

Scan fastest_scan();  // for the processor at hand; all give the same masks
void scan_portable(const char* data, std::size_t size, Mask* masks);

}  // namespace herald::audience
