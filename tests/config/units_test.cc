#include "engine/config/units.h"

#include <gtest/gtest.h>

namespace herald::config {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsANumberWithAUnit) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("30d"), 720h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Duration, NothingElseIsTaken) {
  for (const char* text : {"", "5", "s", "-5s", "+5s", "5 s", "5s ", "1.5s", "1h30m", "5S", "5min",
                           "99999999999999999999s", "9223372036854775807s", "0x5s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Duration, WritesTheShortestExactText) {
  EXPECT_EQ(to_text(250ms), "250ms");
  EXPECT_EQ(to_text(60s), "1m");
  EXPECT_EQ(to_text(90s), "90s");
  EXPECT_EQ(to_text(720h), "30d");
  EXPECT_EQ(to_text(0ms), "0ms");
}

TEST(Size, IsANumberWithABinaryUnit) {
  EXPECT_EQ(parse_size("512B"), 512u);
  EXPECT_EQ(parse_size("64KiB"), 65536u);
  EXPECT_EQ(parse_size("256MiB"), 268435456u);
  EXPECT_EQ(parse_size("1GiB"), 1073741824u);
  EXPECT_EQ(parse_size("2TiB"), 2199023255552u);
}

TEST(Size, NothingElseIsTaken) {
  for (const char* text : {"", "5", "5MB", "5M", "-1KiB", "5 MiB", "1.5GiB", "8388608TiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(UtcOffset, HasSignHoursAndMinutes) {
  EXPECT_EQ(parse_utc_offset("+08:00"), 480min);
  EXPECT_EQ(parse_utc_offset("-03:30"), -210min);
  EXPECT_EQ(parse_utc_offset("+14:00"), 840min);
  EXPECT_EQ(parse_utc_offset("-12:00"), -720min);
  for (const char* text :
       {"", "08:00", "+8:00", "+08:60", "+14:01", "-12:01", "+08.00", "Z", "+08:0x", "+0800"}) {
    EXPECT_FALSE(parse_utc_offset(text)) << text;
  }
}

}  // namespace
}  // namespace herald::config
