// A disk that is full: the process says so and ends, and the next one goes on from what was
// durable.
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>

#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

// Programs started in its scope may not let a file grow beyond this.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() { setrlimit(RLIMIT_FSIZE, &old_); }

 private:
  rlimit old_{};
};

// I27: the first failed write ends all sending; I28: nothing is lost, and nobody gets too much.
TEST_F(EndToEnd, AFailedWriteEndsTheProcessAndLosesNothing) {
  const auto service = pushsim({"--latency", "2ms", "--max-streams", "8"});
  const Audience audience = write_audience("tokens.txt", {.tokens = 50000});
  const fs::path job = write_job("one", audience.file);
  std::unique_ptr<Program> program;
  {
    const FileLimit limit{200 << 10};
    program = start_herald({"run", job, "--progress", "none"});
  }
  const Ended ended = program->wait();
  expect_one_line(ended, 70, {(dir_ / "data").string(), "repair the disk"});
  EXPECT_EQ(ended.out, "");

  const Json first = report_of("one");
  EXPECT_EQ(first.at("state"), "paused");
  EXPECT_GT(number(first, "/outcomes/accepted"), 0u);
  EXPECT_LT(number(first, "/records"), audience.records);
  ASSERT_EQ(run("two", audience).status, 0);
  ASSERT_EQ(run("three", audience).status, 0);
  const Json account = service->stop();
  expect_bounds(first, account);
  expect_bounds(report_, account);
  EXPECT_EQ(number(account, "/max_per_device/marketing"), 2u);
}

// I29: refused before a connection is made.
TEST_F(EndToEnd, ADiskThatIsFullFromTheStartSendsNothing) {
#if defined(__SANITIZE_THREAD__)
  constexpr bool kThreadSanitizer = true;
#elif defined(__has_feature)
  constexpr bool kThreadSanitizer = __has_feature(thread_sanitizer);
#else
  constexpr bool kThreadSanitizer = false;
#endif
  if (kThreadSanitizer)
    GTEST_SKIP() << "ThreadSanitizer itself writes a file, and dies of the limit";
  const auto service = pushsim();
  const Audience audience = write_audience("tokens.txt", {.tokens = 2000});
  const fs::path job = write_job("one", audience.file);
  std::unique_ptr<Program> program;
  {
    const FileLimit limit{0};
    program = start_herald({"run", job, "--progress", "none"});
  }
  const int status = program->wait().status;
  EXPECT_EQ(status, 70);
  const Json account = service->stop();
  EXPECT_EQ(number(account, "/requests/received"), 0u);
  EXPECT_EQ(number(account, "/connections/accepted"), 0u);
}

// What a script that calls `herald fsck` may rely on.
TEST_F(EndToEnd, FsckSaysSoundDamagedInUseOrNothingThere) {
  const auto service = pushsim({"--latency", "20ms"});
  expect_one_line(herald({"fsck"}), 2, {(dir_ / "data").string()});

  const Audience audience = write_audience("tokens.txt", {.tokens = 3000, .duplicate_every = 10});
  ASSERT_EQ(run("one", audience).status, 0);
  const Ended sound = herald({"fsck"});
  EXPECT_EQ(sound.status, 0) << sound.out << sound.err;
  EXPECT_TRUE(sound.out.starts_with("sound: 1 campaigns")) << sound.out;
  EXPECT_EQ(sound.err, "");
  const Json json = parse_json(herald({"fsck", "--json"}).out);
  EXPECT_EQ(json.at("sound"), true);
  EXPECT_EQ(number(json, "/tokens"), 3000u);
  EXPECT_TRUE(json.at("findings").as_array().empty());

  const Audience larger = write_audience("larger.txt", {.tokens = 50000, .first = 3000});
  const auto running = start_herald({"run", write_job("two", larger.file), "--progress", "none"});
  ASSERT_TRUE(wait_for_lines(service->log(), 4, *running));
  running->signal(SIGSTOP);  // it keeps the directory, and does not end meanwhile
  const Ended in_use = herald({"fsck"});
  running->signal(SIGKILL);
  running->wait();
  expect_one_line(in_use, 72, {(dir_ / "data").string()});

  // As kill -9 left it, it is sound; and reading that has not recovered it.
  EXPECT_EQ(herald({"fsck"}).status, 0);
  fs::resize_file(dir_ / "data" / "witness", 7);
  const Ended damaged = herald({"fsck"});
  EXPECT_EQ(damaged.status, 71);
  EXPECT_EQ(std::count(damaged.out.begin(), damaged.out.end(), '\n'), 1) << damaged.out;
  EXPECT_THAT(damaged.out, testing::AllOf(testing::HasSubstr((dir_ / "data/witness").string()),
                                          testing::HasSubstr("restore")));
  EXPECT_EQ(damaged.err, "");
  const Json finding = parse_json(herald({"fsck", "--json"}).out);
  EXPECT_EQ(finding.at("sound"), false);
  EXPECT_EQ(finding.at("findings").as_array().size(), 1u);
  expect_one_line(herald({"resume"}), 71, {"witness"});
}

}  // namespace
}  // namespace herald::e2e
