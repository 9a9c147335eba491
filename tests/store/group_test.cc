#include "engine/store/group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace herald::store {

// Found by argument-dependent lookup.
bool operator==(const ReservedToken& a, const ReservedToken& b) {
  return a.fingerprint == b.fingerprint && a.record == b.record;
}
bool operator==(const DroppedRecord& a, const DroppedRecord& b) {
  return a.record == b.record && a.outcome == b.outcome && a.reason == b.reason;
}
bool operator==(const Exception& a, const Exception& b) {
  return a.index == b.index && a.outcome == b.outcome && a.reason == b.reason &&
         a.released == b.released;
}

namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t kMost32 = std::numeric_limits<std::uint32_t>::max();

// Keeps what it is shown.
struct Kept final : GroupVisitor {
  struct Reservation {
    ReservationHead head;
    std::vector<ReservedToken> tokens;
    std::vector<DroppedRecord> drops;
  };
  struct Settled1 {
    Settle settle;
    std::string request_id;
    std::string reason_text;
    std::vector<Exception> exceptions;
  };
  struct End {
    CampaignNumber campaign;
    std::uint32_t slice;
    std::uint64_t records;
  };

  void on_reservation(const ReservationHead& head, std::span<const ReservedToken> tokens,
                      std::span<const DroppedRecord> drops) override {
    order += 'r';
    reservations.push_back({head, {tokens.begin(), tokens.end()}, {drops.begin(), drops.end()}});
  }
  void on_settle(const Settle& settle) override {
    order += 's';
    settles.push_back({settle,
                       std::string(settle.request_id),
                       std::string(settle.reason_text),
                       {settle.exceptions.begin(), settle.exceptions.end()}});
  }
  void on_audience_end(CampaignNumber campaign, std::uint32_t slice,
                       std::uint64_t records) override {
    order += 'e';
    ends.push_back({campaign, slice, records});
  }

  std::string order;  // of the records: r, s, e
  std::vector<Reservation> reservations;
  std::vector<Settled1> settles;
  std::vector<End> ends;
};

Kept read(std::string_view bytes) {
  Kept kept;
  const auto result = read_group(bytes, kept);
  EXPECT_TRUE(result) << result.error().what;
  return kept;
}

std::string bytes_of(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

TEST(Group, ReservationComesBackWhole) {
  const ReservationHead head{.campaign = 7,
                             .batch = 1'000'000,
                             .slice = 3,
                             .template_id = 200,
                             .marketing = true,
                             .days = {20781, true},
                             .time_ms = 1'795'512'000'123,
                             .first_record = 5'000'000'000,
                             .records = 2000,
                             .again = true};
  // Drops need not be in order: compaction appends them behind those of ingest.
  const std::vector<ReservedToken> tokens{{kMost, 0}, {1, 1}, {0x0123456789abcdef, 1999}};
  const std::vector<DroppedRecord> drops{{500, Outcome::duplicate, Reason::none},
                                         {1998, Outcome::over_quota, Reason::marketing},
                                         {3, Outcome::malformed, Reason::not_utf8}};
  GroupWriter writer;
  writer.reservation(head, tokens, drops);
  EXPECT_EQ(writer.day(), 20782);
  const Kept kept = read(writer.take());

  ASSERT_EQ(kept.reservations.size(), 1u);
  const ReservationHead& got = kept.reservations[0].head;
  EXPECT_EQ(got.campaign, head.campaign);
  EXPECT_EQ(got.batch, head.batch);
  EXPECT_EQ(got.slice, head.slice);
  EXPECT_EQ(got.template_id, head.template_id);
  EXPECT_EQ(got.marketing, head.marketing);
  EXPECT_EQ(got.days, head.days);
  EXPECT_EQ(got.time_ms, head.time_ms);
  EXPECT_EQ(got.first_record, head.first_record);
  EXPECT_EQ(got.records, head.records);
  EXPECT_EQ(got.again, head.again);
  EXPECT_THAT(kept.reservations[0].tokens, ElementsAreArray(tokens));
  EXPECT_THAT(kept.reservations[0].drops, ElementsAreArray(drops));
}

using Kind = base::Surface::Kind;

TEST(Group, FlagsAndSurfacesOfAReservationComeBack) {
  constexpr std::int64_t kLeast64 = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost64 = std::numeric_limits<std::int64_t>::max();
  std::vector<base::Surface> surfaces{{}};
  for (const std::int64_t id : {std::int64_t{0}, std::int64_t{-1}, kLeast64, kMost64}) {
    for (const std::int64_t version : {std::int64_t{-1}, std::int64_t{0}, kMost64}) {
      surfaces.push_back({.kind = Kind::card, .id = id, .version = version});
      surfaces.push_back({.kind = Kind::activity, .id = id, .version = version});
      surfaces.push_back({.kind = Kind::activity, .creates = true, .id = id, .version = version});
    }
  }
  for (int flags = 0; flags < 16; ++flags) {
    for (const base::Surface& surface : surfaces) {
      const ReservationHead head{.marketing = (flags & 1) != 0,
                                 .test = (flags & 8) != 0,
                                 .surface = surface,
                                 .days = {1, (flags & 2) != 0},
                                 .first_record = 12,
                                 .records = 34,
                                 .again = (flags & 4) != 0};
      GroupWriter writer;
      writer.reservation(head, std::vector<ReservedToken>{{5, 6}}, std::vector<DroppedRecord>{});
      const Kept kept = read(writer.take());
      ASSERT_EQ(kept.reservations.size(), 1u);
      const ReservationHead& got = kept.reservations[0].head;
      EXPECT_EQ(got.marketing, head.marketing);
      EXPECT_EQ(got.test, head.test);
      EXPECT_EQ(got.days.both, head.days.both);
      EXPECT_EQ(got.again, head.again);
      EXPECT_EQ(got.surface, surface);
      EXPECT_EQ(got.first_record, 12u);
      EXPECT_EQ(got.records, 34u);
      EXPECT_THAT(kept.reservations[0].tokens, ElementsAre(ReservedToken{5, 6}));
    }
  }
}

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
      {16 + 128, false},      // a flag there is not
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

TEST(Group, SettleComesBackWhole) {
  for (const Settled how : {Settled::answered, Settled::returned, Settled::voided}) {
    const std::vector<Exception> exceptions{{0, Outcome::invalid, Reason::tokenFormatError, true},
                                            {999, Outcome::ambiguous, Reason::other, false}};
    const Settle settle{.batch = kMost,
                        .campaign = 12,
                        .how = how,
                        .outcome = Outcome::rejected,
                        .reason = Reason::payload_refused,
                        .released = true,
                        .tokens = 1000,
                        .time_ms = -1,
                        .request_id = "176359-0001",
                        .reason_text = "词",
                        .exceptions = exceptions};
    GroupWriter writer;
    writer.settle(settle, 20781);
    EXPECT_EQ(writer.day(), 20781);
    const Kept kept = read(writer.take());
    ASSERT_EQ(kept.settles.size(), 1u);
    const auto& got = kept.settles[0];
    EXPECT_EQ(got.settle.batch, settle.batch);
    EXPECT_EQ(got.settle.campaign, settle.campaign);
    EXPECT_EQ(got.settle.how, settle.how);
    EXPECT_EQ(got.settle.outcome, settle.outcome);
    EXPECT_EQ(got.settle.reason, settle.reason);
    EXPECT_TRUE(got.settle.released);
    EXPECT_EQ(got.settle.tokens, settle.tokens);
    EXPECT_EQ(got.settle.time_ms, settle.time_ms);
    EXPECT_EQ(got.request_id, settle.request_id);
    EXPECT_EQ(got.reason_text, settle.reason_text);
    EXPECT_THAT(got.exceptions, ElementsAreArray(exceptions));
  }
}

TEST(Group, AudienceEndComesBackWhole) {
  GroupWriter writer;
  writer.audience_end(4, kMost32, kMost, 20781);
  EXPECT_EQ(writer.day(), 20781);
  const Kept kept = read(writer.take());
  ASSERT_EQ(kept.ends.size(), 1u);
  EXPECT_EQ(kept.ends[0].campaign, 4u);
  EXPECT_EQ(kept.ends[0].slice, kMost32);
  EXPECT_EQ(kept.ends[0].records, kMost);
}

TEST(Group, RecordsKeepTheirOrderAndTheLatestDayCounts) {
  GroupWriter writer;
  EXPECT_TRUE(writer.empty());
  writer.settle({.batch = 1, .campaign = 1, .tokens = 1}, 20790);
  writer.reservation({.days = {20780, true}}, std::vector<ReservedToken>{},
                     std::vector<DroppedRecord>{});
  writer.audience_end(1, 0, 10, 20770);
  EXPECT_EQ(writer.day(), 20790);
  EXPECT_EQ(read(writer.take()).order, "sre");
  EXPECT_TRUE(writer.empty());
  EXPECT_EQ(writer.day(), 0);
}

// What README.md says, byte by byte: a change here is a new format number.
TEST(Group, FormatIsThis) {
  GroupWriter writer;
  writer.reservation(ReservationHead{.campaign = 2,
                                     .batch = 300,
                                     .slice = 1,
                                     .template_id = 0,
                                     .marketing = true,
                                     .days = {20781, false},
                                     .time_ms = 64,
                                     .first_record = 1000,
                                     .records = 5,
                                     .again = false},
                     std::vector<ReservedToken>{{0x1122334455667788, 0}, {0x99, 3}},
                     std::vector<DroppedRecord>{{4, Outcome::duplicate, Reason::none},
                                                {1, Outcome::malformed, Reason::empty}});
  EXPECT_EQ(writer.take(),
            bytes_of({
                1,                                               // a reservation
                2,                                               // campaign
                0xac, 0x02,                                      // batch 300
                1,                                               // slice
                0,                                               // template
                1,                                               // flags: marketing
                0xad, 0xa2, 0x01,                                // day 20781
                0x80, 0x01,                                      // time 64, zigzag 128
                0xe8, 0x07,                                      // first record 1000
                5,                                               // records
                2,                                               // tokens
                0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,  // fingerprints
                0x99, 0,    0,    0,    0,    0,    0,    0,     //
                0,    2,        // records 0 and 3: how many lie between
                2,              // drops
                8,    4,    0,  // record 4: zigzag of +4; duplicate; none
                7,    5,    1   // record 1: zigzag of 1 - 5; malformed; empty
            }));

  const std::vector<Exception> exceptions{{7, Outcome::invalid, Reason::tokenFormatError, true}};
  writer.reservation(ReservationHead{.campaign = 2,
                                     .batch = 3,
                                     .test = true,
                                     .surface = {.kind = base::Surface::Kind::activity,
                                                 .creates = true,
                                                 .id = -2,
                                                 .version = 70},
                                     .days = {1, false},
                                     .first_record = 0,
                                     .records = 1},
                     std::vector<ReservedToken>{}, std::vector<DroppedRecord>{});
  EXPECT_EQ(writer.take(), bytes_of({
                               1, 2, 3, 0, 0,     // a reservation; campaign, batch, slice, template
                               104,               // flags: test, live view, creates
                               1, 0, 0, 1,        // day, time, first record, records
                               3,                 // activity -2, zigzag
                               0x8c, 0x01, 0, 0,  // version 70, zigzag 140; no tokens, no drops
                           }));

  writer.settle(Settle{.batch = 300,
                       .campaign = 2,
                       .how = Settled::returned,
                       .outcome = Outcome::ambiguous,
                       .reason = Reason::reset,
                       .released = true,
                       .tokens = 9,
                       .time_ms = -1,
                       .request_id = "id",
                       .reason_text = "x",
                       .exceptions = exceptions},
                1);
  EXPECT_EQ(
      writer.take(), bytes_of({2,                    // a settle
                               0xac, 0x02,           // batch 300
                               2,                    // campaign
                               1,                    // returned
                               9,                    // ambiguous
                               24,                   // reset
                               1,                    // released
                               9,                    // tokens
                               1,                    // time -1, zigzag
                               2,    'i',  'd',      // request id
                               1,    'x',            // reason text
                               1,                    // exceptions
                               7,    1,    12,  1})  // index, invalid, tokenFormatError, released
  );

  writer.audience_end(2, 1, 128, 1);
  EXPECT_EQ(writer.take(), bytes_of({3, 2, 1, 0x80, 0x01}));
}

// The numbers of outcomes and reasons are part of the format.
TEST(Group, StoredNumbersOfOutcomesAndReasonsStay) {
  EXPECT_EQ(static_cast<int>(Outcome::accepted), 0);
  EXPECT_EQ(static_cast<int>(Outcome::duplicate), 4);
  EXPECT_EQ(static_cast<int>(Outcome::ambiguous), 9);
  EXPECT_EQ(static_cast<int>(Reason::marketing), 7);
  EXPECT_EQ(static_cast<int>(Reason::tokenFormatError), 12);
  EXPECT_EQ(static_cast<int>(Reason::no_answer), 23);
  EXPECT_EQ(static_cast<int>(Reason::process_died), 31);
  EXPECT_EQ(static_cast<int>(Reason::other), 34);
  EXPECT_EQ(static_cast<int>(Reason::activity_gone), 51);
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
