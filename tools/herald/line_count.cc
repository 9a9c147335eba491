#include "tools/herald/line_count.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace herald::cli {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kGzip = "\x1f\x8b";          // RFC 1952, 2.3.1
constexpr std::string_view kZstd = "\x28\xb5\x2f\xfd";  // RFC 8878, 3.1.1

Error unreadable(const std::filesystem::path& file) {
  return {Errc::audience,
          fmt::format("cannot read the audience {} ({})", file.string(), std::strerror(errno))};
}

Result<std::uint64_t> count(const std::filesystem::path& file, int fd) {
  std::vector<char> buffer(1 << 20);
  std::uint64_t lines = 0;
  bool first = true;
  bool open_line = false;  // bytes after the last newline
  for (;;) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(file);
    if (got == 0) return lines + (open_line ? 1 : 0);
    std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
    if (std::exchange(first, false)) {
      if (piece.starts_with(kGzip) || piece.starts_with(kZstd)) {
        return Error{Errc::unsupported, fmt::format("{} is compressed, which this version does "
                                                    "not read yet; unpack it first",
                                                    file.string())};
      }
      if (piece.starts_with(kByteOrderMark)) piece.remove_prefix(kByteOrderMark.size());
      if (piece.empty()) continue;
    }
    lines += static_cast<std::uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
    open_line = piece.back() != '\n';
  }
}

}  // namespace

Result<std::uint64_t> count_lines(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unreadable(file);
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  auto lines = count(file, fd);
  close(fd);
  return lines;
}

}  // namespace herald::cli
