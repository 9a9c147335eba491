// Where OpenSSL writes its cipher text to and reads it from: buffers of ours, large enough for one
// send of many records, instead of a socket that would get a send for each.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace herald::transport {

// Gathered for one send(): a send per record costs 3 to 4 times as much.
inline constexpr std::size_t kSendBytes = 128 << 10;
inline constexpr std::size_t kRecordPlainMax = 16384;  // RFC 8446 5.1
inline constexpr std::size_t kRecordOverheadMax = 512;
// What was gathered, and what one more frame and the small ones before it make of it.
inline constexpr std::size_t kOutBytesMax = kSendBytes + 2 * (kRecordPlainMax + kRecordOverheadMax);
inline constexpr std::size_t kInBytes = 64 << 10;

struct PagesDeleter {
  void operator()(std::uint8_t* bytes) const { std::free(bytes); }
};
using Pages = std::unique_ptr<std::uint8_t[], PagesDeleter>;
Pages allocate_pages(std::size_t size);  // page-aligned; throws std::bad_alloc

// Cipher text in from the socket, and out to be sent.
struct Cipher {
  Pages in = allocate_pages(kInBytes);
  std::size_t in_at = 0;
  std::size_t in_end = 0;
  Pages out = allocate_pages(kOutBytesMax);
  std::size_t out_at = 0;  // sent up to here
  std::size_t out_end = 0;

  std::size_t unsent() const { return out_end - out_at; }
};

// The SSL owns it; `cipher` outlives it.
BIO* make_bio(Cipher& cipher);

}  // namespace herald::transport
