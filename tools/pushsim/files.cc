#include "tools/pushsim/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "tools/pushsim/setup_error.h"

namespace pushsim {
namespace {

std::string because(std::string_view what, const std::string& path) {
  return fmt::format("{} {} ({})", what, path, std::strerror(errno));
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

std::string read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw SetupError(because("cannot read", path));
  std::string content;
  char piece[4096];
  ssize_t n = 0;
  while ((n = ::read(fd, piece, sizeof piece)) != 0) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    content.append(piece, static_cast<std::size_t>(n));
  }
  const std::string failure = n < 0 ? because("cannot read", path) : "";
  ::close(fd);
  if (!failure.empty()) throw SetupError(failure);
  return content;
}

std::string replace_file(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".tmp";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return because("cannot write", temporary);
  const bool written = write_all(fd, content);
  if (!written) {
    std::string failure = because("cannot write", temporary);
    ::close(fd);
    return failure;
  }
  if (::close(fd) != 0) return because("cannot write", temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return because("cannot rename to", path);
  return {};
}

void create_file(const std::string& path, std::string_view content, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0 && errno == EEXIST) {
    throw SetupError(path + " exists already: remove it or choose another folder");
  }
  if (fd < 0) throw SetupError(because("cannot make", path));
  // The mode asked for, whatever the umask takes away or leaves.
  const bool done = ::fchmod(fd, mode) == 0 && write_all(fd, content);
  const std::string failure = done ? "" : because("cannot write", path);
  ::close(fd);
  if (!done) throw SetupError(failure);
}

}  // namespace pushsim
