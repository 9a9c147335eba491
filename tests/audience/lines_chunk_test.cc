// The records of an audience do not depend on how its bytes arrive, and are what a reader that
// looks at one byte after the other would find.
#include <gtest/gtest.h>

#include <random>

#include "tests/audience/support.h"

namespace herald::audience {
namespace {

// The rules of lines.h, on the whole content at once.
std::vector<Line> reference(std::string_view content) {
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  std::vector<Line> lines;
  while (!content.empty()) {
    const std::size_t newline = content.find('\n');
    std::string_view line = content.substr(0, newline);
    content.remove_prefix(newline == content.npos ? content.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const Record record = classify(line.data(), line.size());
    lines.push_back({std::string(record.data, record.size), record.malformed, record.escape});
  }
  return lines;
}

class Chunks : public testing::Test {
 protected:
  std::size_t up_to(std::size_t max) { return random_() % (max + 1); }

  std::string line() {
    switch (up_to(11)) {
      case 0:
        return "";
      case 1:
        return std::string(kTokenBytesMax - 2 + up_to(8), 'a');
      case 2:
        return std::string(up_to(5000), 'b');
      case 3:
        return "\xe5\x8d\x8e\xe4\xb8\xba\xf0\x9f\x98\x80";
      case 4:
        return std::string(up_to(80), 'c') + static_cast<char>(up_to(255)) + "c";
      case 5:
        return std::string(up_to(80), 'd') + "\r";
      case 6:
        return std::string(up_to(70), 'e') + "\"\\";
      default:
        return std::string(1 + up_to(140), 'f');
    }
  }
  std::string content() {
    std::string content = up_to(3) == 0 ? "\xef\xbb\xbf" : "";
    const std::size_t lines = up_to(40);
    for (std::size_t i = 0; i < lines; ++i) content += line() + (up_to(3) == 0 ? "\r\n" : "\n");
    if (up_to(1) == 0) content += line();
    return content;
  }

  std::uint64_t seed_ = std::random_device{}();
  std::mt19937_64 random_{seed_};
};

TEST_F(Chunks, DoNotChangeTheRecords) {
  for (int i = 0; i < 1500; ++i) {
    const std::string all = content();
    const std::size_t max = std::size_t{1} << up_to(13);
    SCOPED_TRACE("seed " + std::to_string(seed_) + " case " + std::to_string(i) + " chunks to " +
                 std::to_string(max));
    const std::vector<Line> expected = reference(all);
    ASSERT_EQ(read_all(all, [&] { return 1 + up_to(max - 1); }), expected);
    ASSERT_EQ(read_all(all), expected);
  }
}

TEST_F(Chunks, OfOneByteDoNotChangeTheRecords) {
  for (int i = 0; i < 50; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed_) + " case " + std::to_string(i));
    const std::string all = content();
    ASSERT_EQ(read_all(all, [] { return 1; }), reference(all));
  }
}

// Whole pieces of 256 KiB, cut wherever they fall.
TEST_F(Chunks, LargerThanThePieceDoNotChangeTheRecords) {
  for (int i = 0; i < 10; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed_) + " case " + std::to_string(i));
    std::string all;
    while (all.size() < 700'000) all += line() + "\n";
    ASSERT_EQ(read_all(all), reference(all));
  }
}

}  // namespace
}  // namespace herald::audience
