#include "tools/herald/control_frames.h"

#include <gmock/gmock.h>

namespace herald::cli {
namespace {

struct Read {
  std::string frames;
  Result<void> outcome;
  bool done;
};

Read read(const std::string& bytes, std::size_t piece) {
  Read read;
  FrameReader reader{[&](std::uint64_t number, std::string_view frame) -> Result<void> {
    read.frames += std::to_string(number) + ':' + std::string{frame} + ' ';
    return {};
  }};
  for (std::size_t at = 0; at < bytes.size() && read.outcome; at += piece) {
    read.outcome = reader.take(std::string_view{bytes}.substr(at, piece));
  }
  read.done = reader.done();
  return read;
}

TEST(ControlFrames, ComeInAnyPiecesAndSayWhenTheyAreAll) {
  std::string bytes;
  append_frame(bytes, 1, "one");
  append_frame(bytes, 1ull << 63, "");
  append_frame(bytes, 3, std::string(300, 'x'));
  const std::string open = bytes;
  append_last_frame(bytes, {});
  for (const std::size_t piece : {1u, 5u, 1000u}) {
    const Read all = read(bytes, piece);
    EXPECT_TRUE(all.outcome);
    EXPECT_TRUE(all.done);
    EXPECT_EQ(all.frames, "1:one 9223372036854775808: 3:" + std::string(300, 'x') + ' ');
    EXPECT_FALSE(read(open, piece).done);
  }
}

TEST(ControlFrames, AnErrorComesAtTheEnd) {
  std::string bytes;
  append_frame(bytes, 1, "one");
  append_last_frame(bytes, Error{Errc::damaged_store, "group 7 is damaged"});
  const Read some = read(bytes, 9);
  EXPECT_EQ(some.frames, "1:one ");
  ASSERT_FALSE(some.outcome);
  EXPECT_EQ(some.outcome.error().code, Errc::damaged_store);
  EXPECT_EQ(some.outcome.error().what, "group 7 is damaged");
  EXPECT_FALSE(some.done);
}

TEST(ControlFrames, WhatIsNoFrameIsRefused) {
  std::string last;
  append_last_frame(last, {});
  std::string behind = last;
  append_frame(behind, 1, "");
  std::string unknown_code;
  append_frame(unknown_code, 99, "what");
  unknown_code[0] = 2;
  std::string unknown_kind = last;
  unknown_kind[0] = 9;
  for (const std::string& bytes : {behind, unknown_code, unknown_kind, std::string(100, '\xff')}) {
    const Read some = read(bytes, 1000);
    ASSERT_FALSE(some.outcome);
    EXPECT_EQ(some.outcome.error().code, Errc::unreachable);
  }
}

}  // namespace
}  // namespace herald::cli
