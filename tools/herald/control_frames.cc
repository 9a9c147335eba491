#include "tools/herald/control_frames.h"

#include <cstring>

namespace herald::cli {
namespace {

// kind (1 byte), size (4), number (8), bytes; little-endian, as both ends are the same machine.
enum Kind : std::uint8_t { kPart, kEnd, kFailed };
constexpr std::size_t kHeadBytes = 1 + 4 + 8;

void append(std::string& out, Kind kind, std::uint64_t number, std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  char head[kHeadBytes];
  head[0] = static_cast<char>(kind);
  std::memcpy(head + 1, &size, sizeof size);
  std::memcpy(head + 5, &number, sizeof number);
  out.append(head, sizeof head).append(bytes);
}

Error no_frames() {
  return {Errc::unreachable,
          "the control connection does not send what this version of herald "
          "knows: use the version that runs"};
}

}  // namespace

void append_frame(std::string& out, std::uint64_t number, std::string_view bytes) {
  append(out, kPart, number, bytes);
}

void append_last_frame(std::string& out, const Result<void>& outcome) {
  if (outcome) {
    append(out, kEnd, 0, {});
  } else {
    append(out, kFailed, static_cast<std::uint64_t>(outcome.error().code), outcome.error().what);
  }
}

Result<void> FrameReader::take(std::string_view bytes) {
  unread_ += bytes;
  std::string_view rest = unread_;
  while (rest.size() >= kHeadBytes) {
    std::uint32_t size = 0;
    std::uint64_t number = 0;
    std::memcpy(&size, rest.data() + 1, sizeof size);
    std::memcpy(&number, rest.data() + 5, sizeof number);
    if (size > kFrameBytesMax || done_) return no_frames();
    if (rest.size() < kHeadBytes + size) break;
    const auto kind = static_cast<std::uint8_t>(rest[0]);
    if (auto read = read_frame(kind, number, rest.substr(kHeadBytes, size)); !read) return read;
    rest.remove_prefix(kHeadBytes + size);
  }
  unread_.erase(0, unread_.size() - rest.size());
  return {};
}

Result<void> FrameReader::read_frame(std::uint8_t kind, std::uint64_t number,
                                     std::string_view bytes) {
  if (kind == kPart) return visit_(number, bytes);
  if (kind == kEnd) {
    done_ = true;
    return {};
  }
  const bool known =
      kind == kFailed && number >= 1 && number <= static_cast<std::uint64_t>(Errc::unsupported);
  if (!known) return no_frames();
  return Error{static_cast<Errc>(number), std::string{bytes}};
}

}  // namespace herald::cli
