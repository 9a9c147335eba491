#include "tools/herald/text.h"

#include <gtest/gtest.h>

namespace herald::cli {
namespace {

TEST(Text, NumbersAreGroupedByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(18446744073709551615u), "18,446,744,073,709,551,615");
}

TEST(Text, DurationsHaveTwoUnitsAtMost) {
  EXPECT_EQ(duration_text(-1), "0s");
  EXPECT_EQ(duration_text(0.4), "0s");
  EXPECT_EQ(duration_text(59.4), "59s");
  EXPECT_EQ(duration_text(59.6), "1m00s");
  EXPECT_EQ(duration_text(130), "2m10s");
  EXPECT_EQ(duration_text(3900), "1h05m");
}

TEST(Text, PercentOfNothingIsNone) {
  EXPECT_EQ(percent(0, 0), "0.00 %");
  EXPECT_EQ(percent(1, 3), "33.33 %");
  EXPECT_EQ(percent(3, 3), "100.00 %");
}

TEST(Text, OneLineStaysOneLine) {
  EXPECT_EQ(one_line("a\nb\x1b[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f");
  EXPECT_EQ(one_line("推送"), "推送");
}

}  // namespace
}  // namespace herald::cli
