// What the tests of the store share: a directory that goes with the test, a clock that stands, and
// an executor that runs at once.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>

#include "engine/base/executor.h"
#include "engine/store/store.h"

namespace herald::store {

class TemporaryDirectory : public testing::Test {
 protected:
  TemporaryDirectory() {
    std::string name = testing::TempDir() + "herald-store-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~TemporaryDirectory() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::filesystem::path directory_;
};

inline mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

inline std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The umask of a scope.
class Umask {
 public:
  explicit Umask(mode_t mask) : old_(umask(mask)) {}
  ~Umask() { umask(old_); }

 private:
  mode_t old_;
};

class StandingClock final : public base::Clock {
 public:
  explicit StandingClock(base::Day day) { set(day); }
  // Noon of that day, eight hours east of Greenwich.
  void set(base::Day day) { now_ = base::WallTime{std::chrono::days{day} + std::chrono::hours{4}}; }
  base::WallTime wall() const override { return now_; }
  base::BootTime boot() const override { return base::BootTime{now_.time_since_epoch()}; }

 private:
  base::WallTime now_;
};

class AtOnce final : public base::Executor {
 public:
  void post(Task task) override { task(); }
  TimerId run_at(base::BootTime, Task) override { return 0; }
  void cancel(TimerId) override {}
};

inline Result<std::uint64_t> commit(Store& store, std::string group, base::Day day) {
  AtOnce executor;
  std::promise<Result<std::uint64_t>> done;
  store.commit(std::move(group), day, executor,
               [&](Result<std::uint64_t> result) { done.set_value(std::move(result)); });
  return done.get_future().get();
}

}  // namespace herald::store
