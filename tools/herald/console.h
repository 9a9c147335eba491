// What goes to standard error: one line each, beginning with "herald: ".
#pragma once

#include <cstdint>
#include <string_view>

namespace herald::cli {

enum class LogLevel : std::uint8_t { error, warn, info, debug };

class Console {  // any thread: a line is one write
 public:
  explicit Console(LogLevel level) : level_(level) {}

  void error(std::string_view text) const { note(LogLevel::error, "", text); }
  void warn(std::string_view text) const { note(LogLevel::warn, "warning: ", text); }
  void info(std::string_view text) const { note(LogLevel::info, "", text); }
  void debug(std::string_view text) const { note(LogLevel::debug, "", text); }

 private:
  void note(LogLevel level, std::string_view label, std::string_view text) const;
  LogLevel level_;
};

// To standard error as it is; what cannot be written there cannot be told to anybody.
void write_to_stderr(std::string_view text) noexcept;

}  // namespace herald::cli
