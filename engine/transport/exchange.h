// One request on a connection: what is left to send of its body, and what has come of its answer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/transport/connection.h"

namespace herald::transport {

// Copies of several KiB between buffers that lie badly to each other are slow on some machines;
// pieces below a page are not.
inline constexpr std::size_t kCopyPiece = 2048;

inline void copy_in_pieces(std::uint8_t* to, const char* from, std::size_t size) {
  while (size > 0) {
    const std::size_t piece = std::min(size, kCopyPiece);
    std::memcpy(to, from, piece);
    to += piece;
    from += piece;
    size -= piece;
  }
}

struct Exchange {
  void* tag = nullptr;
  std::int32_t stream = -1;
  bool open = false;  // submitted, and its end not told yet
  std::array<std::string_view, 3> body;
  std::size_t part = 0;
  std::size_t at = 0;      // in body[part]
  bool body_done = false;  // nghttp2 has all of it
  std::uint64_t end = 0;   // position behind its last byte in the plain text; 0: not written
  base::BootTime deadline;
  int status = 0;
  std::size_t fields = 0;
  std::size_t header_bytes = 0;
  bool complete = false;  // END_STREAM received
  bool oversize = false;
  std::string answer;  // keeps its capacity from request to request
  End how = End::lost;
  bool may_have_left = false;

  bool exhausted() const { return part == body.size(); }
  void skip_finished_parts() {
    while (part < body.size() && at == body[part].size()) {
      ++part;
      at = 0;
    }
  }
  std::size_t copy_body(std::uint8_t* to, std::size_t room) {
    std::size_t copied = 0;
    skip_finished_parts();
    while (copied < room && !exhausted()) {
      const std::size_t size = std::min(room - copied, body[part].size() - at);
      copy_in_pieces(to + copied, body[part].data() + at, size);
      copied += size;
      at += size;
      skip_finished_parts();
    }
    return copied;
  }
};

}  // namespace herald::transport
