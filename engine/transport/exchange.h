// One request on a connection: what is left to send of its body, and what has come of its answer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/transport/connection.h"

namespace herald::transport {

inline constexpr std::size_t kHeaderListBytesMax = 64 << 10;  // I49
inline constexpr std::size_t kHeaderFieldsMax = 100;          // I49
inline constexpr std::size_t kHeaderFieldOverhead = 32;       // RFC 9113 6.5.2

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
  std::int32_t stream = -1;  // HTTP/1.1: its number on the connection
  bool open = false;         // submitted, and its end not told yet
  std::array<std::string_view, 3> body;
  std::size_t part = 0;
  std::size_t at = 0;      // in body[part]
  bool body_done = false;  // all of it is with the session or the byte stream
  std::uint64_t end = 0;   // position behind its last byte in the plain text; 0: not written
  base::BootTime begun;
  base::BootTime deadline;
  int status = 0;
  std::optional<base::WallTime> date;  // the answer's
  std::size_t fields = 0;
  std::size_t header_bytes = 0;
  bool complete = false;  // the answer
  bool oversize = false;
  std::string answer;  // keeps its capacity from request to request
  End how = End::lost;
  bool may_have_left = false;

  void begin(const Request& request, void* its_tag, base::BootTime now,
             base::BootClock::duration time) {
    tag = its_tag;
    begun = now;
    deadline = now + time;
    body = request.body;
    part = at = 0;
    body_done = complete = oversize = may_have_left = false;
    open = true;
    stream = -1;
    end = 0;
    status = 0;
    date.reset();
    fields = header_bytes = 0;
    answer.clear();
  }

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

  // False when the header list is longer than is read.
  bool count_field(std::size_t name_size, std::size_t value_size) {
    header_bytes += name_size + value_size + kHeaderFieldOverhead;
    return ++fields <= kHeaderFieldsMax && header_bytes <= kHeaderListBytesMax;
  }
  // What is over kAnswerBytesMax is thrown away.
  void take_answer(const char* bytes, std::size_t size) {
    if (oversize) return;
    oversize = answer.size() + size > kAnswerBytesMax;
    if (!oversize) answer.append(bytes, size);
  }
};

}  // namespace herald::transport
