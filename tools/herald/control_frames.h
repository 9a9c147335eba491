// How a store's content goes through the control socket: frames of a number and bytes, and a last
// one that says that all were sent, or why not.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "herald/result.h"

namespace herald::cli {

inline constexpr std::size_t kFrameBytesMax = 64 << 20;  // a commit group has some 100 KiB

void append_frame(std::string& out, std::uint64_t number, std::string_view bytes);
void append_last_frame(std::string& out, const Result<void>& outcome);

class FrameReader {  // one thread
 public:
  using Visit = std::function<Result<void>(std::uint64_t number, std::string_view bytes)>;
  explicit FrameReader(Visit visit) : visit_(std::move(visit)) {}

  // Errors: the visit's; what the last frame says; unreachable, when these are no frames.
  Result<void> take(std::string_view bytes);
  bool done() const { return done_; }  // the last frame was there

 private:
  Result<void> read_frame(std::uint8_t kind, std::uint64_t number, std::string_view bytes);

  Visit visit_;
  std::string unread_;
  bool done_ = false;
};

}  // namespace herald::cli
