#include "tools/herald/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace herald::cli {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

}  // namespace

Result<Output> Output::open(const std::filesystem::path& file, mode_t mode) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, mode);
  if (fd < 0) {
    return Error{Errc::usage, fmt::format("cannot write {} ({}); name another file", file.string(),
                                          std::strerror(errno))};
  }
  return Output(fd, file.string(), true);
}

Output Output::standard() { return Output(STDOUT_FILENO, "standard output", false); }

Output::Output(Output&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      owned_(other.owned_),
      truncated_(other.truncated_),
      error_(other.error_),
      buffer_(std::move(other.buffer_)) {}

Output::~Output() {
  if (owned_ && fd_ >= 0) ::close(fd_);
}

void Output::write(std::string_view text) noexcept {
  if (error_ != 0) return;
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void Output::flush() noexcept {
  // Fails on pipes and devices, which have nothing old to drop.
  if (owned_ && !std::exchange(truncated_, true)) (void)!ftruncate(fd_, 0);
  for (std::string_view rest = buffer_; !rest.empty() && error_ == 0;) {
    const ssize_t put = ::write(fd_, rest.data(), rest.size());
    if (put >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  buffer_.clear();
}

Result<void> Output::close() {
  flush();
  if (owned_ && ::close(std::exchange(fd_, -1)) != 0 && error_ == 0) error_ = errno;
  if (error_ != 0) {
    return Error{Errc::disk, fmt::format("cannot write {} ({}); what it has is not whole", name_,
                                         std::strerror(error_))};
  }
  return {};
}

}  // namespace herald::cli
