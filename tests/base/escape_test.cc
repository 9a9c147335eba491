#include "engine/base/escape.h"

#include <gtest/gtest.h>

namespace herald::base {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json(out, text);
  return out;
}

std::string tsv(std::string_view text) {
  std::string out;
  append_tsv(out, text);
  return out;
}

TEST(Escape, JsonIsValidWhateverTheBytes) {
  EXPECT_EQ(json("AB+/=_-"), "\"AB+/=_-\"");
  EXPECT_EQ(json("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json(std::string_view("\0\n\t\x1f\x7f", 5)), R"("\u0000\n\t\u001f\u007f")");
  EXPECT_EQ(json("推送"), "\"推送\"");
  EXPECT_EQ(json("a\xff"
                 "b"),
            "\"a\xef\xbf\xbd"
            "b\"");
}

TEST(Escape, BytesThatAreNoUtf8AreReplacedOneByOne) {
  const std::string replacement = "\xef\xbf\xbd";
  EXPECT_EQ(json("\xc0\xaf"), '"' + replacement + replacement + '"');  // overlong
  EXPECT_EQ(json("\xed\xa0\x80"),
            '"' + replacement + replacement + replacement + '"');          // surrogate
  EXPECT_EQ(json("\xe6\x8e"), '"' + replacement + replacement + '"');      // cut short
  EXPECT_EQ(json("\xf4\x90\x80\x80").size(), 2 + 4 * replacement.size());  // above U+10FFFF
  EXPECT_EQ(json("\xf4\x8f\xbf\xbf"), "\"\xf4\x8f\xbf\xbf\"");
}

TEST(Escape, TsvFieldsKeepTheirBytesAndTheirLine) {
  EXPECT_EQ(tsv("AB"), "AB");
  EXPECT_EQ(tsv("a\tb\nc\rd\\e"), R"(a\tb\nc\rd\\e)");
  EXPECT_EQ(tsv(std::string_view("\0\xff\x7f", 3)), R"(\x00\xff\x7f)");
  EXPECT_EQ(tsv("推送\""), "推送\"");
}

}  // namespace
}  // namespace herald::base
