#include "engine/store/rocks_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/store/support.h"

namespace herald::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr base::Day kToday = 20781;

std::string reservation(BatchId batch) {
  GroupWriter writer;
  writer.reservation({.campaign = 1, .batch = batch, .days = {kToday, false}, .records = 1},
                     std::vector<ReservedToken>{{batch, 0}}, std::vector<DroppedRecord>{});
  return writer.take();
}

class RocksStoreTest : public TemporaryDirectory {
 protected:
  RocksStoreTest() { config_.min_free = 0; }

  std::unique_ptr<Store> open() {
    auto store = open_rocks_store(dir_, config_, clock_);
    EXPECT_TRUE(store) << store.error().what;
    return store ? std::move(*store) : nullptr;
  }
  static std::vector<std::pair<std::uint64_t, std::string>> groups(Store& store,
                                                                   base::Day from = 0) {
    std::vector<std::pair<std::uint64_t, std::string>> all;
    const auto replayed =
        store.replay(from, [&](std::uint64_t sequence, std::string_view group) -> Result<void> {
          all.emplace_back(sequence, group);
          return {};
        });
    EXPECT_TRUE(replayed) << replayed.error().what;
    return all;
  }
  static std::vector<std::uint64_t> sequences(Store& store, base::Day from = 0) {
    std::vector<std::uint64_t> all;
    for (const auto& [sequence, group] : groups(store, from)) all.push_back(sequence);
    return all;
  }
  static void commit_well(Store& store, BatchId batch, base::Day day) {
    const auto done = commit(store, reservation(batch), day);
    ASSERT_TRUE(done) << done.error().what;
  }

  const std::filesystem::path dir_ = directory_ / "data";
  LedgerConfig config_;
  StandingClock clock_{kToday};
};

TEST_F(RocksStoreTest, GroupsComeBackInOrderAlsoAfterReopening) {
  std::vector<std::pair<std::uint64_t, std::string>> expected;
  std::uint64_t seed = 0;
  {
    const auto store = open();
    ASSERT_NE(store, nullptr);
    seed = store->meta().fingerprint_seed;
    for (BatchId i = 1; i <= 20; ++i) {
      const auto sequence = commit(*store, reservation(i), kToday);
      ASSERT_TRUE(sequence) << sequence.error().what;
      EXPECT_EQ(*sequence, i);
      EXPECT_EQ(store->durable_sequence(), i);
      expected.emplace_back(i, reservation(i));
    }
    EXPECT_EQ(groups(*store), expected);
  }
  const auto store = open();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->meta().fingerprint_seed, seed);
  EXPECT_EQ(store->durable_sequence(), 20u);
  EXPECT_EQ(groups(*store), expected);
  EXPECT_EQ(commit(*store, reservation(21), kToday).value(), 21u);
}

TEST_F(RocksStoreTest, TwoDirectoriesHaveDifferentSeeds) {
  const auto one = open();
  const auto other = open_rocks_store(directory_ / "other", config_, clock_);
  ASSERT_TRUE(one != nullptr && other);
  EXPECT_NE(one->meta().fingerprint_seed, (*other)->meta().fingerprint_seed);
}

TEST_F(RocksStoreTest, CommitsOfSeveralThreadsAreNumberedWithoutAGap) {
  const auto store = open();
  ASSERT_NE(store, nullptr);
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      std::uint64_t last = 0;
      for (int i = 0; i < kEach; ++i) {
        const auto sequence = commit(*store, reservation(1), kToday);
        ASSERT_TRUE(sequence) << sequence.error().what;
        EXPECT_GT(*sequence, last);
        EXPECT_GE(store->durable_sequence(), *sequence);
        last = *sequence;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto all = sequences(*store);
  ASSERT_EQ(all.size(), std::size_t{kThreads * kEach});
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i + 1);
}

TEST_F(RocksStoreTest, IdsAreNotGivenTwice) {
  BatchId given = 0;
  {
    const auto store = open();
    ASSERT_NE(store, nullptr);
    for (int i = 0; i < 10; ++i) {
      given = store->new_batch_id();
      commit_well(*store, given, kToday);
    }
    CampaignRecord record;
    record.number = store->new_campaign_number();
    record.id = "a";
    ASSERT_TRUE(store->put_campaign(record));
  }
  const auto store = open();
  ASSERT_NE(store, nullptr);
  EXPECT_GT(store->new_batch_id(), given);
  EXPECT_EQ(store->new_campaign_number(), 2u);
}

// The last groups may hold settles only; the ids before them count all the same.
TEST_F(RocksStoreTest, IdsAreFoundBehindSettles) {
  {
    const auto store = open();
    ASSERT_NE(store, nullptr);
    commit_well(*store, 500, kToday);
    GroupWriter writer;
    for (int i = 0; i < 200; ++i) {
      writer.settle({.batch = 1, .campaign = 1, .tokens = 1}, kToday + 1);
      ASSERT_TRUE(commit(*store, writer.take(), kToday + 1));
    }
  }
  const auto store = open();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->new_batch_id(), 501u);
}

TEST_F(RocksStoreTest, CampaignsAreReplacedByNumberAndFoundById) {
  {
    const auto store = open();
    ASSERT_NE(store, nullptr);
    for (CampaignNumber number = 1; number <= 300; ++number) {
      CampaignRecord record;
      record.number = number;
      record.id = "c" + std::to_string(number);
      ASSERT_TRUE(store->put_campaign(record));
    }
    CampaignRecord changed;
    changed.number = 2;
    changed.id = "c2";
    changed.state = CampaignState::finished;
    ASSERT_TRUE(store->put_campaign(changed));
  }
  const auto store = open();
  ASSERT_NE(store, nullptr);
  const auto all = store->campaigns();
  ASSERT_TRUE(all) << all.error().what;
  ASSERT_EQ(all->size(), 300u);
  EXPECT_EQ((*all)[299].id, "c300");  // in the order of their numbers
  EXPECT_EQ((**find_campaign(*store, "c2")).state, CampaignState::finished);
  EXPECT_FALSE(find_campaign(*store, "c301")->has_value());
}

TEST_F(RocksStoreTest, ReplayBeginsWithTheDayAsked) {
  const auto store = open();
  ASSERT_NE(store, nullptr);
  commit_well(*store, 1, kToday);
  commit_well(*store, 2, kToday + 1);
  commit_well(*store, 3, kToday + 1);
  commit_well(*store, 4, kToday + 3);
  EXPECT_THAT(sequences(*store), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(sequences(*store, kToday + 1), ElementsAre(2, 3, 4));
  EXPECT_THAT(sequences(*store, kToday + 2), ElementsAre(4));
  EXPECT_THAT(sequences(*store, kToday + 4), ElementsAre());
}

// I36: a clock that was set back does not put a group in front of those that are there.
TEST_F(RocksStoreTest, AnEarlierDayGoesWithTheLatestThereIs) {
  {
    const auto store = open();
    ASSERT_NE(store, nullptr);
    commit_well(*store, 1, kToday + 1);
    commit_well(*store, 2, kToday);
    EXPECT_THAT(sequences(*store, kToday + 1), ElementsAre(1, 2));
  }
  const auto store = open();
  ASSERT_NE(store, nullptr);
  EXPECT_THAT(sequences(*store), ElementsAre(1, 2));
}

TEST_F(RocksStoreTest, AVisitThatFailsEndsTheReplay) {
  const auto store = open();
  ASSERT_NE(store, nullptr);
  commit_well(*store, 1, kToday);
  commit_well(*store, 2, kToday);
  int visits = 0;
  const auto replayed = store->replay(0, [&](std::uint64_t, std::string_view) -> Result<void> {
    ++visits;
    return Error{Errc::damaged_store, "no group"};
  });
  ASSERT_FALSE(replayed);
  EXPECT_EQ(replayed.error().code, Errc::damaged_store);
  EXPECT_THAT(replayed.error().what, HasSubstr("commit group 1"));
  EXPECT_EQ(visits, 1);
}

TEST_F(RocksStoreTest, OldDaysGoAfterRetentionAndTheNumbersGoOn) {
  config_.retention = std::chrono::hours{24 * 10};
  {
    const auto store = open();
    ASSERT_NE(store, nullptr);
    for (BatchId i = 0; i < 4; ++i) commit_well(*store, i + 1, kToday + static_cast<base::Day>(i));
  }
  clock_.set(kToday + 10);
  EXPECT_THAT(sequences(*open()), ElementsAre(1, 2, 3, 4));  // the tenth day still keeps the first
  clock_.set(kToday + 12);
  EXPECT_THAT(sequences(*open()), ElementsAre(3, 4));
  {
    const auto store = open();  // the floor was kept
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(store->durable_sequence(), 4u);
    EXPECT_EQ(commit(*store, reservation(5), kToday + 12).value(), 5u);
  }
  clock_.set(kToday + 100);
  EXPECT_THAT(sequences(*open()), ElementsAre(5));
}

// A clock that is a year ahead must not forget what was sent today.
TEST_F(RocksStoreTest, TheLastTwoDaysStayWhateverTheClockSays) {
  {
    const auto store = open();
    ASSERT_NE(store, nullptr);
    for (BatchId i = 0; i < 3; ++i) commit_well(*store, i + 1, kToday + static_cast<base::Day>(i));
  }
  clock_.set(kToday + 365);
  EXPECT_THAT(sequences(*open()), ElementsAre(2, 3));
  clock_.set(kToday + 2);
  EXPECT_THAT(sequences(*open()), ElementsAre(2, 3));
}

TEST_F(RocksStoreTest, AnUnfinishedCampaignKeepsItsDays) {
  config_.retention = std::chrono::hours{24};
  CampaignRecord record;
  record.number = 1;
  record.id = "long";
  record.created_day = kToday;
  record.state = CampaignState::paused;
  {
    const auto store = open();
    ASSERT_NE(store, nullptr);
    ASSERT_TRUE(store->put_campaign(record));
    commit_well(*store, 1, kToday);
    commit_well(*store, 2, kToday + 40);
  }
  clock_.set(kToday + 50);
  {
    const auto store = open();
    EXPECT_THAT(sequences(*store), ElementsAre(1, 2));
    record.state = CampaignState::finished;
    ASSERT_TRUE(store->put_campaign(record));
  }
  EXPECT_THAT(sequences(*open()), ElementsAre(2));
}

// What is about to go is summed up before, and only that.
TEST_F(RocksStoreTest, CampaignsAreSummedUpOnceBeforeTheirDaysGo) {
  config_.retention = std::chrono::hours{24};
  {
    const auto store = open();
    ASSERT_NE(store, nullptr);
    for (CampaignNumber number = 1; number <= 3; ++number) {
      CampaignRecord record;
      record.number = number;
      record.id = "c" + std::to_string(number);
      record.created_day = kToday + static_cast<base::Day>(number) * 10;
      record.state = CampaignState::finished;
      ASSERT_TRUE(store->put_campaign(record));
      commit_well(*store, number, record.created_day);
    }
  }
  clock_.set(kToday + 50);
  std::vector<std::string> summed;
  const Summarize summarize = [&](Store& store, std::vector<CampaignRecord>& campaigns) {
    EXPECT_THAT(sequences(store), ElementsAre(1, 2, 3));  // nothing is gone yet
    for (CampaignRecord& record : campaigns) {
      summed.push_back(record.id);
      record.totals = Totals{.records = record.number};
    }
    return Result<void>{};
  };
  for (int i = 0; i < 2; ++i) {
    const auto store = open_rocks_store(dir_, config_, clock_, summarize);
    ASSERT_TRUE(store) << store.error().what;
    EXPECT_THAT(sequences(**store), ElementsAre(3));
    EXPECT_THAT(summed, ElementsAre("c1", "c2"));
    const auto all = (*store)->campaigns();
    ASSERT_TRUE(all);
    EXPECT_EQ((*all)[1].totals->records, 2u);
    EXPECT_FALSE((*all)[2].totals);
  }
}

TEST_F(RocksStoreTest, WithoutASumNothingIsDropped) {
  config_.retention = std::chrono::hours{24};
  {
    const auto store = open();
    commit_well(*store, 1, kToday);
    commit_well(*store, 2, kToday + 10);
  }
  clock_.set(kToday + 50);
  const auto store = open_rocks_store(dir_, config_, clock_, [](auto&, auto&) -> Result<void> {
    return Error{Errc::damaged_store, "no sum"};
  });
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().what, "no sum");
  clock_.set(kToday);
  EXPECT_THAT(sequences(*open()), ElementsAre(1, 2));
}

TEST_F(RocksStoreTest, NothingIsReadableByOthers) {
  const Umask none{0};
  {
    const auto store = open();
    ASSERT_NE(store, nullptr);
    commit_well(*store, 1, kToday);
  }
  open();  // recovery writes files of its own
  std::size_t files = 0;
  EXPECT_EQ(mode_of(dir_), 0700u);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_)) {
    EXPECT_EQ(mode_of(entry.path()) & 077, 0u) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 5u);
}

TEST_F(RocksStoreTest, ASecondStoreOnTheDirectoryIsRefused) {
  const auto store = open();
  ASSERT_NE(store, nullptr);
  const auto second = open_rocks_store(dir_, config_, clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::store_in_use);
  commit_well(*store, 1, kToday);
}

TEST_F(RocksStoreTest, WithoutSyncItSurvivesAProcessAllTheSame) {
  config_.durability = Durability::process;
  {
    const auto store = open();
    ASSERT_NE(store, nullptr);
    commit_well(*store, 1, kToday);
  }
  EXPECT_THAT(sequences(*open()), ElementsAre(1));
}

std::vector<std::uint64_t> blocked(Store& store, std::int64_t now_ms) {
  std::vector<std::uint64_t> surfaces;
  const auto blocks = store.blocks(now_ms);
  EXPECT_TRUE(blocks) << blocks.error().what;
  for (const Block& block : *blocks) surfaces.push_back(block.surface);
  return surfaces;
}

TEST_F(RocksStoreTest, BlocksOutliveReopeningUntilTheyExpire) {
  const auto now = clock_.wall().time_since_epoch().count();
  constexpr std::int64_t kDay = 86'400'000;
  const std::vector<Block> blocks{
      {7, base::Surface::Kind::card, base::SurfaceBlock::card_gone, now + 30 * kDay},
      {8, base::Surface::Kind::card, base::SurfaceBlock::card_limit, now + kDay},
      {9, base::Surface::Kind::activity, base::SurfaceBlock::activity_gone, now + kDay + 1}};
  ASSERT_TRUE(open()->put_blocks(blocks));
  {
    const auto store = open();
    EXPECT_THAT(blocked(*store, now), ElementsAre(7u, 8u, 9u));
    EXPECT_THAT(blocked(*store, now + kDay), ElementsAre(7u, 9u));
    const Block first = store->blocks(now)->front();
    EXPECT_EQ(first.kind, base::Surface::Kind::card);
    EXPECT_EQ(first.reason, base::SurfaceBlock::card_gone);
    EXPECT_EQ(first.until_ms, now + 30 * kDay);
  }
  clock_.set(kToday + 2);
  EXPECT_THAT(blocked(*open(), 0), ElementsAre(7u));  // the others went when it was opened
}

TEST_F(RocksStoreTest, LaterBlockOfTheSameTakesItsPlace) {
  const auto now = clock_.wall().time_since_epoch().count();
  const auto store = open();
  for (const std::int64_t until : {now + 5, now + 500}) {
    const Block block{7, base::Surface::Kind::card, base::SurfaceBlock::card_limit, until};
    ASSERT_TRUE(store->put_blocks({&block, 1}));
  }
  EXPECT_THAT(blocked(*store, now + 10), ElementsAre(7u));
}

}  // namespace
}  // namespace herald::store
