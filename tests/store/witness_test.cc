#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/store/data_dir.h"
#include "tests/store/support.h"

namespace herald::store {
namespace {

using testing::HasSubstr;
using WitnessTest = TemporaryDirectory;

TEST_F(WitnessTest, IsZeroAtFirstAndThenWhatWasWrittenLast) {
  {
    auto witness = Witness::open(directory_ / "witness");
    ASSERT_TRUE(witness) << witness.error().what;
    EXPECT_EQ(witness->sequence(), 0u);
    ASSERT_TRUE(witness->write(1));
    ASSERT_TRUE(witness->write(0x0102030405060708));
    ASSERT_TRUE(witness->sync());
    EXPECT_EQ(witness->sequence(), 0x0102030405060708u);
  }
  const auto again = Witness::open(directory_ / "witness");
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->sequence(), 0x0102030405060708u);
}

// As README.md says: the number, then its complement, both little-endian.
TEST_F(WitnessTest, FormatIsThis) {
  auto witness = Witness::open(directory_ / "witness");
  ASSERT_TRUE(witness);
  ASSERT_TRUE(witness->write(0x0203));
  EXPECT_EQ(content(directory_ / "witness"),
            std::string("\x03\x02\0\0\0\0\0\0\xfc\xfd\xff\xff\xff\xff\xff\xff", 16));
}

TEST_F(WitnessTest, EveryFlippedBitAndEveryOtherSizeIsDamage) {
  const auto file = directory_ / "witness";
  ASSERT_TRUE(Witness::open(file)->write(77));
  const std::string good = content(file);
  std::vector<std::string> bad;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string flipped = good;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    bad.push_back(std::move(flipped));
  }
  for (std::size_t size = 1; size < good.size(); ++size) bad.push_back(good.substr(0, size));
  bad.emplace_back(16, '\0');
  for (const std::string& bytes : bad) {
    std::ofstream(file, std::ios::binary) << bytes;
    const auto witness = Witness::open(file);
    ASSERT_FALSE(witness);
    EXPECT_EQ(witness.error().code, Errc::damaged_store);
    EXPECT_THAT(witness.error().what, HasSubstr(file.string() + ": "));
    EXPECT_THAT(witness.error().what, HasSubstr("restore"));
  }
}

TEST_F(WitnessTest, FollowsNoLinkAndIsForItsOwner) {
  const Umask none{0};
  ASSERT_TRUE(Witness::open(directory_ / "witness"));
  EXPECT_EQ(mode_of(directory_ / "witness"), 0600u);
  std::filesystem::create_symlink(directory_ / "elsewhere", directory_ / "link");
  const auto linked = Witness::open(directory_ / "link");
  ASSERT_FALSE(linked);
  EXPECT_EQ(linked.error().code, Errc::disk);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "elsewhere"));
}

}  // namespace
}  // namespace herald::store
