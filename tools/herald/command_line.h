// The words of a call of `herald`, taken apart and checked; nothing is opened yet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "herald/result.h"
#include "tools/herald/console.h"

namespace herald::cli {

enum class Verb : std::uint8_t {
  run,
  resume,
  resend_ambiguous,
  check,
  jwt,
  status,
  pause,
  cancel,
  outcomes,
  report,
  explain,
  ledger_dump,
  fsck,
  completion,
  man
};
enum class ProgressMode : std::uint8_t { automatic, bar, plain, none };
enum class OutcomeFormat : std::uint8_t { jsonl, tsv };
enum class Shell : std::uint8_t { bash, zsh, fish };

struct CommandLine {
  Verb verb = Verb::run;
  // run, check: the job file; report, outcomes, pause, cancel, resend-ambiguous: the campaign;
  // status, resume: the campaign, or none: all; jwt: the app; explain: the token
  std::string subject;

  // Common, before or after the verb.
  std::filesystem::path config = "conf/herald.toml";
  LogLevel log_level = LogLevel::warn;
  bool json = false;

  // run
  std::optional<std::filesystem::path> audience;  // instead of the job's
  std::optional<std::filesystem::path> report_file;
  std::optional<std::filesystem::path> outcomes_file;
  ProgressMode progress = ProgressMode::automatic;  // resume and resend-ambiguous, too

  // outcomes
  bool all = false;
  OutcomeFormat format = OutcomeFormat::jsonl;

  // completion
  Shell shell = Shell::bash;

  // ledger dump
  std::filesystem::path tokens;  // empty: none
};

struct Printed {  // --help, --version: print this, done
  std::string text;
};

using Parsed = std::variant<CommandLine, Printed>;

// Errors: usage; unsupported for verbs of the contract that this version does not have.
Result<Parsed> parse_command_line(int argc, const char* const* argv);

}  // namespace herald::cli
