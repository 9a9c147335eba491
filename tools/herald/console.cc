#include "tools/herald/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "tools/herald/text.h"

namespace herald::cli {

// The words are the same with and without colours, so a copied line is what a log has.
std::string Console::line(LogLevel level, std::string_view text) const {
  const bool warning = level == LogLevel::warn;
  const std::string_view label = warning ? "warning: " : "";
  if (!colours_ || level > LogLevel::warn) {
    return fmt::format("herald: {}{}\n", label, one_line(text));
  }
  const std::string_view colour = warning ? "\033[1;33m" : "\033[1;31m";
  return fmt::format("{}herald: {}\033[0m{}\n", colour, label, one_line(text));
}

bool Console::stderr_has_colours() {
  const char* const no_colour = std::getenv("NO_COLOR");  // no-color.org
  const char* const terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         terminal != nullptr && std::string_view{terminal} != "dumb";
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
