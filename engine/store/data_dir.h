// The data directory itself: made private, locked by one process, with enough room.
#pragma once

#include <cstdint>
#include <filesystem>

#include "herald/result.h"

namespace herald::store {

// An open descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// Makes `dir` (0700) and takes its flock, which dies with the process and is not lost when other
// descriptors close, as RocksDB's own POSIX lock would be (I30).
// Errors: store_in_use with the owner's process id; disk.
Result<Descriptor> lock_data_dir(const std::filesystem::path& dir, std::uint64_t min_free);

// Takes the same flock without writing anything: who holds it may read what no process changes. An
// empty descriptor if the lock file is missing. Errors: store_in_use, disk.
Result<Descriptor> lock_for_reading(const std::filesystem::path& dir);

// Makes durable which names a directory has (I23). Errors: disk.
Result<void> sync_directory(const std::filesystem::path& dir);

// The number in the witness, 0 if it is empty. Changes nothing.
// Errors: damaged_store (also when it is missing: it is older than the first group), disk.
Result<std::uint64_t> read_witness(const std::filesystem::path& file);

// The last synced group's number, kept beside the store: a log cut short is not seen by RocksDB
// 7.8, but what it recovers is then less than this says (I25).
class Witness {
 public:
  // Errors: disk, damaged_store.
  static Result<Witness> open(const std::filesystem::path& file);
  std::uint64_t sequence() const { return sequence_; }
  // Nothing was ever written: the store is new, or somebody took its witness away.
  bool empty() const { return empty_; }
  Result<void> write(std::uint64_t sequence);
  Result<void> sync();

 private:
  Witness(Descriptor fd, std::uint64_t sequence, bool empty, std::string name)
      : fd_(std::move(fd)), sequence_(sequence), empty_(empty), name_(std::move(name)) {}
  Descriptor fd_;
  std::uint64_t sequence_;
  bool empty_;
  std::string name_;
};

}  // namespace herald::store
