// Gives the content of a compressed audience: gzip (RFC 1952) of one or more members, zstd (RFC
// 8878) of one or more frames. What it is, its first bytes say, and not its name.
//
// Memory is bounded whatever the content becomes: gzip's window of 32 KiB, of zstd's frames those
// with a window up to kZstdWindowLogMax, and a buffer of packed bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/audience/source.h"

namespace herald::audience {

enum class Packing : std::uint8_t { none, gzip, zstd };

inline constexpr std::size_t kMagicBytes = 4;  // enough to tell
inline constexpr int kZstdWindowLogMax = 27;   // 128 MiB, what `zstd -d` takes

Packing packing_of(std::span<const std::byte> head);

// A decoder; see unpackers.cc.
class Unpacker {
 public:
  enum class State : std::uint8_t { more, end_of_part, damaged };

  virtual ~Unpacker() = default;
  // Takes what it can from the front of `packed`, writes what that gives to the front of `content`,
  // and shortens both. Without progress it needs more of one of them.
  virtual State step(std::span<const std::byte>& packed, std::span<std::byte>& content) = 0;
  virtual std::string trouble() const = 0;  // once it is damaged
};

std::unique_ptr<Unpacker> make_unpacker(Packing packing);  // not none

class UnpackingSource final : public ByteSource {  // one thread
 public:
  static constexpr std::size_t kPackedBytes = 256 << 10;  // read at a time

  // `head`, at most kPackedBytes, was read from `packed` before. `name` is what errors call it.
  UnpackingSource(std::unique_ptr<ByteSource> packed, Packing packing, std::string name,
                  std::span<const std::byte> head = {});

  // Errors: audience, once everything before it was given out: the packed content is damaged, or
  // ends in the middle, or something else follows it.
  Result<std::size_t> read(std::span<std::byte> into) override;
  std::uint64_t size() const override { return packed_->size(); }
  std::optional<std::uint64_t> position() const override { return taken_; }

 private:
  struct alignas(4096) Buffer {
    std::byte bytes[kPackedBytes];
  };

  bool read_packed();
  Error damaged() const;
  Error cut_off() const;

  std::unique_ptr<ByteSource> packed_;
  const Packing packing_;
  const std::string name_;
  std::unique_ptr<Unpacker> unpacker_;
  std::unique_ptr<Buffer> buffer_;
  std::span<const std::byte> rest_;  // of the buffer, not yet unpacked
  std::uint64_t taken_ = 0;          // packed bytes read
  std::uint64_t given_ = 0;          // content bytes
  bool inside_ = true;               // of a member or a frame
  bool all_read_ = false;
  std::optional<Error> error_;
};

// For what cannot be looked at twice, as a pipe: passes it on, unpacked when it turns out to be
// packed.
class SniffingSource final : public ByteSource {  // one thread
 public:
  SniffingSource(std::unique_ptr<ByteSource> source, std::string name)
      : source_(std::move(source)), name_(std::move(name)) {}

  Result<std::size_t> read(std::span<std::byte> into) override;  // into: at least kMagicBytes
  std::uint64_t size() const override { return source_->size(); }
  std::optional<std::uint64_t> position() const override { return source_->position(); }

 private:
  std::unique_ptr<ByteSource> source_;
  const std::string name_;
  bool known_ = false;
  std::optional<Error> error_;  // came with the first bytes
};

}  // namespace herald::audience
