#include "tools/herald/line_count.h"

#include <gmock/gmock.h>

#include "tests/cli/temporary_directory.h"

namespace herald::cli {
namespace {

class LineCount : public TemporaryDirectory {
 protected:
  std::uint64_t of(std::string_view content) {
    return count_lines(write("tokens", content)).value();
  }
};

TEST_F(LineCount, IsTheNumberOfRecords) {
  EXPECT_EQ(of(""), 0u);
  EXPECT_EQ(of("\n"), 1u);
  EXPECT_EQ(of("a"), 1u);
  EXPECT_EQ(of("a\n"), 1u);
  EXPECT_EQ(of("a\nb"), 2u);
  EXPECT_EQ(of("a\r\n\r\nb\r\n"), 3u);
  EXPECT_EQ(of("\xef\xbb\xbf"), 0u);
  EXPECT_EQ(of("\xef\xbb\xbf"
               "a\n"),
            1u);
}

TEST_F(LineCount, LinesAcrossPiecesCountOnce) {
  std::string content;
  for (int i = 0; i < 300'000; ++i) content += "token-" + std::to_string(i) + '\n';
  EXPECT_EQ(of(content), 300'000u);
  EXPECT_EQ(of(std::string(3 << 20, 'x')), 1u);
}

TEST_F(LineCount, CompressedFilesAreNotMiscounted) {
  for (const char* content : {"\x1f\x8b\x08 rest\n", "\x28\xb5\x2f\xfd rest\n"}) {
    const auto lines = count_lines(write("tokens", content));
    ASSERT_FALSE(lines);
    EXPECT_EQ(lines.error().code, Errc::unsupported);
  }
}

TEST_F(LineCount, MissingFileIsNamed) {
  const auto lines = count_lines(directory_ / "none");
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code, Errc::audience);
  EXPECT_THAT(lines.error().what, testing::HasSubstr("none (No such file or directory)"));
  EXPECT_EQ(count_lines(directory_).error().code, Errc::audience);
}

}  // namespace
}  // namespace herald::cli
