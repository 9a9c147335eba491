// Reads an audience of one token a line: blocks of records out, each a view of the bytes read.
//
// A byte order mark at the start of the file and one carriage return at the end of a line are no
// part of a token; nothing else is taken away. An empty line is a malformed record. A final newline
// adds no record, and what follows the last newline is one. Memory does not depend on the length of
// a line, and the records do not depend on the pieces in which the source gives its bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "engine/audience/reader.h"
#include "engine/audience/scan.h"
#include "engine/audience/source.h"

namespace herald::audience {

class LineReader final : public RecordReader {  // one thread
 public:
  explicit LineReader(std::unique_ptr<ByteSource> source);

  Result<Block> next() override;
  std::uint64_t records() const override { return records_; }
  std::uint64_t bytes() const override { return source_->position().value_or(digest_.bytes()); }
  std::uint64_t size() const override { return source_->size(); }
  const ContentDigest& digest() const override { return digest_; }

 private:
  static constexpr std::size_t kPageBytes = 4096;
  static constexpr std::size_t kPieceBytes = 256 << 10;
  static constexpr std::size_t kScanBytes = 4096;  // its masks stay in the L1
  // Of a line that is longer: enough to know that it is, and to list the start of it.
  static constexpr std::size_t kCarriedBytesMax = 3 + kTokenBytesMax + 1;

  // A page of room for the line that the last piece ended in, then the piece. Copying the line in
  // front of the piece keeps the read page-aligned: copies to odd addresses are slow on Zen 3.
  struct alignas(kPageBytes) Buffer {
    std::array<char, kPageBytes + kPieceBytes + kMaskBytes> bytes;  // the last for the scan to read
  };
  char* piece() const { return buffer_->bytes.data() + kPageBytes; }

  void take_lines();
  bool next_mask();
  void finish_line(const char* end);
  void finish_last_line();
  Result<std::size_t> read_piece();
  void carry_line();

  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<Buffer> buffer_;
  Scan scan_;
  ContentDigest digest_;
  std::optional<Error> error_;
  bool ended_ = false;

  const char* end_;         // of the piece
  const char* scanned_;     // up to here there are masks
  const char* mask_start_;  // the 64 bytes of mask_
  Mask mask_{};             // what is not yet consumed of it
  std::size_t mask_next_ = 0;
  std::size_t masks_ = 0;
  std::array<Mask, kScanBytes / kMaskBytes> scan_masks_;

  const char* line_;         // where the current line starts
  bool suspicious_ = false;  // it has bytes that need a second look
  bool too_long_ = false;    // only its first kCarriedBytesMax bytes were kept

  std::uint64_t records_ = 0;
  std::size_t block_size_ = 0;
  std::array<Record, kRecordsPerBlock> block_;
};

}  // namespace herald::audience
