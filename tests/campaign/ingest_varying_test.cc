// Ingest where payloads differ from record to record: a batch for each rendering, and every record
// still ends exactly once.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <random>
#include <set>

#include "engine/campaign/fold.h"
#include "engine/campaign/ingest.h"
#include "engine/campaign/outcome_map.h"
#include "tests/campaign/support.h"
#include "tests/campaign/varying_ingest.h"

namespace herald::campaign {
namespace {

std::string token(std::uint64_t number) { return fmt::format("token-{:07}", number); }

TEST_F(IngestVarying, RecordsThatRenderTheSameShareABatch) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, std::to_string(record % 3)};
  };
  begin(3003, make);
  finish();
  expect_each_once(3003, make);
  ASSERT_EQ(formed_.size(), 7u);  // three full, three with one, and the end
  for (int i = 0; i < 3; ++i) EXPECT_EQ(formed_[i].tokens.size(), 1000u);
  for (int i = 3; i < 6; ++i) EXPECT_EQ(formed_[i].tokens.size(), 1u);
  EXPECT_TRUE(formed_.back().last);
  EXPECT_TRUE(formed_.back().tokens.empty());
  expect_charged_is_what_is_formed();
}

TEST_F(IngestVarying, WithoutSurfacesTokensAreChargedToDevicesAlone) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record % 50), Reason::none, std::to_string(record % 2)};
  };
  begin(60, make, {.kind = Surface::Kind::none});
  finish();
  expect_each_once(60, make);
  std::uint64_t sent = 0;
  for (const Formed& formed : formed_) {
    EXPECT_FALSE(formed.surface);
    sent += formed.tokens.size();
  }
  EXPECT_EQ(sent, 50u) << "with another payload a token is still a duplicate";
  expect_charged_is_what_is_formed();
}

TEST_F(IngestVarying, WithSurfacesATokenMayHaveSeveral) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(0), Reason::none, std::to_string(record % 30)};
  };
  begin(60, make);
  finish();
  expect_each_once(60, make);
  std::uint64_t duplicates = 0;
  for (const Formed& formed : formed_) duplicates += formed.drops.size();
  EXPECT_EQ(duplicates, 30u);
  expect_charged_is_what_is_formed();
}

TEST_F(IngestVarying, ARecordThatDoesNotRenderIsMalformedAndLeavesNothing) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, record % 2 == 0 ? "7" : std::string{kBroken}};
  };
  begin(10, make);
  finish();
  expect_each_once(10, make);
  ASSERT_EQ(order(), std::vector<std::string>{"7"});
  EXPECT_EQ(formed_[0].tokens.size(), 5u);
  EXPECT_EQ(formed_[1].drops.size(), 5u);
  for (const auto& [record, reason] : formed_[1].drops) EXPECT_EQ(reason, Reason::payload_rule);
  expect_charged_is_what_is_formed();
}

TEST_F(IngestVarying, WithMoreThanMayBeOpenTheOneUsedLongestAgoGoes) {
  // As many as may be open, then 0 again, then two more: 1 and 2 go.
  const auto make = [](std::uint64_t record) {
    const std::uint64_t form = record < kOpenGroupsMax    ? record
                               : record == kOpenGroupsMax ? 0
                                                          : record - 1;
    return MadeRecord{token(record), Reason::none, std::to_string(form)};
  };
  begin(kOpenGroupsMax + 3, make);
  for (int block = 0; block < 2; ++block) ASSERT_EQ(ingest_->step(), Ingest::Step::more);
  while (take_one()) {
  }
  EXPECT_EQ(order(), (std::vector<std::string>{"1", "2"}));
  finish();
  expect_each_once(kOpenGroupsMax + 3, make);
  EXPECT_EQ(order().size(), kOpenGroupsMax + 2);
}

TEST_F(IngestVarying, OneTokenARequestIsABatchEach) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, std::to_string(record % 4)};
  };
  begin(2000, make, {.batch_tokens_max = 1});
  finish();
  expect_each_once(2000, make);
  for (const Formed& formed : formed_) EXPECT_LE(formed.tokens.size(), 1u);
  ASSERT_EQ(order().size(), 2000u);
  for (std::size_t i = 0; i < 2000; ++i) ASSERT_EQ(formed_[i].first, i) << "in the file's order";
}

TEST_F(IngestVarying, ANewDayClosesEachBatchThatGetsMore) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, record < 4 ? "1" : std::to_string(record % 2)};
  };
  begin(12, make, {}, std::size_t{1} << 30, 4);
  clock_.now = noon(kToday) + std::chrono::hours{12} - std::chrono::minutes{10};
  ASSERT_EQ(ingest_->step(), Ingest::Step::more);
  clock_.now += std::chrono::minutes{9} + std::chrono::seconds{30};  // both days
  ASSERT_EQ(ingest_->step(), Ingest::Step::more);
  clock_.now += std::chrono::minutes{1};
  finish();
  expect_each_once(12, make);
  std::vector<std::pair<std::string, base::DaySet>> all;
  for (const Formed& formed : formed_) {
    if (!formed.tokens.empty()) all.emplace_back(std::to_string(formed.surface.id), formed.days);
  }
  const base::DaySet today{kToday, false};
  const base::DaySet both{kToday, true};
  const base::DaySet tomorrow{kToday + 1, false};
  EXPECT_THAT(all,
              testing::UnorderedElementsAre(testing::Pair("1", today), testing::Pair("0", both),
                                            testing::Pair("1", both), testing::Pair("0", tomorrow),
                                            testing::Pair("1", tomorrow)));
  expect_charged_is_what_is_formed();
}

// A payload that few records have must not keep its token waiting to the end of the audience.
TEST_F(IngestVarying, ARareRecordDoesNotWaitForTheEndOfAMillionOthers) {
  constexpr std::uint64_t kMany = (std::uint64_t{1} << 20) + 5000;
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(0), record == 0 ? Reason::none : Reason::empty, "1"};
  };
  begin(kMany, make);
  std::uint64_t records = 0;
  while (order().empty() && records < kMany) {
    ASSERT_EQ(ingest_->step(), Ingest::Step::more);
    records += audience::kRecordsPerBlock;
    while (take_one()) {
    }
  }
  ASSERT_LT(records, kMany) << "it has not gone";
  EXPECT_EQ(order().front(), "1");
  finish();
  for (const Formed& formed : formed_) {
    EXPECT_LE(formed.records, (1u << 20) + audience::kRecordsPerBlock);
  }
}

TEST_F(IngestVarying, TheSmallestPoolIsEnough) {
  for (const std::uint32_t most : {1u, 2u, 1000u}) {
    SCOPED_TRACE(most);
    start_anew();
    const auto make = [](std::uint64_t record) {
      return MadeRecord{token(record), record % 7 == 0 ? Reason::empty : Reason::none,
                        std::to_string(record % 5)};
    };
    begin(700, make, {.batch_tokens_max = most}, 0);
    finish();
    expect_each_once(700, make);
    expect_charged_is_what_is_formed();
  }
}

// Each holds what it fills while it waits for another batch, and there are only two.
TEST_F(IngestVarying, TwoCampaignsWithTheSmallestPoolDoNotWaitForEachOther) {
  batch::Pool pool{0};
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), record % 2 == 0 ? Reason::empty : Reason::none,
                      std::to_string(record % 3)};
  };
  std::vector<std::unique_ptr<VaryingIngest>> both;
  for (int i = 0; i < 2; ++i) {
    both.push_back(std::make_unique<VaryingIngest>(
        clock_, *accounts_, pool, std::make_unique<MadeReader>(100, make, 1), Options{}));
  }
  std::array<bool, 2> done{};
  int idle = 0;
  while (!done[0] || !done[1]) {
    bool moved = false;
    for (std::size_t i = 0; i < 2; ++i) {
      if (done[i]) continue;
      const Ingest::Step step = both[i]->step();
      done[i] = step == Ingest::Step::done;
      moved |= step != Ingest::Step::starved;
    }
    for (auto& each : both) {
      while (auto batch = each->formed()) {
        pool.release(std::move(batch));
        moved = true;
      }
    }
    ASSERT_LT(idle = moved ? 0 : idle + 1, 3) << "they wait for each other";
  }
}

TEST_F(IngestVarying, StoppedInTheMiddleNothingStaysChargedThatIsInNoBatch) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, std::to_string(record)};
  };
  begin(5000, make, {}, 0);
  for (int i = 0; i < 100; ++i) {
    if (ingest_->step() == Ingest::Step::starved) take_one();
  }
  ingest_->stop();
  finish();
  EXPECT_GT(formed_.size(), 10u);
  EXPECT_LT(formed_.size(), 1000u);
  expect_each_once(formed_.size(), make);
  expect_charged_is_what_is_formed();
}

TEST_F(IngestVarying, AFileThatEndsEarlyKeepsWhatWasRead) {
  const auto make = [](std::uint64_t record) {
    return MadeRecord{token(record), Reason::none, std::to_string(record % 5)};
  };
  reader_fails_ = true;
  begin(3000, make);
  finish();
  EXPECT_TRUE(ingest_->run().input_error);
  expect_each_once(3000, make);
  for (const Formed& formed : formed_) EXPECT_FALSE(formed.last);
}

// Everything at once, from a seed.
TEST_F(IngestVarying, WhateverComesEveryRecordEndsOnce) {
  const char* given = std::getenv("HERALD_SEED");
  std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  for (int i = 0; i < 100; ++i, ++seed) {
    SCOPED_TRACE("HERALD_SEED=" + std::to_string(seed));
    std::mt19937_64 random{seed};
    const auto one_in = [&](std::uint64_t n) { return random() % n == 0; };
    start_anew();
    clock_.now =
        noon(kToday) + (one_in(2) ? std::chrono::minutes{12 * 60 - 3} : std::chrono::minutes{0});
    const std::uint64_t records = random() % 3000;
    const std::uint64_t forms = one_in(2) ? 1 + random() % 5 : 1 + random() % 600;
    const std::uint64_t tokens = 1 + random() % 4000;
    const std::uint64_t salt = random();
    const auto make = [=](std::uint64_t record) {
      std::mt19937_64 own{salt + record};
      MadeRecord made{token(own() % tokens), Reason::none, std::to_string(own() % forms)};
      if (own() % 10 == 0) made.malformed = Reason::empty;
      if (own() % 10 == 0) made.form_id = kBroken;
      if (own() % 2 == 0) made.version = std::to_string(forms);
      return made;
    };
    const auto visible = [=](std::uint64_t record) { return make(record); };
    const std::uint32_t sizes[] = {1, 2, 10, 1000};
    const Surface::Kind kinds[] = {Surface::Kind::none, Surface::Kind::card,
                                   Surface::Kind::activity};
    const bool small_pool = one_in(2);
    begin(records, make,
          {.kind = kinds[random() % 3],
           .batch_tokens_max = sizes[random() % 4],
           .form_limit = static_cast<std::uint32_t>(random() % 3),
           .total_limit = static_cast<std::uint16_t>(one_in(2) ? 3000 : 1 + random() % 5)},
          small_pool ? 0 : std::size_t{64} << 20, 1 + random() % audience::kRecordsPerBlock);
    const std::uint64_t stop_after = one_in(3) ? random() % 20 : ~std::uint64_t{0};
    for (std::uint64_t steps = 0;; ++steps) {
      if (steps == stop_after) ingest_->stop();
      const Ingest::Step step = ingest_->step();
      if (step == Ingest::Step::done) break;
      if (step == Ingest::Step::starved) {
        ASSERT_TRUE(take_one());
      }
      while (one_in(2) && take_one()) {
      }
      if (one_in(10)) clock_.now += std::chrono::seconds{random() % 120};
    }
    while (take_one()) {
    }
    const bool whole = !formed_.empty() && formed_.back().last;
    std::uint64_t placed = 0;
    for (const Formed& each : formed_) placed += each.tokens.size() + each.drops.size();
    if (whole) {
      ASSERT_EQ(placed, records);
    } else {
      ASSERT_NE(stop_after, ~std::uint64_t{0});
    }
    // A version may have been rendered twice for one form: the surface is the first's.
    expect_each_once(placed, visible);
    expect_charged_is_what_is_formed();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace herald::campaign
