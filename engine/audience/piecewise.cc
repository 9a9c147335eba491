#include "engine/audience/piecewise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace herald::audience {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

PiecewiseReader::PiecewiseReader(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), buffer_(new Buffer), at_(piece()), end_(piece()) {
  std::memset(piece() + kPieceBytes, 0, kPaddingBytes);
}

Result<void> PiecewiseReader::begin() {
  while (!at_records()) {
    if (error_) return *error_;
    if (ended_) break;
    read_piece();
  }
  return {};
}

Result<Block> PiecewiseReader::next() {
  block_size_ = 0;
  begin_block();
  for (;;) {
    if (at_records()) {
      while (block_size_ < kRecordsPerBlock && take()) {
      }
    }
    if (block_size_ != 0) break;
    if (error_) return *error_;
    if (ended_) break;
    read_piece();
  }
  records_ += block_size_;
  return Block{{block_.data(), block_size_}, fields(block_size_)};
}

bool PiecewiseReader::at_records() {
  if (!mark_taken_) mark_taken_ = take_mark();
  if (mark_taken_ && !head_taken_ && !error_) head_taken_ = take_head();
  return head_taken_;
}

bool PiecewiseReader::take_mark() {
  const std::string_view content(at_, static_cast<std::size_t>(end_ - at_));
  if (content.size() < kByteOrderMark.size() && !ended_) return false;
  if (content.starts_with(kByteOrderMark)) at_ += kByteOrderMark.size();
  return true;
}

// Called when nothing of the last piece is needed any more but what is not yet taken.
void PiecewiseReader::read_piece() {
  const auto rest = static_cast<std::size_t>(end_ - at_);
  assert(rest <= kRoomBytes);
  at_ = static_cast<char*>(std::memmove(piece() - rest, at_, rest));
  end_ = piece();
  const std::span<char> into(piece(), kPieceBytes);
  const auto got = source_->read(std::as_writable_bytes(into));
  if (!got) {
    return fail({got.error().code,
                 fmt::format("{}; record {} could not be read", got.error().what, records_ + 1)});
  }
  digest_.update(std::as_bytes(into.first(*got)));
  end_ += *got;
  ended_ = *got == 0;
}

// False while the end of a line that is too long has not come.
bool PiecewiseReader::pass_over() {
  if (!passing_over_) return true;
  auto* const newline =
      static_cast<char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
  at_ = newline == nullptr ? end_ : newline + 1;
  passing_over_ = newline == nullptr;
  return !passing_over_;
}

std::string_view PiecewiseReader::ahead() {
  if (!pass_over()) return {};
  return {at_, static_cast<std::size_t>(end_ - at_)};
}

std::optional<PiecewiseReader::Line> PiecewiseReader::next_line() {
  if (!pass_over()) return std::nullopt;
  const auto left = static_cast<std::size_t>(end_ - at_);
  searched_ = std::min(searched_, left);
  auto* const newline = static_cast<char*>(std::memchr(at_ + searched_, '\n', left - searched_));
  const auto size = newline == nullptr ? left : static_cast<std::size_t>(newline - at_);
  Line line{at_, size, size > kRecordBytesMax};
  if (newline == nullptr && !line.too_long && (!ended_ || size == 0)) {
    searched_ = size;
    return std::nullopt;
  }
  searched_ = 0;
  passing_over_ = newline == nullptr && !ended_;
  at_ = newline == nullptr ? end_ : newline + 1;
  if (line.too_long) {
    line.size = kTokenBytesMax;
  } else if (size != 0 && line.data[size - 1] == '\r') {
    --line.size;
  }
  return line;
}

void PiecewiseReader::add_malformed(std::string_view text, Reason reason) {
  const auto size = static_cast<std::uint32_t>(std::min(text.size(), kTokenBytesMax));
  add({text.data(), size, reason, false});
}

}  // namespace herald::audience
