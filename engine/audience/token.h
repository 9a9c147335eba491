// What reads as a token: 1 to 512 bytes of UTF-8 without control bytes and spaces. A byte
// that is a token's is never changed; what is not one is malformed, with the first reason found
// from the left.
#pragma once

#include <cstddef>
#include <cstdint>

#include "herald/outcome.h"

namespace herald::audience {

inline constexpr std::size_t kTokenBytesMax = 512;

struct Record {
  const char* data;    // of a malformed record too, for listings
  std::uint32_t size;  // at most kTokenBytesMax, of what is longer the first bytes
  Reason malformed;    // Reason::none: it is a token
  bool escape;         // has " or \ and must be escaped in JSON
};

// `size` may be more than kTokenBytesMax, but `data` need hold no more than that.
Record classify(const char* data, std::size_t size);

}  // namespace herald::audience
