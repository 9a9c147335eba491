// What `herald fsck` finds, where it says it is, and that it leaves the directory as it was.
#include "herald/fsck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "engine/store/data_dir.h"
#include "engine/store/rocks_store.h"
#include "tests/store/raw.h"
#include "tests/store/support.h"

namespace herald::store {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr base::Day kToday = 20781;
constexpr const char* kFamily = "day-20781";

class Fsck : public TemporaryDirectory {
 protected:
  Fsck() {
    config_.data_dir = dir_;
    config_.ledger.min_free = 0;
  }

  std::unique_ptr<Store> open() {
    auto store = open_rocks_store(dir_, config_.ledger, clock_);
    EXPECT_TRUE(store) << store.error().what;
    return store ? std::move(*store) : nullptr;
  }
  static CampaignRecord campaign(CampaignNumber number, CampaignState state) {
    CampaignRecord record;
    record.number = number;
    record.id = "c" + std::to_string(number);
    record.created_day = kToday;
    record.state = state;
    return record;
  }
  static std::string reserved(BatchId batch, std::uint64_t first, std::uint32_t tokens,
                              CampaignNumber campaign = 1, base::Day day = kToday) {
    std::vector<ReservedToken> entries;
    for (std::uint32_t i = 0; i < tokens; ++i) entries.push_back({1000 + first + i, i});
    GroupWriter writer;
    writer.reservation({.campaign = campaign,
                        .batch = batch,
                        .days = {day, false},
                        .first_record = first,
                        .records = tokens},
                       entries, std::vector<DroppedRecord>{});
    return writer.take();
  }
  static std::string settled(BatchId batch, std::uint32_t tokens, CampaignNumber campaign = 1,
                             std::vector<Exception> exceptions = {}) {
    GroupWriter writer;
    writer.settle({.batch = batch,
                   .campaign = campaign,
                   .outcome = Outcome::accepted,
                   .tokens = tokens,
                   .exceptions = exceptions},
                  kToday);
    return writer.take();
  }
  // One finished campaign of two batches of ten: groups 1 to 4.
  void write_sound() {
    const auto store = open();
    ASSERT_TRUE(store->put_campaign(campaign(1, CampaignState::finished)));
    for (BatchId batch = 1; batch <= 2; ++batch) {
      ASSERT_TRUE(commit(*store, reserved(batch, (batch - 1) * 10, 10), kToday));
      ASSERT_TRUE(commit(*store, settled(batch, 10), kToday));
    }
  }
  void add(const std::string& group, base::Day day = kToday) {
    ASSERT_TRUE(commit(*open(), group, day));
  }

  // Every file's bytes and mode: what must be the same after reading.
  std::map<std::string, std::string> everything() {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_)) {
      const std::string mode = std::to_string(mode_of(entry.path()));
      all[entry.path().string()] = mode + (entry.is_regular_file() ? content(entry.path()) : "");
    }
    return all;
  }
  FsckReport check() {
    const auto before = everything();
    const auto report = fsck(config_);
    EXPECT_TRUE(report) << report.error().what;
    EXPECT_TRUE(everything() == before) << "fsck has changed something";
    return report ? *report : FsckReport{};
  }
  // The only finding.
  void expect_finding(const std::string& where, const std::string& what,
                      const std::string& way_out) {
    const FsckReport report = check();
    ASSERT_EQ(report.findings.size(), 1u) << testing::PrintToString(lines(report));
    EXPECT_THAT(report.findings[0].where, HasSubstr(where));
    EXPECT_THAT(report.findings[0].what, HasSubstr(what));
    EXPECT_THAT(report.findings[0].way_out, HasSubstr(way_out));
  }
  static std::vector<std::string> lines(const FsckReport& report) {
    std::vector<std::string> all;
    for (const auto& each : report.findings) all.push_back(each.where + ": " + each.what);
    return all;
  }

  const std::filesystem::path dir_ = directory_ / "data";
  Config config_;
  StandingClock clock_{kToday};
};

TEST_F(Fsck, SoundIsCounted) {
  write_sound();
  const FsckReport report = check();
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_EQ(report.campaigns, 1u);
  EXPECT_EQ(report.days, 1u);
  EXPECT_EQ(report.groups, 4u);
  EXPECT_EQ(report.batches, 2u);
  EXPECT_EQ(report.tokens, 20u);
  EXPECT_GT(report.bytes, 160u);
}

// Groups in tables, in the log, and in both.
TEST_F(Fsck, SoundWhereverTheGroupsLie) {
  write_sound();
  { Raw reopened{dir_}; }
  EXPECT_THAT(lines(check()), IsEmpty());
  add(reserved(3, 20, 5));
  add(settled(3, 5));
  const FsckReport report = check();
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_EQ(report.groups, 6u);
}

TEST_F(Fsck, WithoutADirectoryThereIsNothingToCheck) {
  const auto report = fsck(config_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::not_found);
  EXPECT_THAT(report.error().what, HasSubstr(dir_.string()));
  EXPECT_FALSE(std::filesystem::exists(dir_));
}

TEST_F(Fsck, ADirectoryInUseIsLeftAlone) {
  const auto store = open();
  const auto before = everything();
  const auto report = fsck(config_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::store_in_use);
  EXPECT_TRUE(everything() == before);
}

TEST_F(Fsck, FilesThatOthersMayUse) {
  write_sound();
  ASSERT_EQ(chmod((dir_ / "witness").c_str(), 0640), 0);
  expect_finding("witness", "mode 0640", "chmod go=");
}

TEST_F(Fsck, ALinkInTheDirectory) {
  write_sound();
  std::filesystem::create_symlink("/etc/passwd", dir_ / "link");
  expect_finding("link", "neither a file nor a directory", "remove it");
}

TEST_F(Fsck, ALogThatWasCutShort) {
  write_sound();
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / "store")) {
    if (entry.path().extension() != ".log") continue;
    const auto size = std::filesystem::file_size(entry.path());
    if (size > 100) std::filesystem::resize_file(entry.path(), size - 40);
  }
  const FsckReport report = check();
  EXPECT_THAT(lines(report), testing::Contains(HasSubstr("but 4 was durable once")));
}

TEST_F(Fsck, AFlippedBitInATable) {
  write_sound();
  { Raw reopened{dir_}; }
  std::uintmax_t flips = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / "store")) {
    if (entry.path().extension() != ".sst") continue;
    std::string bytes = content(entry.path());
    bytes[20] = static_cast<char>(bytes[20] ^ 1);
    std::ofstream(entry.path(), std::ios::binary) << bytes;
    ++flips;
  }
  ASSERT_GT(flips, 0u);
  const FsckReport report = check();
  EXPECT_THAT(lines(report), testing::Contains(HasSubstr("orruption")));
}

TEST_F(Fsck, AWitnessThatIsDamagedEmptyOrGone) {
  write_sound();
  const std::string good = content(dir_ / "witness");
  std::ofstream(dir_ / "witness", std::ios::binary) << "0123456789abcdef";
  expect_finding("witness", "damaged", "restore");
  std::filesystem::resize_file(dir_ / "witness", 0);
  expect_finding("witness", "is empty", "restore");
  std::filesystem::remove(dir_ / "witness");
  expect_finding("witness", "there is none", "restore");
}

TEST_F(Fsck, AStoreThatIsGone) {
  write_sound();
  std::filesystem::remove_all(dir_ / "store");
  expect_finding("store", "not readable", "restore");
}

TEST_F(Fsck, AGapIsToldAndTheRestRead) {
  write_sound();
  Raw(dir_).remove(kFamily, key(2));
  const FsckReport report = check();
  EXPECT_THAT(lines(report),
              ElementsAre(HasSubstr("commit group 1 is followed by 3"),
                          AllOf(HasSubstr("campaign c1"), HasSubstr("10 of its records"))));
}

TEST_F(Fsck, AGroupThatIsNone) {
  write_sound();
  Raw(dir_).put(kFamily, key(5), "\x09");
  Raw(dir_).put(kFamily, key(6), reserved(3, 20, 5) + "\x09");
  const FsckReport report = check();
  EXPECT_THAT(lines(report), testing::Contains(HasSubstr("commit group 5: ")));
  EXPECT_THAT(lines(report), testing::Contains(HasSubstr("commit group 6: ")));
}

TEST_F(Fsck, ABatchSettledOrReservedTwice) {
  write_sound();
  add(settled(2, 10));
  expect_finding("commit group 5", "settles batch 2 a second time", "report this");
}

TEST_F(Fsck, ABatchReservedTwice) {
  write_sound();
  add(reserved(2, 20, 10));
  const FsckReport report = check();
  EXPECT_THAT(lines(report), testing::Contains(HasSubstr("reserves batch 2 a second time")));
}

TEST_F(Fsck, ASettleWithoutItsReservation) {
  write_sound();
  add(settled(77, 1));
  expect_finding("commit group 5", "settles batch 77, which nothing reserves", "report this");
}

TEST_F(Fsck, ASettleOfAnotherSizeOrCampaign) {
  write_sound();
  ASSERT_TRUE(open()->put_campaign(campaign(2, CampaignState::paused)));
  add(reserved(3, 0, 10, 2));
  add(settled(3, 9, 2));
  const FsckReport report = check();
  EXPECT_THAT(lines(report),
              testing::Contains(AllOf(HasSubstr("commit group 6"), HasSubstr("with 9 tokens"))));
}

TEST_F(Fsck, ATokenWithTwoOutcomes) {
  {
    const auto store = open();
    ASSERT_TRUE(store->put_campaign(campaign(1, CampaignState::paused)));
  }
  add(reserved(1, 0, 10));
  const Exception one{3, Outcome::invalid, Reason::noRight, true};
  add(settled(1, 10, 1, {one, one}));
  expect_finding("commit group 2", "token 3 of batch 1 two outcomes", "report this");
}

TEST_F(Fsck, ACampaignWithoutARecord) {
  write_sound();
  add(reserved(3, 0, 10, 9));
  expect_finding("commit group 5", "campaign 9, which has no record", "restore");
}

TEST_F(Fsck, ACampaignThatIsNoneOrAnothersOrTwice) {
  write_sound();
  {
    Raw raw{dir_};
    raw.put("campaigns", key(2), "{}");
  }
  ASSERT_EQ(check().findings.size(), 1u);
  Raw(dir_).remove("campaigns", key(2));
  CampaignRecord twice = campaign(3, CampaignState::paused);
  twice.id = "c1";
  {
    auto store = open();
    ASSERT_TRUE(store->put_campaign(twice));
  }
  expect_finding("campaign c1", "there twice", "report this");
}

TEST_F(Fsck, AFinishedCampaignWithOpenRecords) {
  write_sound();
  add(reserved(3, 20, 10));
  GroupWriter back;
  back.settle({.batch = 3, .campaign = 1, .how = Settled::returned, .released = true, .tokens = 10},
              kToday);
  add(back.take());
  expect_finding("campaign c1", "10 of its records have no outcome", "report this");
}

TEST_F(Fsck, AGroupUnderTooEarlyADay) {
  write_sound();
  Raw(dir_).put(kFamily, key(5), reserved(3, 20, 10, 1, kToday + 3));
  Raw(dir_).put(kFamily, key(6), settled(3, 10));
  Witness::open(dir_ / "witness")->write(6).value();
  expect_finding("commit group 5", "lies under", "report this");
}

TEST_F(Fsck, TheSpoolOfAnUnfinishedCampaignIsMissed) {
  CampaignRecord record = campaign(1, CampaignState::paused);
  record.audience_spooled = true;
  ASSERT_TRUE(open()->put_campaign(record));
  expect_finding("spool", "unfinished campaign c1", "herald cancel c1");
  {
    const Umask only_mine{077};
    std::filesystem::create_directory(dir_ / "spool");
    std::ofstream(dir_ / "spool" / "1.zst") << "no zstd at all";
  }
  expect_finding("campaign c1", "1.zst: the copy of the audience is damaged", "herald cancel c1");
  record.state = CampaignState::cancelled;
  ASSERT_TRUE(open()->put_campaign(record));
  EXPECT_THAT(lines(check()), IsEmpty());
}

TEST_F(Fsck, MetaAndPartsOfALaterVersion) {
  write_sound();
  Raw(dir_).make_family("receipts");
  expect_finding("store", "\"receipts\"", "the version that made it");
}

// A campaign of which only the end is left is not called wrong, and its totals are.
TEST_F(Fsck, DaysThatWereDroppedAreNotMissed) {
  write_sound();
  add(reserved(3, 20, 10), kToday);
  add(settled(3, 10), kToday + 10);
  {
    const auto store = open();
    ASSERT_TRUE(store->put_campaign(campaign(2, CampaignState::finished)));
    ASSERT_TRUE(commit(*store, reserved(4, 0, 1, 2), kToday + 11));
    ASSERT_TRUE(commit(*store, settled(4, 1, 2), kToday + 11));
  }
  clock_.set(kToday + 40);
  EXPECT_EQ(open()->durable_sequence(), 8u);
  const FsckReport report = check();
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_EQ(report.days, 2u);
  EXPECT_EQ(report.groups, 3u);

  CampaignRecord wrong = campaign(1, CampaignState::finished);
  wrong.totals = Totals{.records = 30};
  ASSERT_TRUE(open()->put_campaign(wrong));
  expect_finding("campaign c1", "30", "report this");
}

TEST_F(Fsck, ManyFindingsAreCounted) {
  write_sound();
  {
    const auto store = open();
    for (int i = 0; i < 150; ++i) {
      ASSERT_TRUE(commit(*store, settled(static_cast<BatchId>(1000 + i), 1), kToday));
    }
  }
  const FsckReport report = check();
  EXPECT_EQ(report.findings.size(), kFsckFindingsMax);
  EXPECT_EQ(report.more, 50u);
  EXPECT_FALSE(report.sound());
}

}  // namespace
}  // namespace herald::store
