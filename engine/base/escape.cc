#include "engine/base/escape.h"

#include <fmt/format.h>

#include <cstddef>

namespace herald::base {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// Bytes of the UTF-8 character at the front of a text that is not empty, or 0 when there is none
// (RFC 3629, 4: no overlong forms, no surrogates, at most U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const unsigned second = byte_at(text, 1);
  const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

// Walks a text: plain runs are copied, control bytes and bytes that are no UTF-8 are handed over.
template <class Special>
void copy(std::string& out, std::string_view text, std::string_view also_special, Special special) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i, 4));
    if (length == 1 && (is_control(text[i]) || also_special.find(text[i]) != also_special.npos)) {
      special(text[i], true);
      ++i;
    } else if (length == 0) {
      special(text[i], false);
      ++i;
    } else {
      out.append(text, i, length);
      i += length;
    }
  }
}

void append_hex(std::string& out, char c) {
  out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
}

// \n for a newline and so on; zero where there is no short form.
char short_escape(char c) {
  switch (c) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\\':
      return '\\';
    default:
      return 0;
  }
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
  out += '"';
  copy(out, text, "\"\\", [&](char c, bool valid) {
    if (!valid) {
      out += "\xef\xbf\xbd";
    } else if (c == '"') {
      out += "\\\"";
    } else if (const char letter = short_escape(c); letter != 0) {
      out += {'\\', letter};
    } else {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    }
  });
  out += '"';
}

void append_tsv(std::string& out, std::string_view text) {
  copy(out, text, "\\", [&](char c, bool valid) {
    if (const char letter = short_escape(c); valid && letter != 0) {
      out += {'\\', letter};
    } else {
      append_hex(out, c);
    }
  });
}

}  // namespace herald::base
