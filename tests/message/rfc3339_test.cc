#include "engine/message/rfc3339.h"

#include <gtest/gtest.h>

namespace herald::message {
namespace {

std::int64_t milliseconds_of(std::string_view text) {
  const auto time = parse_rfc3339(text);
  if (!time) return -1;
  return std::chrono::duration_cast<std::chrono::milliseconds>(time->time_since_epoch()).count();
}

TEST(Rfc3339, OffsetIsTakenOff) {
  EXPECT_EQ(milliseconds_of("2026-11-24T00:00:00+08:00"), 1795449600000);
  EXPECT_EQ(milliseconds_of("2026-11-23T16:00:00Z"), 1795449600000);
  EXPECT_EQ(milliseconds_of("2026-11-23t16:00:00z"), 1795449600000);
  EXPECT_EQ(milliseconds_of("2026-11-23T10:30:00-05:30"), 1795449600000);
}

TEST(Rfc3339, FractionCountsWhateverItsLength) {
  EXPECT_EQ(milliseconds_of("1970-01-01T00:00:01.5Z"), 1500);
  EXPECT_EQ(milliseconds_of("1970-01-01T00:00:01.123456789123Z"), 1123);
}

TEST(Rfc3339, LeapDayExistsInLeapYearsOnly) {
  EXPECT_NE(milliseconds_of("2028-02-29T00:00:00Z"), -1);
  EXPECT_EQ(milliseconds_of("2026-02-29T00:00:00Z"), -1);
  EXPECT_EQ(milliseconds_of("2100-02-29T00:00:00Z"), -1);
}

TEST(Rfc3339, AnythingElseIsRefused) {
  for (const char* text :
       {"", "2026-11-24", "2026-11-24T10:00:00", "2026-11-24 10:00:00+08:00",
        "2026-11-24T10:00+08:00", "2026-11-24T24:00:00Z", "2026-11-24T10:60:00Z",
        "2026-11-24T10:00:60Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-11-31T00:00:00Z", "2026-11-24T10:00:00.Z", "2026-11-24T10:00:00+0800",
        "2026-11-24T10:00:00+8:00", "2026-11-24T10:00:00Z ", "26-11-24T10:00:00Z",
        "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "2026-11-24T10:00:00+24:00"}) {
    EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace herald::message
