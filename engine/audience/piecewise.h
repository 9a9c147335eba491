// What the readers of CSV and JSON Lines share: the pieces of a source, a record that a piece ends
// in the middle of, and lines that go on for ever.
//
// A byte order mark at the start of the content is no part of it. Of a record longer than
// kRecordBytesMax only the start is kept: it is malformed, and memory stays what it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "engine/audience/reader.h"
#include "engine/audience/source.h"

namespace herald::audience {

inline constexpr std::size_t kRecordBytesMax = 64 << 10;  // of CSV and JSON Lines, its end excluded

class PiecewiseReader : public RecordReader {  // one thread
 public:
  // Reads as far as the first record now, not with the first block: a content that cannot be read
  // at all is found before anything is made of it. Errors: audience.
  Result<void> begin();
  Result<Block> next() final;
  std::uint64_t records() const final { return records_; }
  std::uint64_t bytes() const final { return source_->position().value_or(digest_.bytes()); }
  std::uint64_t size() const final { return source_->size(); }
  const ContentDigest& digest() const final { return digest_; }

 protected:
  // Behind every line there are so many bytes that may be read: simdjson does.
  static constexpr std::size_t kPaddingBytes = 64;

  // Without its newline, and without one carriage return before that. Valid until the next piece is
  // read, and the caller's to change, the byte behind it too: what was read is not looked at again.
  struct Line {
    char* data;
    std::size_t size;  // when too long: enough of it to list
    bool too_long;     // more than kRecordBytesMax

    std::string_view text() const { return {data, size}; }
  };

  explicit PiecewiseReader(std::unique_ptr<ByteSource> source);

  // Takes the next record out of what was read and adds it to the block; false: it needs more of
  // the content, or fail() was called, or there is nothing left.
  virtual bool take() = 0;
  // The same for what stands before the first record.
  virtual bool take_head() { return true; }
  virtual void begin_block() {}
  virtual std::span<const base::RecordFields> fields(std::size_t) const { return {}; }

  std::optional<Line> next_line();
  // What was read and not taken, to look ahead; while a long line is being passed over, nothing.
  std::string_view ahead();
  bool all_read() const { return ended_; }
  void skip(std::size_t bytes) {  // of ahead()
    at_ += bytes;
    searched_ = 0;
  }

  void add(const Record& record) { block_[block_size_++] = record; }
  // A record that is no token, listed by its first bytes.
  void add_malformed(std::string_view text, Reason reason);
  std::size_t block_size() const { return block_size_; }

  void fail(Error error) { error_ = std::move(error); }

 private:
  static constexpr std::size_t kPageBytes = 4096;
  static constexpr std::size_t kPieceBytes = 256 << 10;
  static constexpr std::size_t kRoomBytes = kRecordBytesMax + kPageBytes;

  // Room for the record that the last piece ended in, then the piece, page-aligned (see lines.h).
  struct alignas(kPageBytes) Buffer {
    std::array<char, kRoomBytes + kPieceBytes + kPaddingBytes> bytes;
  };
  char* piece() const { return buffer_->bytes.data() + kRoomBytes; }
  bool at_records();
  bool take_mark();
  bool pass_over();
  void read_piece();

  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<Buffer> buffer_;
  ContentDigest digest_;
  std::optional<Error> error_;
  bool mark_taken_ = false;  // the byte order mark, if there is one
  bool head_taken_ = false;
  bool ended_ = false;  // everything was read, if not taken

  char* at_;                  // what is not yet taken
  char* end_;                 // of what was read
  std::size_t searched_ = 0;  // bytes from at_ that hold no newline
  bool passing_over_ = false;

  std::uint64_t records_ = 0;
  std::size_t block_size_ = 0;
  std::array<Record, kRecordsPerBlock> block_;
};

}  // namespace herald::audience
