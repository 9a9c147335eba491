#include "engine/audience/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

namespace herald::audience {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)),
      buffer_(new Buffer),  // not zeroed: every byte is read before it is looked at
      scan_(fastest_scan()),
      end_(piece()),
      scanned_(end_),
      mask_start_(end_),
      line_(end_) {
  std::memset(piece() + kPieceBytes, 0, kMaskBytes);
}

Result<Block> LineReader::next() {
  block_size_ = 0;
  for (;;) {
    take_lines();
    if (block_size_ != 0) break;
    if (error_) return *error_;
    if (ended_) break;
    const auto got = read_piece();
    if (!got) {
      error_ = got.error();
      return *error_;
    }
    if (*got == 0) finish_last_line();
  }
  records_ += block_size_;
  return Block{{block_.data(), block_size_}, {}};
}

// Turns what is left of the piece into records, until the block is full.
void LineReader::take_lines() {
  while (block_size_ < kRecordsPerBlock) {
    while (mask_.newline == 0) {
      suspicious_ |= mask_.suspicious != 0;
      if (!next_mask()) return;
    }
    const auto bit = static_cast<unsigned>(std::countr_zero(mask_.newline));
    const std::uint64_t through = (std::uint64_t{2} << bit) - 1;  // all, for bit 63
    suspicious_ |= (mask_.suspicious & through) != 0;
    mask_.newline &= ~through;
    mask_.suspicious &= ~through;
    const char* const end = mask_start_ + bit;
    finish_line(end);
    line_ = end + 1;
    suspicious_ = false;
  }
}

bool LineReader::next_mask() {
  mask_ = {};
  if (mask_next_ == masks_) {
    if (scanned_ == end_) return false;
    const std::size_t size = std::min(kScanBytes, static_cast<std::size_t>(end_ - scanned_));
    scan_(scanned_, size, scan_masks_.data());
    mask_start_ = scanned_ - kMaskBytes;
    scanned_ += size;
    masks_ = (size + kMaskBytes - 1) / kMaskBytes;
    mask_next_ = 0;
  }
  mask_ = scan_masks_[mask_next_++];
  mask_start_ += kMaskBytes;
  return true;
}

void LineReader::finish_line(const char* end) {
  const char* data = line_;
  auto size = static_cast<std::size_t>(end - data);
  if (records_ + block_size_ == 0 && std::string_view(data, size).starts_with(kByteOrderMark)) {
    data += kByteOrderMark.size();
    size -= kByteOrderMark.size();
  }
  if (!too_long_ && size != 0 && data[size - 1] == '\r') --size;
  Record& record = block_[block_size_++];
  if (!suspicious_ && size - 1 < kTokenBytesMax) {
    record = {data, static_cast<std::uint32_t>(size), Reason::none, false};
    return;
  }
  record = classify(data, too_long_ ? kTokenBytesMax + 1 : size);
  too_long_ = false;
}

// What follows the last newline is a record, unless it is nothing, or nothing but the mark.
void LineReader::finish_last_line() {
  ended_ = true;
  const std::string_view rest(line_, static_cast<std::size_t>(end_ - line_));
  if (rest.empty() || (records_ == 0 && rest == kByteOrderMark)) return;
  finish_line(end_);
  line_ = end_;
}

// Called when no line ends in the piece any more, and no record of it is needed any more.
Result<std::size_t> LineReader::read_piece() {
  carry_line();
  const std::span<char> into(piece(), kPieceBytes);
  const auto got = source_->read(std::as_writable_bytes(into));
  if (!got) {
    return Error{got.error().code,
                 fmt::format("{}; record {} could not be read", got.error().what, records_ + 1)};
  }
  digest_.update(std::as_bytes(into.first(*got)));
  end_ = piece() + *got;
  return *got;
}

// Moves the unfinished line in front of the next piece; of a line that is too long in any case only
// the start, so that it may go on for ever.
void LineReader::carry_line() {
  auto size = static_cast<std::size_t>(end_ - line_);
  if (size > kCarriedBytesMax) {
    too_long_ = true;
    size = kCarriedBytesMax;
  }
  line_ = static_cast<const char*>(std::memmove(piece() - size, line_, size));
  end_ = scanned_ = mask_start_ = piece();
  masks_ = mask_next_ = 0;
}

}  // namespace herald::audience
