#include "tools/herald/output.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/cli/temporary_directory.h"

namespace herald::cli {
namespace {

using OutputFile = TemporaryDirectory;

TEST_F(OutputFile, OldContentStaysUntilThereIsNew) {
  const auto file = write("out", "something old and long");
  {
    Output output = Output::open(file, 0600).value();
    EXPECT_EQ(read("out"), "something old and long");
  }
  EXPECT_EQ(read("out"), "something old and long");
  Output output = Output::open(file, 0600).value();
  output.write("new");
  EXPECT_TRUE(output.close());
  EXPECT_EQ(read("out"), "new");
}

TEST_F(OutputFile, NothingWrittenIsAnEmptyFile) {
  const auto file = write("out", "old");
  EXPECT_TRUE(Output::open(file, 0600).value().close());
  EXPECT_EQ(read("out"), "");
}

TEST_F(OutputFile, IsMadeWithItsMode) {
  EXPECT_TRUE(Output::open(directory_ / "out", 0600).value().close());
  struct stat info {};
  ASSERT_EQ(stat((directory_ / "out").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
}

TEST_F(OutputFile, CannotBeOpened) {
  const auto output = Output::open(directory_ / "no" / "out", 0600);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Errc::usage);
  EXPECT_THAT(output.error().what, testing::HasSubstr("No such file or directory"));
}

TEST_F(OutputFile, FullDiskShowsAtTheEnd) {
  auto output = Output::open("/dev/full", 0600);
  if (!output) GTEST_SKIP() << "no /dev/full";
  output->write(std::string(1 << 20, 'x'));
  output->write("more");
  const auto closed = output->close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, Errc::disk);
  EXPECT_THAT(closed.error().what, testing::HasSubstr("cannot write /dev/full (No space left"));
}

}  // namespace
}  // namespace herald::cli
