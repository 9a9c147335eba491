#include "engine/audience/source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace herald::audience {
namespace {

// Larger reads are no faster, smaller ones pay for more system calls.
constexpr std::size_t kReadBytes = 256 << 10;
constexpr std::size_t kPageBytes = 4096;

Error unreadable(const std::filesystem::path& path, std::string_view doing, int error) {
  const bool missing = error == ENOENT || error == ENOTDIR;
  return {Errc::audience,
          fmt::format("{}: cannot {} the audience ({}): {}", path.string(), doing,
                      std::generic_category().message(error),
                      missing ? "give the file's path with audience.file or --audience"
                              : "make the file readable, then run or resume again")};
}

}  // namespace

Result<std::unique_ptr<FileSource>> FileSource::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unreadable(path, "open", errno);
  struct stat status {};
  if (fstat(fd, &status) != 0) {
    const int error = errno;
    ::close(fd);
    return unreadable(path, "stat", error);
  }
  if (S_ISDIR(status.st_mode)) {
    ::close(fd);
    return Error{
        Errc::audience,
        fmt::format("{}: the audience is a directory: give a file of records", path.string())};
  }
  const bool seekable = S_ISREG(status.st_mode);
  if (seekable) posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  const std::uint64_t size = seekable ? static_cast<std::uint64_t>(status.st_size) : 0;
  return std::unique_ptr<FileSource>(
      new FileSource(path, fd, seekable, size, {status.st_dev, status.st_ino}));
}

FileSource::FileSource(std::filesystem::path path, int fd, bool seekable, std::uint64_t size,
                       Identity identity)
    : path_(std::move(path)), fd_(fd), seekable_(seekable), size_(size), identity_(identity) {}

// Opened anew, not duplicated: the kernel reads ahead by open file, and parts are read at once.
Result<std::unique_ptr<FileSource>> FileSource::part(std::uint64_t begin, std::uint64_t end) const {
  auto opened = open(path_);
  if (!opened) return opened;
  FileSource& part = **opened;
  if (part.identity_.device != identity_.device || part.identity_.number != identity_.number) {
    return Error{Errc::audience,
                 fmt::format("{}: another file has taken the audience's place: put the first one "
                             "back, then resume",
                             path_.string())};
  }
  part.begin_ = part.offset_ = begin;
  part.end_ = end;
  return opened;
}

FileSource::~FileSource() { ::close(fd_); }

Result<std::size_t> FileSource::peek(std::span<std::byte> into, std::uint64_t offset) const {
  if (!seekable_) return std::size_t{0};
  ssize_t got = 0;
  do {
    got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return unreadable(path_, "read", errno);
  return static_cast<std::size_t>(got);
}

Result<std::size_t> FileSource::read(std::span<std::byte> into) {
  std::size_t wanted = std::min(into.size(), kReadBytes);
  if (end_) {
    // From the first read on in whole pages of the file: the kernel's copy is slow else.
    wanted = std::min(wanted, kReadBytes - static_cast<std::size_t>(offset_ % kPageBytes));
    wanted = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, *end_ - offset_));
    if (wanted == 0) return std::size_t{0};
  }
  ssize_t got = 0;
  do {
    got = seekable_ ? ::pread(fd_, into.data(), wanted, static_cast<off_t>(offset_))
                    : ::read(fd_, into.data(), wanted);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return unreadable(path_, "read", errno);
  if (got == 0 && offset_ < end_.value_or(size_)) {
    return Error{Errc::audience,
                 fmt::format("{}: the audience ends after {} bytes but had {} when it was opened: "
                             "put the whole file back, then resume",
                             path_.string(), offset_, size_)};
  }
  offset_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

}  // namespace herald::audience
