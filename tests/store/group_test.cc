#include "engine/store/group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/group_kept.h"

namespace herald::store {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

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

TEST(Group, AudienceMarkAndResumeComeBackWhole) {
  GroupWriter writer;
  writer.audience_mark(7, 3, {kMost, kMost - 1}, 20601);
  writer.resumed(kMost, 20602);
  EXPECT_EQ(writer.day(), 20602);
  const Kept kept = read(writer.take());
  EXPECT_EQ(kept.order, "mg");
  ASSERT_EQ(kept.marks.size(), 1u);
  EXPECT_EQ(kept.marks[0].campaign, 7u);
  EXPECT_EQ(kept.marks[0].slice, 3u);
  EXPECT_EQ(kept.marks[0].mark.records, kMost);
  EXPECT_EQ(kept.marks[0].mark.digest, kMost - 1);
  EXPECT_EQ(kept.resumed, std::vector<CampaignNumber>{kMost});
}

TEST(Group, ResendSaysWhatItsRecordsWere) {
  GroupWriter writer;
  const std::vector<ReservedToken> tokens{{5, 0}};
  writer.reservation({.campaign = 1, .batch = 2, .records = 1, .resends = Reason::process_died},
                     tokens, std::vector<DroppedRecord>{});
  const Kept kept = read(writer.take());
  ASSERT_EQ(kept.reservations.size(), 1u);
  EXPECT_EQ(kept.reservations[0].head.resends, Reason::process_died);
  EXPECT_EQ(kept.reservations[0].tokens, tokens);
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
  writer.audience_mark(2, 1, {128, 0x1122334455667788}, 1);
  EXPECT_EQ(writer.take(),
            bytes_of({4, 2, 1, 0x80, 0x01, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11}));
  writer.resumed(2, 1);
  EXPECT_EQ(writer.take(), bytes_of({5, 2}));
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

}  // namespace
}  // namespace herald::store
