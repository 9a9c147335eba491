// A disk that takes nothing any more: the store says so, and the process lives to tell it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "engine/store/rocks_format.h"
#include "engine/store/rocks_store.h"
#include "tests/store/support.h"

namespace herald::store {
namespace {

// While it lives, no file of this process can be written.
class NoFileGrows {
 public:
  NoFileGrows() {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    was_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoFileGrows() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, was_);
  }

 private:
  rlimit before_{};
  void (*was_)(int) = nullptr;
};

// Found by tools/powercuts: a reading that failed with EIO was called a damaged store, and the way
// out a copy of the directory, when the disk only had to come back.
TEST(DiskFailed, IsABadReadingAndNoDamage) {
  using rocksdb::Status;
  EXPECT_TRUE(disk_failed(Status::IOError("While pread", "Input/output error")));
  EXPECT_TRUE(disk_failed(Status::NoSpace()));
  EXPECT_FALSE(disk_failed(Status::PathNotFound("000012.sst")));
  EXPECT_FALSE(disk_failed(Status::Corruption("block checksum mismatch")));
  EXPECT_FALSE(disk_failed(Status::NotFound()));
}

class DeadDisk : public TemporaryDirectory {};

// Found by tools/powercuts: RocksDB's LOG lay on the dead disk, and its second line aborted.
TEST_F(DeadDisk, IsAnErrorAndNoAbortAlsoWhenTheStoreIsClosed) {
  constexpr base::Day kToday = 20781;
  const StandingClock clock{kToday};
  LedgerConfig config;
  config.min_free = 0;
  auto store = open_rocks_store(directory_ / "data", config, clock);
  ASSERT_TRUE(store) << store.error().what;
  GroupWriter writer;
  writer.reservation({.campaign = 1, .batch = 1, .days = {kToday, false}, .records = 1},
                     std::vector<ReservedToken>{{1, 0}}, std::vector<DroppedRecord>{});
  const std::string group = writer.take();
  ASSERT_TRUE(commit(**store, group, kToday));

  const NoFileGrows dead;
  for (int i = 0; i < 3; ++i) {
    const auto refused = commit(**store, group, kToday);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::disk);
  }
  store->reset();  // an abort would end the test here
}

}  // namespace
}  // namespace herald::store
