#include "engine/audience/unpack.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace herald::audience {
namespace {

std::uint8_t byte_at(std::span<const std::byte> head, std::size_t at) {
  return std::to_integer<std::uint8_t>(head[at]);
}

std::string_view to_string(Packing packing) { return packing == Packing::gzip ? "gzip" : "zstd"; }

}  // namespace

Packing packing_of(std::span<const std::byte> head) {
  if (head.size() >= 2 && byte_at(head, 0) == 0x1f && byte_at(head, 1) == 0x8b) {
    return Packing::gzip;  // RFC 1952, 2.3.1
  }
  if (head.size() < 4) return Packing::none;
  const std::uint8_t first = byte_at(head, 0);
  const auto rest_is = [&](std::uint8_t second, std::uint8_t third, std::uint8_t fourth) {
    return byte_at(head, 1) == second && byte_at(head, 2) == third && byte_at(head, 3) == fourth;
  };
  const bool frame = first == 0x28 && rest_is(0xb5, 0x2f, 0xfd);               // RFC 8878, 3.1.1
  const bool skippable = (first & 0xf0) == 0x50 && rest_is(0x2a, 0x4d, 0x18);  // 3.1.2
  return frame || skippable ? Packing::zstd : Packing::none;
}

// --- UnpackingSource ---

UnpackingSource::UnpackingSource(std::unique_ptr<ByteSource> packed, Packing packing,
                                 std::string name, std::span<const std::byte> head)
    : packed_(std::move(packed)),
      packing_(packing),
      name_(std::move(name)),
      unpacker_(make_unpacker(packing)),
      buffer_(new Buffer) {
  assert(head.size() <= kPackedBytes);
  if (!head.empty()) std::memcpy(buffer_->bytes, head.data(), head.size());
  rest_ = {buffer_->bytes, head.size()};
  taken_ = head.size();
}

Result<std::size_t> UnpackingSource::read(std::span<std::byte> into) {
  std::span<std::byte> room = into;
  while (!error_ && !room.empty()) {
    const std::size_t packed = rest_.size();
    const std::size_t left = room.size();
    const Unpacker::State state = unpacker_->step(rest_, room);
    const bool moved = rest_.size() != packed || room.size() != left;
    given_ += left - room.size();
    if (state == Unpacker::State::damaged) {
      error_ = damaged();
    } else if (state == Unpacker::State::end_of_part) {
      inside_ = false;
    } else if (moved) {
      inside_ = true;
    } else if (room.size() != into.size() || !read_packed()) {
      break;
    }
  }
  const std::size_t given = into.size() - room.size();
  if (given == 0 && error_) return *error_;
  return given;
}

// False at the end, and when there is an error.
bool UnpackingSource::read_packed() {
  if (!all_read_) {
    assert(rest_.empty());
    const auto got = packed_->read({buffer_->bytes, kPackedBytes});
    if (!got) {
      error_ = got.error();
      return false;
    }
    rest_ = {buffer_->bytes, *got};
    taken_ += *got;
    all_read_ = *got == 0;
  }
  if (all_read_ && inside_) error_ = cut_off();
  return !all_read_;
}

Error UnpackingSource::damaged() const {
  return {Errc::audience,
          fmt::format("{}: after {} bytes of content its {} data is damaged, or something else "
                      "follows it ({}): bring a sound copy, then send the records that are left",
                      name_, given_, to_string(packing_), unpacker_->trouble())};
}

Error UnpackingSource::cut_off() const {
  return {Errc::audience,
          fmt::format("{}: its {} data is cut off after {} bytes of content: bring the whole file, "
                      "then send the records that are left",
                      name_, to_string(packing_), given_)};
}

// --- SniffingSource ---

Result<std::size_t> SniffingSource::read(std::span<std::byte> into) {
  if (error_) return *error_;
  if (known_) return source_->read(into);
  assert(into.size() >= kMagicBytes);
  into = into.first(std::min(into.size(), UnpackingSource::kPackedBytes));
  std::size_t size = 0;
  while (size < kMagicBytes) {
    const auto got = source_->read(into.subspan(size));
    if (!got && size == 0) return got;
    if (!got) error_ = got.error();
    if (!got || *got == 0) break;
    size += *got;
  }
  known_ = true;
  const auto head = into.first(size);
  const Packing packing = packing_of(head);
  if (packing == Packing::none) return size;
  source_ = std::make_unique<UnpackingSource>(std::move(source_), packing, name_, head);
  return source_->read(into);
}

}  // namespace herald::audience
