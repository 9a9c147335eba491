#include "engine/store/data_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace herald::store {
namespace {

Error disk_error(std::string_view what, const std::filesystem::path& path) {
  return {Errc::disk,
          fmt::format("{}: {} ({}): the store needs a writable directory on a local disk",
                      path.string(), what, std::strerror(errno))};
}

std::string read_owner(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = pread(fd, text.data(), text.size() - 1, 0);
  std::string owner(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!owner.empty() && owner.back() == '\n') owner.pop_back();
  return owner.empty() ? "another process" : "process " + owner;
}

Result<void> take(const Descriptor& lock, const std::filesystem::path& dir) {
  if (flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return disk_error("cannot lock it", dir);
  return Error{Errc::store_in_use,
               fmt::format("{}: data directory is in use by {}: wait for it, or use another "
                           "data_dir for another app",
                           dir.string(), read_owner(lock.get()))};
}

struct WitnessRecord {
  std::uint64_t sequence;
  std::uint64_t check;  // ~sequence: a torn or zeroed file is told from an old one
};

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Result<Descriptor> lock_data_dir(const std::filesystem::path& dir, std::uint64_t min_free) {
  std::error_code failed;
  if (!std::filesystem::is_directory(dir, failed)) {
    const std::filesystem::path parent = dir.parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, failed);
    if (mkdir(dir.c_str(), 0700) != 0) return disk_error("cannot make the data directory", dir);
    if (auto synced = sync_directory(parent.empty() ? "." : parent); !synced) return synced.error();
  }
  // Others' rights go; what the owner has taken from himself stays taken (I29).
  struct stat status {};
  if (stat(dir.c_str(), &status) != 0) return disk_error("cannot see its mode", dir);
  if ((status.st_mode & 07077) != 0 && chmod(dir.c_str(), status.st_mode & 0700) != 0) {
    return disk_error("cannot make it private", dir);
  }

  const std::filesystem::path lock = dir / "lock";
  Descriptor fd{open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (fd.get() < 0) return disk_error("cannot open the lock file", lock);
  if (auto taken = take(fd, dir); !taken) return taken.error();
  const std::string owner = fmt::format("{}\n", getpid());
  if (ftruncate(fd.get(), 0) != 0 ||
      pwrite(fd.get(), owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size())) {
    return disk_error("cannot write the lock file", lock);
  }

  struct statvfs space {};
  if (statvfs(dir.c_str(), &space) != 0) return disk_error("cannot see the free space", dir);
  const std::uint64_t free = std::uint64_t{space.f_bavail} * space.f_frsize;
  if (free < min_free) {
    return Error{Errc::disk,
                 fmt::format("{}: {} MiB free, less than ledger.min_free of {} MiB: make "
                             "room, or lower min_free",
                             dir.string(), free >> 20, min_free >> 20)};
  }
  return fd;
}

Result<Descriptor> lock_for_reading(const std::filesystem::path& dir) {
  const std::filesystem::path lock = dir / "lock";
  Descriptor fd{open(lock.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (fd.get() < 0) {
    if (errno == ENOENT) return fd;
    return disk_error("cannot open the lock file", lock);
  }
  if (auto taken = take(fd, dir); !taken) return taken.error();
  return fd;
}

Result<void> sync_directory(const std::filesystem::path& dir) {
  const Descriptor fd{open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (fd.get() < 0 || fsync(fd.get()) != 0) return disk_error("cannot sync the directory", dir);
  return {};
}

namespace {

// Nothing if the file is empty.
Result<std::optional<std::uint64_t>> read_record(const Descriptor& fd,
                                                 const std::filesystem::path& file) {
  WitnessRecord record{};
  const ssize_t size = pread(fd.get(), &record, sizeof record, 0);
  if (size < 0) return disk_error("cannot read the witness", file);
  if (size == 0) return std::optional<std::uint64_t>{};
  if (size != sizeof record || record.check != ~record.sequence) {
    return Error{
        Errc::damaged_store,
        fmt::format("{}: the witness is damaged: restore the data directory from a copy, or "
                    "wait until its days are over and start with an empty one",
                    file.string())};
  }
  return std::optional{record.sequence};
}

}  // namespace

Result<std::uint64_t> read_witness(const std::filesystem::path& file) {
  const Descriptor fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (fd.get() < 0) {
    if (errno == ENOENT) return Error{Errc::damaged_store, "there is none"};
    return disk_error("cannot open the witness", file);
  }
  const auto record = read_record(fd, file);
  if (!record) return record.error();
  return record->value_or(0);
}

Result<Witness> Witness::open(const std::filesystem::path& file) {
  Descriptor fd{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (fd.get() < 0) return disk_error("cannot open the witness", file);
  const auto record = read_record(fd, file);
  if (!record) return record.error();
  return Witness{std::move(fd), record->value_or(0), !record->has_value(), file.string()};
}

Result<void> Witness::write(std::uint64_t sequence) {
  const WitnessRecord record{sequence, ~sequence};
  if (pwrite(fd_.get(), &record, sizeof record, 0) != sizeof record) {
    return disk_error("cannot write the witness", name_);
  }
  sequence_ = sequence;
  empty_ = false;
  return {};
}

Result<void> Witness::sync() {
  if (fdatasync(fd_.get()) != 0) return disk_error("cannot sync the witness", name_);
  return {};
}

}  // namespace herald::store
