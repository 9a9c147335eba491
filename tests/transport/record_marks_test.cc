// Which plain text can have reached the peer.
#include "engine/transport/record_marks.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace herald::transport {
namespace {

TEST(RecordMarks, NothingHasLeftBeforeAnythingWasGiven) {
  RecordMarks marks;
  EXPECT_TRUE(marks.begun(0));
  EXPECT_FALSE(marks.begun(1));
  marks.add(100, 0);
  EXPECT_FALSE(marks.begun(1));
}

TEST(RecordMarks, OneByteOfARecordCountsForAllOfIt) {
  RecordMarks marks;
  marks.add(100, 0);
  marks.add(250, 122);
  marks.given(1);
  EXPECT_TRUE(marks.begun(100));
  EXPECT_FALSE(marks.begun(101));
  marks.given(122);
  EXPECT_FALSE(marks.begun(101)) << "the second record begins behind these";
  marks.given(123);
  EXPECT_TRUE(marks.begun(250));
  EXPECT_FALSE(marks.begun(251));
}

// Against the definition, over records and sends of any size.
TEST(RecordMarks, AgreesWithTheDefinition) {
  std::mt19937 random{3};
  for (int round = 0; round < 200; ++round) {
    RecordMarks marks;
    struct Record {
      std::uint64_t plain_end;
      std::uint64_t cipher_begin;
    };
    std::vector<Record> records;
    std::uint64_t plain = 0;
    std::uint64_t cipher = 0;
    std::uint64_t given = 0;
    for (int step = 0; step < 60; ++step) {
      if (random() % 2 == 0) {
        const std::uint64_t size = 1 + random() % 50;
        plain += size;
        records.push_back({plain, cipher});
        marks.add(plain, cipher);
        cipher += size + 22;
      } else if (cipher > given) {
        given += 1 + random() % (cipher - given);
        marks.given(given);
      }
      std::uint64_t begun = 0;
      for (const Record& record : records) {
        if (record.cipher_begin < given) begun = record.plain_end;
      }
      for (std::uint64_t at = begun > 3 ? begun - 3 : 0; at < begun + 3; ++at) {
        ASSERT_EQ(marks.begun(at), at <= begun);
      }
    }
  }
}

}  // namespace
}  // namespace herald::transport
