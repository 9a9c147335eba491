#include "engine/audience/slices.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>

#include "engine/audience/lines.h"
#include "engine/audience/unpack.h"

namespace herald::audience {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Where the first line begins that begins at `from` or behind it; empty: not before `end`.
Result<std::optional<std::uint64_t>> next_line(std::uint64_t from, std::uint64_t end,
                                               const ReadAt& read_at) {
  std::array<std::byte, 64 << 10> piece;
  // The newline before it may be the byte before `from`.
  for (std::uint64_t at = from - 1; at < end;) {
    const auto got = read_at(at, piece);
    if (!got) return got.error();
    if (*got == 0) break;
    const void* const newline = std::memchr(piece.data(), '\n', *got);
    if (newline == nullptr) {
      at += *got;
      continue;
    }
    at += static_cast<std::uint64_t>(static_cast<const std::byte*>(newline) - piece.data()) + 1;
    if (at >= end) break;
    std::array<std::byte, kByteOrderMark.size()> head;
    const auto begins = read_at(at, head);
    if (!begins) return begins.error();
    // Only at the start of the file it is a mark: a slice must not begin with those bytes.
    const bool marked =
        *begins == head.size() && std::memcmp(head.data(), kByteOrderMark.data(), head.size()) == 0;
    if (!marked) return std::optional{at};
  }
  return std::optional<std::uint64_t>{};
}

}  // namespace

Result<std::vector<std::uint64_t>> cut_into_slices(std::uint64_t size, std::uint64_t slice_bytes,
                                                   const ReadAt& read_at) {
  const std::uint64_t count = std::clamp<std::uint64_t>(size / slice_bytes, 1, kSlicesMax);
  std::vector<std::uint64_t> begins{0};
  for (std::uint64_t i = 1; i < count; ++i) {
    const std::uint64_t next = i + 1 == count ? size : size / count * (i + 1);
    const auto begin = next_line(size / count * i, next, read_at);
    if (!begin) return begin.error();
    if (*begin) begins.push_back(**begin);
  }
  return begins;
}

std::uint64_t digest_of_slices(std::span<const std::uint64_t> digests) {
  return digests.size() == 1 ? digests[0] : XXH3_64bits(digests.data(), digests.size_bytes());
}

Result<std::unique_ptr<const SlicedFile>> SlicedFile::open(const AudienceSpec& spec,
                                                           std::uint64_t slice_bytes) {
  std::unique_ptr<const SlicedFile> none;
  if (spec.format != AudienceSpec::Format::lines) return none;
  auto file = FileSource::open(spec.file);
  if (!file) return file.error();
  if (!(*file)->regular()) return none;
  std::array<std::byte, kMagicBytes> head;
  const auto got = (*file)->peek(head);
  if (!got) return got.error();
  if (packing_of(std::span(head).first(*got)) != Packing::none) return none;
  auto begins = cut_into_slices(
      (*file)->size(), slice_bytes,
      [&](std::uint64_t offset, std::span<std::byte> into) { return (*file)->peek(into, offset); });
  if (!begins) return begins.error();
  return std::unique_ptr<const SlicedFile>(new SlicedFile(std::move(*file), std::move(*begins)));
}

Result<std::unique_ptr<const SlicedFile>> SlicedFile::open_again(
    const AudienceSpec& spec, std::vector<std::uint64_t> begins) {
  auto file = FileSource::open(spec.file);
  if (!file) return file.error();
  return std::unique_ptr<const SlicedFile>(new SlicedFile(std::move(*file), std::move(begins)));
}

Result<std::unique_ptr<RecordReader>> SlicedFile::reader(std::size_t slice) const {
  const std::uint64_t end = slice + 1 < begins_.size() ? begins_[slice + 1] : file_->size();
  auto part = file_->part(begins_[slice], end);
  if (!part) return part.error();
  return std::unique_ptr<RecordReader>(std::make_unique<LineReader>(std::move(*part)));
}

}  // namespace herald::audience
