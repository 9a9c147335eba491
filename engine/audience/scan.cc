#include "engine/audience/scan.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace herald::audience {
namespace {

Mask finish(std::uint64_t newline, std::uint64_t carriage_return, std::uint64_t suspicious,
            std::size_t size) {
  const std::uint64_t kept =
      size >= kMaskBytes ? ~std::uint64_t{0} : (std::uint64_t{1} << size) - 1;
  newline &= kept;
  return {newline, suspicious & kept & ~newline & ~(carriage_return & newline >> 1)};
}

bool is_suspicious(unsigned char byte) {
  return byte < 0x21 || byte >= 0x7f || byte == '"' || byte == '\\';
}

#ifdef __x86_64__

#define HERALD_AVX2 __attribute__((target("avx2")))

HERALD_AVX2 inline std::uint32_t bits(__m256i bytes) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

HERALD_AVX2 inline std::uint32_t equal(__m256i bytes, char to) {
  return bits(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(to)));
}

// Signed comparison: 0x80 and above are negative, so below 0x21 too.
HERALD_AVX2 inline std::uint32_t suspicious(__m256i bytes) {
  const __m256i low = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x21), bytes);
  const __m256i del = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f));
  const __m256i quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'));
  const __m256i backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'));
  return bits(_mm256_or_si256(_mm256_or_si256(low, del), _mm256_or_si256(quote, backslash)));
}

std::uint64_t join(std::uint32_t low, std::uint32_t high) {
  return low | std::uint64_t{high} << 32;
}

HERALD_AVX2 void scan_avx2(const char* data, std::size_t size, Mask* masks) {
  for (std::size_t at = 0; at < size; at += kMaskBytes) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + at));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + at + 32));
    *masks++ =
        finish(join(equal(low, '\n'), equal(high, '\n')), join(equal(low, '\r'), equal(high, '\r')),
               join(suspicious(low), suspicious(high)), size - at);
  }
}

#endif

}  // namespace

void scan_portable(const char* data, std::size_t size, Mask* masks) {
  for (std::size_t at = 0; at < size; at += kMaskBytes) {
    std::uint64_t newline = 0;
    std::uint64_t carriage_return = 0;
    std::uint64_t doubtful = 0;
    for (std::size_t i = 0; i < kMaskBytes && at + i < size; ++i) {
      const auto byte = static_cast<unsigned char>(data[at + i]);
      newline |= static_cast<std::uint64_t>(byte == '\n') << i;
      carriage_return |= static_cast<std::uint64_t>(byte == '\r') << i;
      doubtful |= static_cast<std::uint64_t>(is_suspicious(byte)) << i;
    }
    *masks++ = finish(newline, carriage_return, doubtful, size - at);
  }
}

Scan fastest_scan() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2")) return scan_avx2;
#endif
  return scan_portable;
}

}  // namespace herald::audience
