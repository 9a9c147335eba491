// Files that can be read, and what is said of those that cannot.
#include "engine/audience/source.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "engine/audience/lines.h"

namespace herald::audience {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class FileSourceTest : public testing::Test {
 protected:
  FileSourceTest() {
    std::string name = (std::filesystem::temp_directory_path() / "herald-audience-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    path_ = directory_ / "tokens.txt";
  }
  ~FileSourceTest() override { std::filesystem::remove_all(directory_); }

  void write(std::string_view content) { std::ofstream(path_, std::ios::binary) << content; }
  std::string read_to_end(FileSource& source) {
    std::string all;
    std::string piece(1 << 20, '\0');
    for (;;) {
      const auto got = source.read(std::as_writable_bytes(std::span(piece)));
      EXPECT_TRUE(got.has_value());
      if (!got || *got == 0) return all;
      all.append(piece, 0, *got);
    }
  }

  std::filesystem::path directory_;
  std::filesystem::path path_;
};

TEST_F(FileSourceTest, ReadsTheWholeFileInOrder) {
  std::string content;
  for (int i = 0; i < 200'000; ++i) content += std::to_string(i) + "\n";
  write(content);
  auto source = FileSource::open(path_);
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ((*source)->size(), content.size());
  EXPECT_EQ(read_to_end(**source), content);
}

TEST_F(FileSourceTest, EmptyFileEndsAtOnce) {
  write("");
  auto source = FileSource::open(path_);
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(read_to_end(**source), "");
}

TEST_F(FileSourceTest, MissingFileIsAnErrorThatNamesItAndTheWayOut) {
  const auto source = FileSource::open(path_);
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, Errc::audience);
  EXPECT_THAT(source.error().what, StartsWith(path_.string() + ": cannot open the audience"));
  EXPECT_THAT(source.error().what, HasSubstr("No such file or directory"));
  EXPECT_THAT(source.error().what, HasSubstr("--audience"));
}

TEST_F(FileSourceTest, DirectoryIsRefused) {
  const auto source = FileSource::open(directory_);
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, Errc::audience);
  EXPECT_THAT(source.error().what, HasSubstr("is a directory"));
}

TEST_F(FileSourceTest, FileThatBecameShorterIsAnErrorAfterWhatIsLeftOfIt) {
  write("one\ntwo\nthree\n");
  auto source = FileSource::open(path_);
  ASSERT_TRUE(source.has_value());
  std::filesystem::resize_file(path_, 8);
  LineReader reader(std::move(*source));
  EXPECT_EQ(reader.next()->records.size(), 2u);
  const auto block = reader.next();
  ASSERT_FALSE(block.has_value());
  EXPECT_EQ(block.error().code, Errc::audience);
  EXPECT_THAT(block.error().what, HasSubstr("ends after 8 bytes but had 14"));
  EXPECT_THAT(block.error().what, HasSubstr("record 3"));
}

TEST_F(FileSourceTest, PipeIsReadToItsEnd) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "one\ntwo", 7), 7);
  close(ends[1]);
  auto source = FileSource::open("/dev/fd/" + std::to_string(ends[0]));
  close(ends[0]);
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ((*source)->size(), 0u);
  EXPECT_EQ(read_to_end(**source), "one\ntwo");
}

}  // namespace
}  // namespace herald::audience
