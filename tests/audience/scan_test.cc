// The fast scan gives the masks of the portable one, which gives what its header says.
#include "engine/audience/scan.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

namespace herald::audience {
namespace {

constexpr std::string_view kLikely = "\n\n\r\r ab\"\\\x7f\x80\xff!\x1f\x20";

TEST(Scan, FastestAgreesWithPortable) {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  const Scan fastest = fastest_scan();
  for (int i = 0; i < 2000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " case " + std::to_string(i));
    std::vector<char> data(512);
    for (char& byte : data) {
      byte = random() % 2 != 0 ? kLikely[random() % kLikely.size()] : static_cast<char>(random());
    }
    const std::size_t offset = random() % 64;
    const std::size_t size = random() % 385;
    std::array<Mask, 8> portable{};
    std::array<Mask, 8> fast{};
    scan_portable(data.data() + offset, size, portable.data());
    fastest(data.data() + offset, size, fast.data());
    for (std::size_t m = 0; m < portable.size(); ++m) {
      ASSERT_EQ(fast[m].newline, portable[m].newline);
      ASSERT_EQ(fast[m].suspicious, portable[m].suspicious);
    }
  }
}

TEST(Scan, MarksWhatItsHeaderSays) {
  for (int byte = 0; byte < 256; ++byte) {
    std::array<char, 64> data;
    data.fill('a');
    data[10] = static_cast<char>(byte);
    Mask mask{};
    scan_portable(data.data(), data.size(), &mask);
    const bool newline = byte == '\n';
    const bool suspicious =
        !newline && (byte < 0x21 || byte >= 0x7f || byte == '"' || byte == '\\');
    EXPECT_EQ(mask.newline, newline ? 1u << 10 : 0u) << byte;
    EXPECT_EQ(mask.suspicious, suspicious ? 1u << 10 : 0u) << byte;
  }
}

TEST(Scan, CarriageReturnIsOrdinaryRightBeforeANewlineOnly) {
  std::array<char, 64> data;
  data.fill('a');
  data[3] = data[5] = data[6] = '\r';
  data[4] = data[7] = '\n';
  Mask mask{};
  scan_portable(data.data(), data.size(), &mask);
  EXPECT_EQ(mask.suspicious, 1u << 5);
}

}  // namespace
}  // namespace herald::audience
