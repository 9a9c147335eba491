#include "engine/store/data_dir.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <limits>

#include "tests/store/support.h"

namespace herald::store {
namespace {

using testing::HasSubstr;

class DataDir : public TemporaryDirectory {
 protected:
  std::filesystem::path dir_ = directory_ / "data";
};

// Another process that owns the directory until it is killed.
class Owner {
 public:
  explicit Owner(const std::filesystem::path& dir) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const auto lock = lock_data_dir(dir, 0);
      const char answer = lock ? 'y' : 'n';
      if (write(ends[1], &answer, 1) != 1) _exit(1);
      for (;;) pause();
    }
    close(ends[1]);
    char answer = 0;
    EXPECT_EQ(read(ends[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    close(ends[0]);
  }
  ~Owner() { kill_hard(); }
  void kill_hard() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

TEST_F(DataDir, ASecondProcessIsRefusedAtOnceWithTheOwnersId) {
  const Owner owner{dir_};
  const auto start = std::chrono::steady_clock::now();
  const auto lock = lock_data_dir(dir_, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{1});
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, Errc::store_in_use);
  EXPECT_THAT(lock.error().what, HasSubstr(dir_.string() + ": "));
  EXPECT_THAT(lock.error().what, HasSubstr("process " + std::to_string(owner.pid())));
  EXPECT_EQ(content(dir_ / "lock"), std::to_string(owner.pid()) + "\n");  // it wrote nothing
}

TEST_F(DataDir, AKilledOwnerLeavesNoLock) {
  Owner owner{dir_};
  owner.kill_hard();
  const auto lock = lock_data_dir(dir_, 0);
  EXPECT_TRUE(lock) << lock.error().what;
}

// A POSIX lock would be lost with the first descriptor of the file that closes.
TEST_F(DataDir, TheLockSurvivesOpeningAndClosingFilesOfTheDirectory) {
  const auto lock = lock_data_dir(dir_, 0);
  ASSERT_TRUE(lock) << lock.error().what;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(content(dir_ / "lock").empty());
    std::ofstream(dir_ / "other") << "x";
  }
  const auto second = lock_data_dir(dir_, 0);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::store_in_use);
}

TEST_F(DataDir, TheLockEndsWithItsDescriptor) {
  ASSERT_TRUE(lock_data_dir(dir_, 0));
  EXPECT_TRUE(lock_data_dir(dir_, 0));
}

TEST_F(DataDir, IsPrivateWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}}) {
    const Umask umask{mask};
    const auto dir = directory_ / ("nested-" + std::to_string(mask)) / "data";
    ASSERT_TRUE(lock_data_dir(dir, 0));
    EXPECT_EQ(mode_of(dir), 0700u);
    EXPECT_EQ(mode_of(dir / "lock"), 0600u);
  }
}

TEST_F(DataDir, OneThatOthersCouldReadIsMadePrivate) {
  std::filesystem::create_directory(dir_);
  ASSERT_EQ(chmod(dir_.c_str(), 0777), 0);
  ASSERT_TRUE(lock_data_dir(dir_, 0));
  EXPECT_EQ(mode_of(dir_), 0700u);
}

TEST_F(DataDir, TooLittleRoomIsRefused) {
  const auto lock = lock_data_dir(dir_, std::numeric_limits<std::uint64_t>::max());
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, Errc::disk);
  EXPECT_THAT(lock.error().what, HasSubstr(dir_.string()));
  EXPECT_THAT(lock.error().what, HasSubstr("min_free"));
}

TEST_F(DataDir, ALockFileThatIsALinkIsNotFollowed) {
  std::filesystem::create_directory(dir_);
  std::ofstream(directory_ / "precious") << "keep";
  std::filesystem::create_symlink(directory_ / "precious", dir_ / "lock");
  const auto lock = lock_data_dir(dir_, 0);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, Errc::disk);
  EXPECT_EQ(content(directory_ / "precious"), "keep");
}

TEST_F(DataDir, AFileInItsPlaceIsRefused) {
  std::ofstream(directory_ / "file") << "x";
  for (const auto& dir : {directory_ / "file", directory_ / "file" / "below"}) {
    const auto lock = lock_data_dir(dir, 0);
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error().code, Errc::disk);
  }
}

// Root may write anywhere, so the call is made by a child without its rights.
int as_ordinary_user(const std::function<bool()>& holds) {
  const pid_t child = fork();
  if (child == 0) {
    if (getuid() == 0) {
      const passwd* nobody = getpwnam("nobody");
      if (nobody == nullptr || setgid(nobody->pw_gid) != 0 || setuid(nobody->pw_uid) != 0)
        _exit(77);
    }
    _exit(holds() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void give_to_ordinary_user(const std::filesystem::path& path) {
  const passwd* nobody = getpwnam("nobody");
  if (getuid() == 0 && nobody != nullptr) {
    EXPECT_EQ(chown(path.c_str(), nobody->pw_uid, nobody->pw_gid), 0);
  }
}

// I29: also when its owner made it so. It was made writable again once.
TEST_F(DataDir, AReadOnlyDirectoryIsRefusedAndLeftReadOnly) {
  std::filesystem::create_directory(dir_);
  give_to_ordinary_user(directory_);
  give_to_ordinary_user(dir_);
  ASSERT_EQ(chmod(dir_.c_str(), 0500), 0);
  const int status = as_ordinary_user([&] {
    const auto lock = lock_data_dir(dir_, 0);
    return !lock && lock.error().code == Errc::disk &&
           lock.error().what.find(dir_.string()) != std::string::npos;
  });
  EXPECT_EQ(mode_of(dir_), 0500u);
  chmod(dir_.c_str(), 0700);
  if (status == 77) GTEST_SKIP() << "skipped: root here, and there is no user \"nobody\"";
  EXPECT_EQ(status, 0);
}

TEST_F(DataDir, ADirectoryOfSomebodyElseIsRefused) {
  if (getuid() != 0) GTEST_SKIP() << "skipped: only root can make a directory of somebody else";
  std::filesystem::create_directory(dir_);
  ASSERT_EQ(chmod(directory_.c_str(), 0755), 0);
  ASSERT_EQ(chmod(dir_.c_str(), 0777), 0);
  const int status = as_ordinary_user([&] {
    const auto lock = lock_data_dir(dir_, 0);
    return !lock && lock.error().code == Errc::disk;
  });
  if (status == 77) GTEST_SKIP() << "skipped: there is no user \"nobody\"";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace herald::store
