// Stores that earlier versions wrote are read for ever (I31): tests/data/store-format-N is one of
// each format, as kill -9 left it. What is in it stands below, in write_format_1(); it was written
// once, by
//
//   HERALD_WRITE_FORMAT=DIR fsck_test --gtest_filter='StoreFormat.*'
//
// and is not to be written again: a new format gets a directory, and a test, of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "engine/store/rocks_store.h"
#include "herald/fsck.h"
#include "tests/store/group_kept.h"
#include "tests/store/support.h"

namespace herald::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr base::Day kToday = 20781;

LedgerConfig config() {
  LedgerConfig config;
  config.min_free = 0;
  return config;
}

CampaignRecord campaign(CampaignNumber number, std::string id, CampaignState state) {
  CampaignRecord record;
  record.number = number;
  record.id = std::move(id);
  record.app = "demo";
  record.project = "1234567890";
  record.job = R"({"title":"周末"})";
  record.audience = "/srv/tokens.txt";
  record.created_day = kToday;
  record.created_ms = 1'795'512'000'123;
  record.state = state;
  record.requests = {10, 2, 1};
  return record;
}

void write_format_1(Store& store, base::Day day, BatchId batch) {
  GroupWriter group;
  const std::vector<ReservedToken> tokens{{77, 0}, {78, 2}, {1ull << 63, 3}};
  group.reservation({.campaign = 1,
                     .batch = batch,
                     .marketing = true,
                     .days = {day, true},
                     .time_ms = 1'795'512'000'456,
                     .records = 5},
                    tokens,
                    std::vector<DroppedRecord>{{1, Outcome::duplicate, Reason::none},
                                               {4, Outcome::over_quota, Reason::marketing}});
  group.audience_mark(1, 0, {.records = 5, .digest = 0xfedcba9876543210}, day);
  ASSERT_TRUE(commit(store, group.take(), day + 1));
  const std::vector<Exception> exceptions{{1, Outcome::invalid, Reason::other, true}};
  group.settle({.batch = batch,
                .campaign = 1,
                .outcome = Outcome::accepted,
                .tokens = 3,
                .time_ms = 1'795'512'001'000,
                .request_id = "176359-0001",
                .reason_text = "newReason",
                .exceptions = exceptions},
               day);
  group.reservation({.campaign = 2,
                     .batch = batch + 1,
                     .test = true,
                     .surface = {.kind = base::Surface::Kind::card, .id = 5, .version = 300},
                     .days = {day, false},
                     .records = 1},
                    std::vector<ReservedToken>{{79, 0}}, std::vector<DroppedRecord>{});
  group.audience_end(1, 0, 5, day);
  ASSERT_TRUE(commit(store, group.take(), day));
}

// One session that ends as it should, and one that is killed.
void write_fixture(const std::filesystem::path& dir) {
  const StandingClock clock{kToday};
  {
    const auto store = open_rocks_store(dir, config(), clock);
    ASSERT_TRUE(store) << store.error().what;
    ASSERT_TRUE((*store)->put_campaign(campaign(1, "sale", CampaignState::finished)));
    ASSERT_TRUE((*store)->put_campaign(campaign(2, "cards", CampaignState::paused)));
    const Block block{7, base::Surface::Kind::card, base::SurfaceBlock::card_gone, 1LL << 50};
    ASSERT_TRUE((*store)->put_blocks({&block, 1}));
    write_format_1(**store, kToday, 1);
  }
  if (const pid_t child = fork(); child == 0) {
    auto store = open_rocks_store(dir, config(), clock);
    GroupWriter group;
    group.settle(
        {.batch = 2, .campaign = 2, .how = Settled::returned, .released = true, .tokens = 1},
        kToday);
    group.resumed(2, kToday);
    (void)commit(**store, group.take(), kToday);
    CampaignRecord summed = campaign(1, "sale", CampaignState::finished);
    summed.totals = Totals{.records = 5, .reasons = {{"invalid.newReason", 1}}};
    summed.totals->outcomes = {2, 1, 0, 1, 1, 0, 0, 0, 0, 0};
    (void)(*store)->put_campaign(summed);
    ::kill(getpid(), SIGKILL);
  } else {
    waitpid(child, nullptr, 0);
  }
}

class StoreFormat : public TemporaryDirectory {
 protected:
  // A copy with the modes that git does not keep.
  std::filesystem::path copy_of(const std::string& fixture) {
    const auto dir = directory_ / "data";
    std::filesystem::copy(std::filesystem::path{HERALD_SOURCE_DIR} / "tests/data" / fixture, dir,
                          std::filesystem::copy_options::recursive);
    chmod(dir.c_str(), 0700);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
      chmod(entry.path().c_str(), entry.is_directory() ? 0700 : 0600);
    }
    return dir;
  }
};

TEST_F(StoreFormat, OneIsReadForEver) {
  if (const char* const place = std::getenv("HERALD_WRITE_FORMAT"); place != nullptr) {
    write_fixture(place);
    GTEST_SKIP() << "written to " << place;
  }
  const auto dir = copy_of("store-format-1");
  Config fsck_config;
  fsck_config.data_dir = dir;
  const auto checked = fsck(fsck_config);
  ASSERT_TRUE(checked) << checked.error().what;
  EXPECT_THAT(checked->findings, IsEmpty());
  EXPECT_EQ(checked->groups, 3u);

  const StandingClock clock{kToday};
  const auto opened = open_rocks_store(dir, config(), clock);
  ASSERT_TRUE(opened) << opened.error().what;
  Store& store = **opened;
  EXPECT_EQ(store.durable_sequence(), 3u);
  EXPECT_EQ(store.new_batch_id(), 3u);
  EXPECT_EQ(store.new_campaign_number(), 3u);

  const auto campaigns = store.campaigns();
  ASSERT_TRUE(campaigns && campaigns->size() == 2u);
  EXPECT_EQ((*campaigns)[0].id, "sale");
  EXPECT_EQ((*campaigns)[0].job, R"({"title":"周末"})");
  ASSERT_TRUE((*campaigns)[0].totals);
  EXPECT_EQ((*campaigns)[0].totals->outcomes[0], 2u);
  EXPECT_THAT((*campaigns)[0].totals->reasons, ElementsAre(Pair("invalid.newReason", 1u)));
  EXPECT_EQ((*campaigns)[1].state, CampaignState::paused);
  EXPECT_FALSE((*campaigns)[1].totals);
  const auto blocks = store.blocks(0);
  ASSERT_TRUE(blocks && blocks->size() == 1u);
  EXPECT_EQ(blocks->front().surface, 7u);

  Kept kept;
  ASSERT_TRUE(store.replay(
      0, [&](std::uint64_t, std::string_view group) { return read_group(group, kept); }));
  ASSERT_THAT(kept.reservations, SizeIs(2));
  EXPECT_TRUE(kept.reservations[0].head.marketing);
  EXPECT_EQ(kept.reservations[0].head.days, (base::DaySet{kToday, true}));
  ASSERT_THAT(kept.reservations[0].tokens, SizeIs(3));
  EXPECT_EQ(kept.reservations[0].tokens[2].fingerprint, 1ull << 63);
  EXPECT_EQ(kept.reservations[0].tokens[2].record, 3u);
  ASSERT_THAT(kept.reservations[0].drops, SizeIs(2));
  EXPECT_EQ(kept.reservations[0].drops[1].reason, Reason::marketing);
  EXPECT_TRUE(kept.reservations[1].head.test);
  EXPECT_EQ(kept.reservations[1].head.surface.version, 300);
  ASSERT_THAT(kept.settles, SizeIs(2));
  EXPECT_EQ(kept.settles[0].settle.time_ms, 1'795'512'001'000);
  EXPECT_EQ(kept.settles[1].settle.how, Settled::returned);
  ASSERT_THAT(kept.marks, SizeIs(1));
  EXPECT_EQ(kept.marks[0].mark.digest, 0xfedcba9876543210);
  EXPECT_THAT(kept.ends, SizeIs(1));
  EXPECT_THAT(kept.resumed, ElementsAre(2u));
}

}  // namespace
}  // namespace herald::store
