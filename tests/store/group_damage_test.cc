// Bytes that are no group, or not the one that was written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/store/group.h"
#include "tests/store/group_kept.h"

namespace herald::store {
namespace {

using testing::ElementsAre;
using Kind = base::Surface::Kind;

// Byte 5 of a reservation is its flags.
TEST(Group, FlagsThatCannotBeAreDamage) {
  GroupWriter writer;
  writer.reservation({.surface = {.kind = Kind::card, .id = 1}}, std::vector<ReservedToken>{},
                     std::vector<DroppedRecord>{});
  const std::string whole = writer.take();
  ASSERT_EQ(whole[5], 16);
  const struct {
    int flags;
    bool reads;
  } cases[] = {
      {16, true},             // a card
      {32, true},             // a live view
      {32 + 64, true},        // creates it
      {16 + 32, false},       // both
      {16 + 64, false},       // creates a card
      {16 + 128, false},      // a resend without a reason
      {16 + 32 + 64, false},  //
  };
  for (const auto& each : cases) {
    std::string bytes = whole;
    bytes[5] = static_cast<char>(each.flags);
    Kept kept;
    const auto result = read_group(bytes, kept);
    EXPECT_EQ(result.has_value(), each.reads) << each.flags;
    if (!result) {
      EXPECT_EQ(result.error().code, Errc::damaged_store);
    }
    EXPECT_EQ(kept.reservations.size(), each.reads ? 1u : 0u) << each.flags;
  }
  GroupWriter plain;
  plain.reservation({}, std::vector<ReservedToken>{}, std::vector<DroppedRecord>{});
  std::string bytes = plain.take();
  bytes[5] = 64;  // creates what is not
  Kept kept;
  EXPECT_FALSE(read_group(bytes, kept).has_value());
}

std::string sample() {
  GroupWriter writer;
  const std::vector<Exception> exceptions{{1, Outcome::invalid, Reason::tokenFormatError, true},
                                          {2, Outcome::invalid, Reason::other, true}};
  writer.settle({.batch = 500,
                 .campaign = 3,
                 .outcome = Outcome::accepted,
                 .tokens = 3,
                 .time_ms = 1'795'512'000'123,
                 .request_id = "176359-0001",
                 .reason_text = "newReason",
                 .exceptions = exceptions},
                20781);
  writer.reservation({.campaign = 3,
                      .batch = 501,
                      .marketing = true,
                      .surface = {.kind = base::Surface::Kind::card, .id = 5, .version = 300},
                      .days = {20781, true},
                      .time_ms = 1'795'512'000'456,
                      .first_record = 70'000,
                      .records = 300},
                     std::vector<ReservedToken>{{1u << 31, 0}, {77, 5}, {kMost, 299}},
                     std::vector<DroppedRecord>{{1, Outcome::duplicate, Reason::none},
                                                {250, Outcome::malformed, Reason::truncated}});
  writer.audience_end(3, 0, 70'300, 20781);
  return writer.take();
}

// Nothing that is read may stand outside of what its record says it covers.
void expect_sound(const Kept& kept) {
  for (const auto& reservation : kept.reservations) {
    for (const auto& token : reservation.tokens) EXPECT_LT(token.record, reservation.head.records);
    for (const auto& drop : reservation.drops) {
      EXPECT_LT(drop.record, reservation.head.records);
      EXPECT_LE(drop.outcome, Outcome::ambiguous);
      EXPECT_LE(drop.reason, kLastReason);
    }
  }
  for (const auto& settle : kept.settles) {
    for (const auto& exception : settle.exceptions)
      EXPECT_LT(exception.index, settle.settle.tokens);
  }
}

TEST(Group, EveryTruncationIsDamageUnlessItEndsBetweenRecords) {
  const std::string whole = sample();
  std::size_t read_well = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // On the heap and no longer than that: a sanitizer sees a byte too many.
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    Kept kept;
    const auto result = read_group({cut.data(), cut.size()}, kept);
    if (result) {
      ++read_well;
    } else {
      EXPECT_EQ(result.error().code, Errc::damaged_store);
    }
    expect_sound(kept);
  }
  EXPECT_EQ(read_well, 3u);  // nothing, one record, two records
}

TEST(Group, EveryFlippedByteReadsOrIsDamage) {
  const std::string whole = sample();
  std::size_t damaged = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int flip = 1; flip < 256; ++flip) {
      std::vector<char> bytes(whole.begin(), whole.end());
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      Kept kept;
      const auto result = read_group({bytes.data(), bytes.size()}, kept);
      if (!result) {
        ++damaged;
        EXPECT_EQ(result.error().code, Errc::damaged_store);
      }
      expect_sound(kept);
    }
  }
  EXPECT_GT(damaged, whole.size());  // most of what has structure is noticed
}

// The fuzzer's find: a token's record may not lie before the one of the token before it, although a
// step that is large enough, modulo 2^64, leads there.
TEST(Group, TokenThatStepsBackIsDamage) {
  const auto group = [](std::initializer_list<int> second_step) {
    std::string bytes = bytes_of({1, 1, 1, 0, 0, 0, 1, 0, 0, 3, 2});  // 2 tokens, of records 0..2
    bytes += std::string(16, '\x01');                                 // their fingerprints
    return bytes + bytes_of({1}) + bytes_of(second_step) + bytes_of({0});
  };
  Kept kept;
  EXPECT_TRUE(read_group(group({0}), kept));
  ASSERT_EQ(kept.reservations.size(), 1u);
  EXPECT_THAT(kept.reservations[0].tokens, ElementsAre(ReservedToken{0x0101010101010101, 1},
                                                       ReservedToken{0x0101010101010101, 2}));
  const auto back =
      read_group(group({0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}), kept);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, Errc::damaged_store);
  EXPECT_EQ(kept.reservations.size(), 1u);
}

// The fuzzer's find: of a group charged to the last day there is and the one behind it, that one
// overflowed.
TEST(Group, DayWithNoneBehindItIsDamage) {
  const auto group = [](int lowest) {
    return bytes_of({1, 1, 1, 0, 0, 2, lowest, 0xff, 0xff, 0xff, 7, 0, 0, 0, 0, 0});
  };
  Kept kept;
  EXPECT_TRUE(read_group(group(0xfe), kept));
  ASSERT_EQ(kept.reservations.size(), 1u);
  EXPECT_EQ(kept.reservations[0].head.days.last(), std::numeric_limits<base::Day>::max());
  const auto last = read_group(group(0xff), kept);
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, Errc::damaged_store);
}

TEST(Group, AnUnknownKindIsDamage) {
  Kept kept;
  const auto result = read_group(bytes_of({9}), kept);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::damaged_store);
}

}  // namespace
}  // namespace herald::store
