// What the store refuses to go on from, and that it says which directory and what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "engine/store/campaign_record.h"
#include "engine/store/data_dir.h"
#include "engine/store/rocks_store.h"
#include "tests/store/raw.h"
#include "tests/store/support.h"

namespace herald::store {
namespace {

using testing::HasSubstr;

constexpr base::Day kToday = 20781;

std::string settle(BatchId batch) {
  GroupWriter writer;
  writer.settle({.batch = batch, .campaign = 1, .tokens = 1}, kToday);
  return writer.take();
}

class RocksStoreDamage : public TemporaryDirectory {
 protected:
  RocksStoreDamage() { config_.min_free = 0; }

  void write_groups(std::uint64_t count, base::Day day = kToday) {
    auto store = open_rocks_store(dir_, config_, clock_);
    ASSERT_TRUE(store) << store.error().what;
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_TRUE(commit(**store, settle(i + 1), day));
  }
  void expect_refused(const std::string& because) {
    const auto store = open_rocks_store(dir_, config_, clock_);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, Errc::damaged_store) << store.error().what;
    EXPECT_THAT(store.error().what, HasSubstr(dir_.string()));
    EXPECT_THAT(store.error().what, HasSubstr(because));
    EXPECT_THAT(store.error().what, HasSubstr("restore"));
    EXPECT_EQ(store.error().what.find('\n'), std::string::npos);
  }
  // The newest write-ahead log.
  std::filesystem::path log() {
    std::filesystem::path newest;
    for (const auto& entry : std::filesystem::directory_iterator(dir_ / "store")) {
      if (entry.path().extension() == ".log" && entry.path() > newest) newest = entry.path();
    }
    EXPECT_FALSE(newest.empty());
    return newest;
  }

  const std::filesystem::path dir_ = directory_ / "data";
  LedgerConfig config_;
  StandingClock clock_{kToday};
};

// RocksDB 7.8 opens a log cut short without a word.
TEST_F(RocksStoreDamage, ALogCutBelowTheWitnessIsRefused) {
  write_groups(20);
  const auto file = log();
  const auto size = std::filesystem::file_size(file);
  ASSERT_GT(size, 200u);
  std::filesystem::resize_file(file, size / 2);
  expect_refused("20 was durable once");
}

TEST_F(RocksStoreDamage, AnEmptiedLogIsRefused) {
  write_groups(20);
  std::filesystem::resize_file(log(), 0);
  const auto store = open_rocks_store(dir_, config_, clock_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::damaged_store) << store.error().what;
}

// Whatever part of the log is lost: refused, or all is there. Never fewer groups than were
// promised.
TEST_F(RocksStoreDamage, EveryCutAndEveryFlipOfTheLogIsRefusedOrLosesNothing) {
  write_groups(20);
  const auto copy = directory_ / "copy";
  std::filesystem::copy(dir_, copy, std::filesystem::copy_options::recursive);
  const auto name = log().filename();
  const auto size = std::filesystem::file_size(copy / "store" / name);
  int refused = 0;
  for (int i = 0; i < 60; ++i) {
    std::filesystem::remove_all(dir_);
    std::filesystem::copy(copy, dir_, std::filesystem::copy_options::recursive);
    const auto file = dir_ / "store" / name;
    const auto at = size * static_cast<std::uintmax_t>(i / 2) / 30;
    if (i % 2 == 0) {
      std::filesystem::resize_file(file, at);
    } else {
      std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
      bytes.seekg(static_cast<std::streamoff>(at));
      const int byte = bytes.get();
      bytes.seekp(static_cast<std::streamoff>(at));
      bytes.put(static_cast<char>(byte ^ 0x10));
    }
    const auto store = open_rocks_store(dir_, config_, clock_);
    if (store) {
      EXPECT_EQ((*store)->durable_sequence(), 20u) << "at byte " << at;
    } else {
      ++refused;
      EXPECT_EQ(store.error().code, Errc::damaged_store) << store.error().what;
    }
  }
  EXPECT_GT(refused, 40);
}

TEST_F(RocksStoreDamage, LessThanTheWitnessSaysIsRefused) {
  write_groups(3);
  ASSERT_TRUE(Witness::open(dir_ / "witness")->write(4));
  expect_refused("ends at commit group 3, but 4 was durable once");
}

TEST_F(RocksStoreDamage, AStoreThatIsGoneButWasThereIsRefused) {
  write_groups(3);
  std::filesystem::remove_all(dir_ / "store");
  expect_refused("meta record is gone");
}

// RocksDB would make a new database and clear the files of this one away.
TEST_F(RocksStoreDamage, WithoutCurrentItIsRefusedAndNothingIsTakenAway) {
  write_groups(3);
  { Raw reopened{dir_}; }  // the log becomes a table
  const auto current = dir_ / "store" / "CURRENT";
  const std::string was = content(current);
  std::filesystem::remove(current);
  const auto store = open_rocks_store(dir_, config_, clock_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::damaged_store) << store.error().what;
  EXPECT_FALSE(std::filesystem::exists(current));
  std::ofstream(current) << was;
  EXPECT_EQ((*open_rocks_store(dir_, config_, clock_))->durable_sequence(), 3u);
}

TEST_F(RocksStoreDamage, ATableThatIsGoneIsRefused) {
  write_groups(3);
  { Raw reopened{dir_}; }
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / "store")) {
    if (entry.path().extension() == ".sst") std::filesystem::remove(entry.path());
  }
  expect_refused("No such file");
}

// It is older than the first group, so a missing or empty one was taken away.
TEST_F(RocksStoreDamage, AWitnessThatIsGoneOrEmptyIsRefused) {
  write_groups(3);
  std::filesystem::resize_file(dir_ / "witness", 0);
  expect_refused("witness is gone");
  std::filesystem::remove(dir_ / "witness");
  expect_refused("witness is gone");
}

// A directory whose making was cut short begins again.
TEST_F(RocksStoreDamage, AStoreThatNeverHeldAnythingIsMadeAgain) {
  std::filesystem::create_directories(dir_ / "store");
  std::ofstream(dir_ / "store" / "MANIFEST-000001") << "cut sho";
  std::ofstream(dir_ / "witness");
  write_groups(1);
}

TEST_F(RocksStoreDamage, ADayOfNoNumberIsRefused) {
  write_groups(1);
  Raw(dir_).make_family("day-x");
  expect_refused("\"day-x\"");
}

TEST_F(RocksStoreDamage, AGapInTheNumbersIsRefused) {
  write_groups(5);
  Raw(dir_).remove("day-20781", key(3));
  expect_refused("commit group 2 is followed by 4");
}

TEST_F(RocksStoreDamage, AMissingFirstGroupIsRefused) {
  write_groups(5);
  Raw(dir_).remove("day-20781", key(1));
  expect_refused("commit group 0 is followed by 2");
}

TEST_F(RocksStoreDamage, MetaOfAnotherFormatIsRefused) {
  write_groups(1);
  Raw(dir_).put("default", "meta", encode(Meta{.format = 2}));
  expect_refused("use the version that made it");
}

TEST_F(RocksStoreDamage, UnreadableMetaIsRefused) {
  write_groups(1);
  Raw(dir_).put("default", "meta", "{");
  expect_refused("meta record");
}

TEST_F(RocksStoreDamage, ALostMetaIsRefused) {
  write_groups(1);
  Raw(dir_).remove("default", "meta");
  expect_refused("meta record is gone");
}

TEST_F(RocksStoreDamage, APartOfALaterVersionIsRefused) {
  write_groups(1);
  Raw(dir_).make_family("blocks");
  expect_refused("\"blocks\"");
}

TEST_F(RocksStoreDamage, AGroupThatIsNoneIsRefused) {
  write_groups(1);
  Raw(dir_).put("day-20781", key(2), "\x09");
  expect_refused("unknown kind");
}

TEST_F(RocksStoreDamage, ACampaignThatIsNoneIsRefused) {
  write_groups(1);
  Raw(dir_).put("campaigns", key(1), "{}");
  expect_refused("campaign record");
}

// I22: the floor is durable before its day is dropped, so a crash between the two leaves both. That
// was taken for a loss once.
TEST_F(RocksStoreDamage, ACrashBetweenFloorAndDropIsNoDamage) {
  write_groups(5, kToday);
  write_groups(2, kToday + 1);
  Raw(dir_).put("default", "floor", key(6));
  {
    const auto store = open_rocks_store(dir_, config_, clock_);
    ASSERT_TRUE(store) << store.error().what;
    EXPECT_EQ((*store)->durable_sequence(), 7u);
  }
  clock_.set(kToday + 100);
  const auto store = open_rocks_store(dir_, config_, clock_);
  ASSERT_TRUE(store) << store.error().what;
  EXPECT_EQ(commit(**store, settle(1), kToday + 100).value(), 8u);
}

TEST_F(RocksStoreDamage, ALossBehindTheFloorIsStillSeen) {
  write_groups(5, kToday);
  write_groups(3, kToday + 1);
  {
    Raw raw{dir_};
    raw.put("default", "floor", key(6));
    raw.remove("day-20782", key(6));
  }
  expect_refused("is followed by 7");
}

// No file may grow in its scope.
class NoGrowth {
 public:
  NoGrowth() {
    handler_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit small{64 << 10, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~NoGrowth() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit old_{};
  void (*handler_)(int);
};

// I27: RocksDB begins to write again by itself once there is room; the store must not.
TEST_F(RocksStoreDamage, AFailedWriteEndsAllWritingForGood) {
  auto store = open_rocks_store(dir_, config_, clock_);
  ASSERT_TRUE(store) << store.error().what;
  ASSERT_TRUE(commit(**store, settle(1), kToday));
  std::string large;
  while (large.size() < (1u << 20)) large += settle(2);
  {
    const NoGrowth limit;
    const auto failed = commit(**store, large, kToday);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::disk);
    EXPECT_THAT(failed.error().what, HasSubstr(dir_.string()));
    EXPECT_THAT(failed.error().what, HasSubstr("repair the disk"));
  }
  const auto later = commit(**store, settle(3), kToday);
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, Errc::disk);
  EXPECT_FALSE((*store)->put_campaign({.number = 1, .id = "a"}));
  EXPECT_EQ((*store)->durable_sequence(), 1u);

  store->reset();
  const auto repaired = open_rocks_store(dir_, config_, clock_);
  ASSERT_TRUE(repaired) << repaired.error().what;
  EXPECT_GE((*repaired)->durable_sequence(), 1u);
}

}  // namespace
}  // namespace herald::store
