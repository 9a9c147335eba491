#include "tools/herald/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "tools/herald/text.h"

namespace herald::cli {

void Console::note(LogLevel level, std::string_view label, std::string_view text) const {
  if (level <= level_) write_to_stderr(fmt::format("herald: {}{}\n", label, one_line(text)));
}

void write_to_stderr(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t put = write(STDERR_FILENO, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace herald::cli
