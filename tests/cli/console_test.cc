#include "tools/herald/console.h"

#include <gtest/gtest.h>

namespace herald::cli {
namespace {

TEST(ConsoleTest, LinesAreTheSameWordsWithAndWithoutColours) {
  const Console plain(LogLevel::debug, false);
  const Console coloured(LogLevel::debug, true);
  EXPECT_EQ(plain.line(LogLevel::error, "no key"), "herald: no key\n");
  EXPECT_EQ(plain.line(LogLevel::warn, "no key"), "herald: warning: no key\n");
  EXPECT_EQ(coloured.line(LogLevel::error, "no key"), "\033[1;31mherald: \033[0mno key\n");
  EXPECT_EQ(coloured.line(LogLevel::warn, "no key"), "\033[1;33mherald: warning: \033[0mno key\n");
  EXPECT_EQ(coloured.line(LogLevel::info, "going on"), "herald: going on\n");
}

// I85: colours are ours, never what came from outside.
TEST(ConsoleTest, ForeignControlBytesAreEscaped) {
  EXPECT_EQ(Console(LogLevel::warn, true).line(LogLevel::info, "a\033[31mb\n"),
            "herald: a\\x1b[31mb\\x0a\n");
}

}  // namespace
}  // namespace herald::cli
