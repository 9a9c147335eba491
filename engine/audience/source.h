// Where an audience's bytes come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "herald/result.h"

namespace herald::audience {

class ByteSource {  // one thread
 public:
  virtual ~ByteSource() = default;
  // How many bytes of `into` were filled: at least one, or 0 at the end. Errors: audience.
  virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
  virtual std::uint64_t size() const = 0;  // 0: not known
  // How much of size() was read, where that is not what was given out: of packed content.
  virtual std::optional<std::uint64_t> position() const { return std::nullopt; }
};

class FileSource final : public ByteSource {
 public:
  // A regular file, or a pipe. Errors: audience, with the path.
  static Result<std::unique_ptr<FileSource>> open(const std::filesystem::path& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  // An error, too, when the file has become shorter than it was when it was opened: what is missing
  // would be missed silently.
  Result<std::size_t> read(std::span<std::byte> into) override;
  std::uint64_t size() const override { return end_.value_or(size_) - begin_; }
  // Bytes of a regular file, however far it was read; nothing of a pipe. Errors: audience.
  Result<std::size_t> peek(std::span<std::byte> into, std::uint64_t offset = 0) const;
  bool regular() const { return seekable_; }

  // Bytes [begin, end) of a regular file as a source of their own, for another thread. Errors:
  // audience, also when the path leads to another file meanwhile.
  Result<std::unique_ptr<FileSource>> part(std::uint64_t begin, std::uint64_t end) const;

 private:
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t number = 0;
  };
  FileSource(std::filesystem::path path, int fd, bool seekable, std::uint64_t size,
             Identity identity);

  std::filesystem::path path_;
  int fd_;
  bool seekable_;
  std::uint64_t size_;
  Identity identity_;
  std::uint64_t begin_ = 0;
  std::optional<std::uint64_t> end_;  // of a part; else what the file has
  std::uint64_t offset_ = 0;
};

}  // namespace herald::audience
