// Which bytes read as a token.
#include "engine/audience/token.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace herald::audience {
namespace {

Reason reason_of(std::string_view token) { return classify(token.data(), token.size()).malformed; }

TEST(Classify, EveryByteByItself) {
  for (int byte = 0; byte < 256; ++byte) {
    const Reason expected = byte == ' '                   ? Reason::space_inside
                            : byte < 0x20 || byte == 0x7f ? Reason::control_byte
                            : byte >= 0x80                ? Reason::not_utf8
                                                          : Reason::none;
    EXPECT_EQ(reason_of(std::string(1, static_cast<char>(byte))), expected) << byte;
  }
}

// Encodes as UTF-8 would, were every code point allowed.
std::string encode(std::uint32_t code) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

TEST(Classify, EveryCodePointButSurrogatesIsUtf8) {
  for (std::uint32_t code = 0x80; code < 0x1fffff; code += code < 0x11ffff ? 1 : 997) {
    const bool legal = code < 0xd800 || (code > 0xdfff && code <= 0x10ffff);
    ASSERT_EQ(reason_of("a" + encode(code) + "b"), legal ? Reason::none : Reason::not_utf8)
        << std::hex << code;
  }
}

TEST(Classify, CutOverlongAndStraySequencesAreNotUtf8) {
  for (const char* bad :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xc2", "\xe4\xb8",
        "\xf0\x9f\x98", "\x80", "\xc2\x41", "\xe4\xb8\x41", "\xf5\x80\x80\x80"}) {
    EXPECT_EQ(reason_of(bad), Reason::not_utf8) << bad;
    EXPECT_EQ(reason_of(std::string(bad) + "x"), Reason::not_utf8) << bad;
  }
}

TEST(Classify, FirstReasonFromTheLeftIsGiven) {
  EXPECT_EQ(reason_of("a \x01\xff"), Reason::space_inside);
  EXPECT_EQ(reason_of("a\x01 \xff"), Reason::control_byte);
  EXPECT_EQ(reason_of("a\xff \x01"), Reason::not_utf8);
  EXPECT_EQ(reason_of(" " + std::string(kTokenBytesMax, 'x')), Reason::too_long);
}

TEST(Classify, OnlyTokensAreEscaped) {
  EXPECT_TRUE(classify("a\"", 2).escape);
  EXPECT_TRUE(classify("\\a", 2).escape);
  EXPECT_FALSE(classify("\"\x01", 2).escape);
  EXPECT_FALSE(classify("ab", 2).escape);
}

}  // namespace
}  // namespace herald::audience
