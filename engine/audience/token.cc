#include "engine/audience/token.h"

#include <algorithm>

namespace herald::audience {
namespace {

using Byte = unsigned char;

bool in(Byte byte, Byte low, Byte high) { return byte >= low && byte <= high; }

// The length of the well-formed sequence at `at`, 0 when there is none: The Unicode Standard,
// table 3-7. No overlong forms, no surrogates, nothing above U+10FFFF.
std::size_t utf8_sequence(const Byte* at, std::size_t left) {
  const Byte lead = at[0];
  const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (!in(lead, 0xc2, 0xf4) || size > left) return 0;
  const Byte low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const Byte high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (!in(at[1], low, high)) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (!in(at[i], 0x80, 0xbf)) return 0;
  }
  return size;
}

}  // namespace

Record classify(const char* data, std::size_t size) {
  const auto kept = static_cast<std::uint32_t>(std::min(size, kTokenBytesMax));
  Record record{data, kept, Reason::none, false};
  if (size == 0) record.malformed = Reason::empty;
  if (size > kTokenBytesMax) record.malformed = Reason::too_long;
  const auto* const bytes = reinterpret_cast<const Byte*>(data);
  for (std::size_t i = 0; i < kept && record.malformed == Reason::none;) {
    std::size_t step = 1;
    if (bytes[i] >= 0x80) {
      step = utf8_sequence(bytes + i, kept - i);
      if (step == 0) record.malformed = Reason::not_utf8;
    } else if (bytes[i] == ' ') {
      record.malformed = Reason::space_inside;
    } else if (bytes[i] < 0x20 || bytes[i] == 0x7f) {
      record.malformed = Reason::control_byte;
    } else if (bytes[i] == '"' || bytes[i] == '\\') {
      record.escape = true;
    }
    i += step;
  }
  if (record.malformed != Reason::none) record.escape = false;
  return record;
}

}  // namespace herald::audience
