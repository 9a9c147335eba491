// A batch in its wire form, as it is filled, read back and compacted.
#include "engine/batch/batch.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace herald::batch {
namespace {

bool has_escapes(const std::string& token) {
  return token.find_first_of("\"\\") != std::string::npos;
}

void fill(Batch& batch, const std::vector<std::string>& tokens) {
  for (const std::string& token : tokens) {
    batch.append(token, has_escapes(token), 100 + batch.size(), 2 * batch.size());
  }
}

TEST(BatchWire, TokensAreQuotedWithCommasBetween) {
  Batch batch;
  EXPECT_EQ(batch.wire(), "");
  fill(batch, {"one"});
  EXPECT_EQ(batch.wire(), R"("one")");
  fill(batch, {"two", "three"});
  EXPECT_EQ(batch.wire(), R"("one","two","three")");
  EXPECT_EQ(batch.quoted(0), R"("one")");
  EXPECT_EQ(batch.quoted(2), R"("three")");
  EXPECT_EQ(batch.entries()[2].record, 4u);
  EXPECT_EQ(batch.entries()[2].fingerprint, 102u);
}

TEST(BatchWire, QuotesAndBackslashesAreEscapedAndComeBack) {
  const std::vector<std::string> tokens{"a\"b", "\\", "\"", "plain", "\\\"\\\"", "end\\"};
  Batch batch;
  fill(batch, tokens);
  EXPECT_EQ(batch.wire(), R"("a\"b","\\","\"","plain","\\\"\\\"","end\\")");
  for (std::size_t i = 0; i < tokens.size(); ++i) EXPECT_EQ(batch.token(i), tokens[i]);
}

TEST(BatchWire, FullBatchOfTheLongestTokensFits) {
  Batch batch;
  const std::string token(kTokenBytesMax, '"');
  for (std::uint32_t i = 0; i < kTokensMax; ++i) batch.append(token, true, i + 1, i);
  EXPECT_EQ(batch.size(), kTokensMax);
  EXPECT_EQ(batch.wire().size(), kTokensMax * kWireBytesPerTokenMax - 1);
  EXPECT_EQ(batch.token(kTokensMax - 1), token);
}

TEST(BatchWire, BufferIsPageAlignedAndKeptOverReset) {
  WireBuffer buffer;
  for (std::size_t i = 0; i < 100000; i += 1000) {
    buffer.reserve(1000);
    buffer.advance(1000);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 4096, 0u);
  }
  Batch batch;
  fill(batch, std::vector<std::string>(1000, std::string(100, 'x')));
  const std::size_t bytes = batch.bytes();
  batch.reset();
  EXPECT_EQ(batch.bytes(), bytes);
  EXPECT_EQ(batch.size(), 0u);
  EXPECT_EQ(batch.wire(), "");
  fill(batch, {"again"});
  EXPECT_EQ(batch.wire(), R"("again")");
}

TEST(BatchReset, NothingStays) {
  Batch batch;
  fill(batch, {"one"});
  batch.drop(3, Outcome::duplicate, Reason::none);
  batch.first_record = 7;
  batch.records = 9;
  batch.last = batch.marketing = batch.again = true;
  batch.days = {12, true};
  batch.id = batch.sequence = batch.generation = 5;
  batch.attempts = batch.waits = batch.refused_streams = 3;
  batch.campaign = &batch;
  batch.reset();
  EXPECT_TRUE(batch.drops().empty());
  EXPECT_EQ(batch.days, base::DaySet{});
  EXPECT_FALSE(batch.last || batch.marketing || batch.again);
  EXPECT_EQ(batch.first_record + batch.records + batch.id + batch.sequence + batch.generation, 0u);
  EXPECT_EQ(batch.attempts + batch.waits + batch.refused_streams, 0u);
  EXPECT_EQ(batch.campaign, nullptr);
}

TEST(BatchCompact, WhatIsNotKeptBecomesADrop) {
  Batch batch;
  fill(batch, {"one", "t\"wo", "three", "four"});
  const std::vector<Fate> fates{{false, Outcome::over_quota, Reason::marketing},
                                {true, Outcome::accepted, Reason::none},
                                {false, Outcome::expired, Reason::none},
                                {true, Outcome::accepted, Reason::none}};
  batch.compact(fates);
  EXPECT_EQ(batch.wire(), R"("t\"wo","four")");
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch.token(0), "t\"wo");
  EXPECT_EQ(batch.entries()[1].record, 6u);
  EXPECT_EQ(batch.entries()[1].fingerprint, 103u);
  ASSERT_EQ(batch.drops().size(), 2u);
  EXPECT_EQ(batch.drops()[0].record, 0u);
  EXPECT_EQ(batch.drops()[0].outcome, Outcome::over_quota);
  EXPECT_EQ(batch.drops()[1].record, 4u);
}

TEST(BatchCompact, AllAndNone) {
  Batch batch;
  fill(batch, {"one", "two"});
  batch.compact(std::vector<Fate>(2, {true, Outcome::accepted, Reason::none}));
  EXPECT_EQ(batch.wire(), R"("one","two")");
  batch.compact(std::vector<Fate>(2, {false, Outcome::expired, Reason::none}));
  EXPECT_EQ(batch.wire(), "");
  EXPECT_EQ(batch.size(), 0u);
  batch.compact({});
  fill(batch, {"three"});
  EXPECT_EQ(batch.wire(), R"("three")");
}

// Against the same batch built from what is left.
TEST(BatchCompact, AnySubsetReadsAsIfTheRestHadNeverBeenThere) {
  std::mt19937 random{5};
  for (int round = 0; round < 1000; ++round) {
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i < 1 + random() % 40; ++i) {
      std::string token(1 + random() % 60, 'x');
      for (char& c : token) c = "ab\"\\"[random() % 4];
      tokens.push_back(token);
    }
    Batch batch;
    fill(batch, tokens);
    for (int again = 0; again < 3; ++again) {
      std::vector<Fate> fates;
      std::vector<std::string> left;
      for (const std::string& token : tokens) {
        fates.push_back({random() % 3 != 0, Outcome::over_quota, Reason::total});
        if (fates.back().kept) left.push_back(token);
      }
      batch.compact(fates);
      tokens = left;
      Batch expected;
      fill(expected, left);
      ASSERT_EQ(batch.wire(), expected.wire()) << "round " << round;
      for (std::size_t i = 0; i < left.size(); ++i) ASSERT_EQ(batch.token(i), left[i]);
    }
  }
}

}  // namespace
}  // namespace herald::batch
