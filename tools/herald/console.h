// What goes to standard error: one line each, beginning with "herald: ".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace herald::cli {

// To standard error as it is; what cannot be written there cannot be told to anybody.
void write_to_stderr(std::string_view text) noexcept;

enum class LogLevel : std::uint8_t { error, warn, info, debug };

class Console {  // any thread: a line is one write
 public:
  // Colours where standard error is a terminal that has them (NO_COLOR unset, TERM not "dumb").
  explicit Console(LogLevel level) : Console(level, stderr_has_colours()) {}
  Console(LogLevel level, bool colours) : level_(level), colours_(colours) {}

  void error(std::string_view text) const { write_to_stderr(line(LogLevel::error, text)); }
  void warn(std::string_view text) const { note(LogLevel::warn, text); }
  void info(std::string_view text) const { note(LogLevel::info, text); }
  void debug(std::string_view text) const { note(LogLevel::debug, text); }

  std::string line(LogLevel level, std::string_view text) const;  // as it is written

 private:
  void note(LogLevel level, std::string_view text) const {
    if (level <= level_) write_to_stderr(line(level, text));
  }
  static bool stderr_has_colours();

  LogLevel level_;
  bool colours_;
};

}  // namespace herald::cli
