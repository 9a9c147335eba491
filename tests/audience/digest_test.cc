// The digest depends on the content and on nothing else.
#include "engine/audience/digest.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace herald::audience {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(ContentDigest, DoesNotDependOnHowTheBytesCome) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::string content(ContentDigest::kPieceBytes * 2 + 12345, '\0');
  for (std::size_t i = 0; i + 8 < content.size(); i += 4096)
    content[i] = static_cast<char>(random());
  ContentDigest whole;
  whole.update(bytes(content));
  ContentDigest cut;
  for (std::string_view left = content; !left.empty();) {
    const std::size_t size = std::min<std::size_t>(left.size(), random() % 1'000'000);
    cut.update(bytes(left.substr(0, size)));
    left.remove_prefix(size);
  }
  EXPECT_EQ(cut.value(), whole.value());
  EXPECT_EQ(cut.bytes(), content.size());
  EXPECT_EQ(whole.pieces().size(), 2u);
  EXPECT_TRUE(std::equal(whole.pieces().begin(), whole.pieces().end(), cut.pieces().begin()));

  content[ContentDigest::kPieceBytes + 77] ^= 1;
  ContentDigest changed;
  changed.update(bytes(content));
  EXPECT_NE(changed.value(), whole.value());
  EXPECT_EQ(changed.pieces()[0], whole.pieces()[0]);
  EXPECT_NE(changed.pieces()[1], whole.pieces()[1]);
}

// Stored in campaign records, so it may never change: XXH3-64 of "abc", and of those eight bytes.
TEST(ContentDigest, IsTheSameInEveryVersionAndOnEveryMachine) {
  ContentDigest digest;
  digest.update(bytes("abc"));
  EXPECT_EQ(digest.value(), 0xf267cda02014e7ebu);
}

TEST(ContentDigest, CanBeAskedForBeforeTheEnd) {
  ContentDigest digest;
  digest.update(bytes("ab"));
  const std::uint64_t before = digest.value();
  digest.update(bytes("c"));
  ContentDigest whole;
  whole.update(bytes("abc"));
  EXPECT_NE(before, whole.value());
  EXPECT_EQ(digest.value(), whole.value());
}

}  // namespace
}  // namespace herald::audience
