// What an audience contained, so that a resume notices when it is not the same any more.
//
// XXH3-64 of every 64 MiB of content; the digest of all so far is XXH3-64 of those, as
// little-endian words, the last of an unfinished piece. It does not depend on how the bytes came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace herald::audience {

class ContentDigest {  // one thread
 public:
  static constexpr std::uint64_t kPieceBytes = std::uint64_t{64} << 20;

  ContentDigest();
  ~ContentDigest();
  ContentDigest(ContentDigest&&) noexcept;
  ContentDigest& operator=(ContentDigest&&) noexcept;

  void update(std::span<const std::byte> content);

  std::uint64_t value() const;                                       // of all so far
  std::span<const std::uint64_t> pieces() const { return pieces_; }  // the finished ones
  std::uint64_t bytes() const { return pieces_.size() * kPieceBytes + in_piece_; }

 private:
  struct State;  // aligned, and half a KiB
  std::unique_ptr<State> state_;
  std::uint64_t in_piece_ = 0;
  std::vector<std::uint64_t> pieces_;  // 8 bytes for 64 MiB: 16 KiB for an audience of 128 GiB
};

}  // namespace herald::audience
