// Compressed audiences: that their content is given whole, and what is said when it is not whole.
#include "engine/audience/unpack.h"

#include <gmock/gmock.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "tests/audience/packed.h"
#include "tests/audience/support.h"

namespace herald::audience {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Got {
  std::string content;
  std::string error;
};

Got read_to_end(ByteSource& source, std::size_t piece = 256 << 10) {
  Got got;
  std::string into(piece, '\0');
  for (;;) {
    const auto size = source.read(std::as_writable_bytes(std::span(into)));
    if (!size) {
      got.error = size.error().what;
      EXPECT_EQ(size.error().code, Errc::audience);
      const auto again = source.read(std::as_writable_bytes(std::span(into)));
      EXPECT_TRUE(!again && again.error().what == got.error);
      return got;
    }
    if (*size == 0) return got;
    got.content.append(into, 0, *size);
  }
}

Got unpack(std::string_view packed, std::function<std::size_t()> chunk = {},
           std::size_t piece = 256 << 10) {
  SniffingSource source(std::make_unique<MemorySource>(packed, std::move(chunk)), "a.packed");
  return read_to_end(source, piece);
}

std::string tokens(int count) {
  std::string content;
  for (int i = 0; i < count; ++i)
    content += "token-" + std::to_string(static_cast<std::uint64_t>(i) * 7919) + "\n";
  return content;
}

class Unpack : public testing::TestWithParam<Pack> {
 protected:
  std::string pack(std::string_view content) { return GetParam()(content); }
};

INSTANTIATE_TEST_SUITE_P(Formats, Unpack, testing::Values(&gzip, &zstd),
                         [](const auto& each) { return each.param == &gzip ? "Gzip" : "Zstd"; });

TEST_P(Unpack, GivesTheContent) {
  const std::string content = tokens(200'000);
  const std::string packed = pack(content);
  ASSERT_LT(packed.size(), content.size() / 2);
  const Got got = unpack(packed);
  EXPECT_EQ(got.error, "");
  EXPECT_TRUE(got.content == content);
  EXPECT_EQ(unpack(pack("")).content, "");
  EXPECT_EQ(unpack(pack("")).error, "");
}

TEST_P(Unpack, GivesTheContentOfAllPartsAfterOneAnother) {
  const Got got = unpack(pack("one\n") + pack("") + pack("two\n") + pack(tokens(100)));
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.content, "one\ntwo\n" + tokens(100));
}

TEST_P(Unpack, DoesNotDependOnThePieces) {
  const std::string content = tokens(300);
  const std::string packed = pack(content) + pack("more\n");
  for (const std::size_t chunk : {1, 2, 3, 7, 100}) {
    for (const std::size_t piece : {4, 5, 64, 100'000}) {
      const Got got = unpack(
          packed, [=] { return chunk; }, piece);
      ASSERT_EQ(got.error, "");
      ASSERT_EQ(got.content, content + "more\n");
    }
  }
}

// I67: wherever it is cut, there is an error, and what came before it is right.
TEST_P(Unpack, CutOffAnywhereIsAnErrorAfterWhatWasThere) {
  const std::string content = tokens(400);
  const std::string packed = pack(content);
  for (std::size_t size = kMagicBytes; size < packed.size(); ++size) {
    const Got got = unpack(packed.substr(0, size));
    ASSERT_THAT(got.error, StartsWith("a.packed: ")) << size;
    ASSERT_THAT(got.error, HasSubstr("is cut off after " + std::to_string(got.content.size())));
    ASSERT_TRUE(content.starts_with(got.content)) << size;
  }
}

TEST_P(Unpack, BlocksInFrontOfADamageAreGiven) {
  const std::string content = tokens(500'000);
  std::string packed = pack(content);
  for (std::size_t i = 0; i < 64; ++i) packed[packed.size() * 3 / 4 + i] ^= 0x55;
  const Got got = unpack(packed);
  EXPECT_THAT(got.error, HasSubstr("is damaged"));
  EXPECT_GT(got.content.size(), content.size() / 2);
  // What the damaged block itself gave may be wrong; the blocks before it are not.
  EXPECT_EQ(got.content.substr(0, content.size() / 2), content.substr(0, content.size() / 2));
}

TEST_P(Unpack, ContentThatFailsItsChecksumIsAnError) {
  std::string packed = pack(tokens(1000));
  packed[packed.size() - 5] ^= 1;  // gzip: the CRC's last byte; zstd: the last block
  EXPECT_THAT(unpack(packed).error, HasSubstr("is damaged"));
}

TEST_P(Unpack, AnythingElseBehindItIsAnError) {
  for (const char* more : {"garbage behind it", "\n\n\n\n\n\n\n\n"}) {
    const Got got = unpack(pack(tokens(100)) + more);
    EXPECT_EQ(got.content, tokens(100));
    EXPECT_THAT(got.error, HasSubstr("something else follows it"));
  }
  EXPECT_NE(unpack(pack(tokens(100)) + "\n").error, "");
}

TEST_P(Unpack, BombIsCountedInConstantMemory) {
  std::string zeros(64 << 20, '\n');
  std::string packed = pack(zeros);
  ASSERT_LT(packed.size(), 100'000u);
  for (int i = 0; i < 3; ++i) packed += packed;
  zeros = {};
  SniffingSource source(std::make_unique<MemorySource>(packed), "bomb");
  const std::size_t before = peak_kib();
  std::uint64_t content = 0;
  std::string into(256 << 10, '\0');
  for (;;) {
    const auto got = source.read(std::as_writable_bytes(std::span(into)));
    ASSERT_TRUE(got.has_value());
    if (*got == 0) break;
    content += *got;
  }
  EXPECT_EQ(content, std::uint64_t{8} << 26);
  EXPECT_LE(peak_kib() - before, 16u << 10);
}

TEST_P(Unpack, ProgressIsOfThePackedBytes) {
  const std::string packed = pack(tokens(100'000));
  LineReader reader(std::make_unique<SniffingSource>(std::make_unique<MemorySource>(packed), "a"));
  EXPECT_EQ(read_all(reader).size(), 100'000u);
  EXPECT_EQ(reader.bytes(), packed.size());
  EXPECT_EQ(reader.digest().bytes(), tokens(100'000).size());
}

TEST_P(Unpack, ReaderNamesTheRecordThatCouldNotBeRead) {
  const std::string packed = pack(tokens(1000));
  LineReader reader(std::make_unique<SniffingSource>(
      std::make_unique<MemorySource>(std::string_view(packed).substr(0, packed.size() - 3)), "a"));
  std::uint64_t records = 0;
  for (;;) {
    const auto block = reader.next();
    if (!block) {
      EXPECT_THAT(block.error().what,
                  HasSubstr("record " + std::to_string(records + 1) + " could not be read"));
      break;
    }
    ASSERT_FALSE(block->records.empty());
    records += block->records.size();
  }
}

TEST(Unpack, PlainContentPassesThrough) {
  for (const char* content : {"", "a", "abc", "abcd", "token\n", "\x1f", "\x28\xb5\x2f"}) {
    for (const std::size_t chunk : {1, 2, 100}) {
      const Got got = unpack(
          content, [=] { return chunk; }, 4);
      EXPECT_EQ(got.content, content);
      EXPECT_EQ(got.error, "");
    }
  }
}

TEST(Unpack, ErrorBehindTheFirstBytesIsNotLost) {
  const Error broken{Errc::audience, "broken"};
  SniffingSource source(std::make_unique<MemorySource>(
                            "ab", [] { return 1; }, broken),
                        "a");
  const Got got = read_to_end(source);
  EXPECT_EQ(got.content, "ab");
  EXPECT_EQ(got.error, "broken");
}

TEST(Unpack, SkippableZstdFramesAreSkipped) {
  const std::string skippable("\x50\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  const Got got = unpack(skippable + zstd("a\n") + skippable);
  EXPECT_EQ(got.content, "a\n");
  EXPECT_EQ(got.error, "");
}

TEST(Unpack, ZstdWindowsLargerThanTheLimitAreRefused) {
  // A frame that wants a window of 256 MiB (RFC 8878, 3.1.1.1.2): descriptor 0, exponent 18.
  std::string frame("\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00", 9);
  EXPECT_THAT(unpack(frame).error, HasSubstr("too much memory"));
  frame[5] = '\x88';  // 128 MiB
  EXPECT_EQ(unpack(frame).error, "");
}

}  // namespace
}  // namespace herald::audience
