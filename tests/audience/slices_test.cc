// Slices hold the records of the file, each once and in order, wherever its lines are.
#include "engine/audience/slices.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/base/random.h"
#include "tests/audience/support.h"

namespace herald::audience {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ReadAt reads(std::string_view content) {
  return [content](std::uint64_t offset, std::span<std::byte> into) -> Result<std::size_t> {
    const std::string_view rest = content.substr(std::min<std::size_t>(offset, content.size()));
    const std::size_t size = std::min(rest.size(), into.size());
    std::memcpy(into.data(), rest.data(), size);
    return size;
  };
}

std::vector<std::uint64_t> cut(std::string_view content, std::uint64_t slice_bytes) {
  return cut_into_slices(content.size(), slice_bytes, reads(content)).value();
}

std::vector<Line> read_slices(std::string_view content, const std::vector<std::uint64_t>& begins) {
  std::vector<Line> all;
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const std::uint64_t end = i + 1 < begins.size() ? begins[i + 1] : content.size();
    const auto slice = read_all(content.substr(begins[i], end - begins[i]));
    EXPECT_FALSE(slice.empty());
    all.insert(all.end(), slice.begin(), slice.end());
  }
  return all;
}

// Lines of all kinds: empty, with marks, long, with both line ends; with and without a last
// newline.
std::string some_content(base::Random& random) {
  std::string content;
  const std::uint64_t lines = random.next() % 300;
  for (std::uint64_t i = 0; i < lines; ++i) {
    if (random.next() % 10 == 0) content += "\xef\xbb\xbf";
    const std::uint64_t length = random.next() % (random.next() % 20 == 0 ? 2000 : 40);
    content.append(length, static_cast<char>('a' + random.next() % 26));
    content += random.next() % 5 == 0 ? "\r\n" : "\n";
  }
  if (random.next() % 2 == 0) content += "last";
  return content;
}

TEST(CutIntoSlices, TheSlicesHaveTheRecordsOfTheWhole) {
  std::size_t most = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    base::Random random{seed};
    const std::string content = some_content(random);
    if (content.empty()) continue;
    const auto begins = cut(content, 1 + random.next() % 3000);
    ASSERT_EQ(begins[0], 0u);
    for (std::size_t i = 1; i < begins.size(); ++i) {
      ASSERT_GT(begins[i], begins[i - 1]);
      ASSERT_EQ(content[begins[i] - 1], '\n');
    }
    ASSERT_LE(begins.size(), kSlicesMax);
    most = std::max(most, begins.size());
    ASSERT_EQ(read_slices(content, begins), read_all(content));
  }
  EXPECT_GT(most, 30u);
}

TEST(CutIntoSlices, TheyAreAboutAsLongAsEachOther) {
  std::string content;
  for (int i = 0; i < 10'000; ++i) content += fmt::format("token-{:05}\n", i);
  const auto begins = cut(content, 12 * 1000);
  ASSERT_EQ(begins.size(), 10u);
  for (std::size_t i = 0; i < begins.size(); ++i) EXPECT_NEAR(begins[i], 12'000.0 * i, 12);
  EXPECT_EQ(cut(content, 1).size(), kSlicesMax);
}

TEST(CutIntoSlices, WhatIsSmallOrHasNoLineEndsIsOne) {
  EXPECT_THAT(cut("", 1), ElementsAre(0));
  EXPECT_THAT(cut("a\nb\nc\n", 4), ElementsAre(0));
  EXPECT_THAT(cut(std::string(100'000, 'a'), 1000), ElementsAre(0));
  // One line over several slices, then others.
  const std::string content = std::string(700, 'a') + "\n" + std::string(99, 'b') + "\n" +
                              std::string(99, 'c') + "\n" + std::string(99, 'd') + "\n";
  EXPECT_THAT(cut(content, 100), ElementsAre(0, 701, 801, 901));
}

TEST(CutIntoSlices, AnErrorOfTheSourceIsTheErrorOfTheCut) {
  const auto cut = cut_into_slices(1000, 100, [](std::uint64_t, std::span<std::byte>) {
    return Result<std::size_t>{Error{Errc::audience, "the disk is broken"}};
  });
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().what, "the disk is broken");
}

TEST(DigestOfSlices, IsThatOfTheOneSliceOrOfAllInOrder) {
  const std::vector<std::uint64_t> digests{1, 2};
  const std::vector<std::uint64_t> swapped{2, 1};
  EXPECT_EQ(digest_of_slices(std::span{digests}.first(1)), 1u);
  EXPECT_NE(digest_of_slices(digests), digest_of_slices(swapped));
}

class SlicedFileTest : public testing::Test {
 protected:
  SlicedFileTest() {
    std::string name = (std::filesystem::temp_directory_path() / "herald-slices-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    path_ = directory_ / "tokens.txt";
    for (int i = 0; i < 60'000; ++i) content_ += fmt::format("token-{:05}\n", i);
    write(path_, content_);
  }
  ~SlicedFileTest() override { std::filesystem::remove_all(directory_); }

  static void write(const std::filesystem::path& path, std::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  AudienceSpec spec() const { return {path_}; }

  std::filesystem::path directory_;
  std::filesystem::path path_;
  std::string content_;
};

TEST_F(SlicedFileTest, ItsReadersGiveTheRecordsOfTheFile) {
  const auto file = SlicedFile::open(spec(), 100'000).value();
  ASSERT_EQ(file->begins().size(), 7u);
  EXPECT_EQ(file->bytes(), content_.size());
  std::vector<Line> all;
  for (std::size_t i = 0; i < file->begins().size(); ++i) {
    const auto reader = file->reader(i).value();
    const auto slice = read_all(*reader);
    EXPECT_EQ(reader->bytes(), reader->size());
    all.insert(all.end(), slice.begin(), slice.end());
  }
  EXPECT_EQ(all, read_all(content_));
  // Later, whatever the size of slices is then.
  const auto again = SlicedFile::open_again(spec(), file->begins()).value();
  EXPECT_EQ(read_all(*again->reader(3).value()), read_all(*file->reader(3).value()));
}

TEST_F(SlicedFileTest, WhatCannotBeCutIsNone) {
  EXPECT_EQ(SlicedFile::open({path_, AudienceSpec::Format::jsonl}, 1000).value(), nullptr);
  write(path_, "\x1f\x8b\x08 and so on");
  EXPECT_EQ(SlicedFile::open(spec(), 1).value(), nullptr);
  EXPECT_EQ(SlicedFile::open({"/dev/null"}, 1).value(), nullptr);
  EXPECT_FALSE(SlicedFile::open({directory_ / "none.txt"}, 1));
}

TEST_F(SlicedFileTest, AnotherFileInItsPlaceIsNotReadInstead) {
  const auto file = SlicedFile::open(spec(), 100'000).value();
  write(directory_ / "new.txt", content_);
  std::filesystem::rename(directory_ / "new.txt", path_);
  const auto reader = file->reader(1);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Errc::audience);
  EXPECT_THAT(reader.error().what, HasSubstr("another file"));
}

TEST_F(SlicedFileTest, AFileCutShortMeanwhileIsAnError) {
  const auto file = SlicedFile::open(spec(), 100'000).value();
  const auto reader = file->reader(6).value();
  std::filesystem::resize_file(path_, content_.size() - 100);
  for (;;) {
    const auto block = reader->next();
    if (block) {
      ASSERT_FALSE(block->records.empty()) << "it ended as if nothing were missing";
      continue;
    }
    EXPECT_EQ(block.error().code, Errc::audience);
    return;
  }
}

}  // namespace
}  // namespace herald::audience
