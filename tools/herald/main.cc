// The program: takes the call apart, does the verb, prints at most one error.
#include <sys/resource.h>

#include <variant>

#include "tools/herald/command_line.h"
#include "tools/herald/console.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/output.h"
#include "tools/herald/verbs.h"

namespace herald::cli {
namespace {

// No key, token or device in a core file (I80). One byte rather than none: Linux lets a limit of 0
// pass where cores go to a pipe, but takes 1 as a refusal (do_coredump in fs/coredump.c). Unlike
// PR_SET_DUMPABLE it leaves /proc to the owner.
void forbid_core_files() {
  const rlimit one{1, 1};
  setrlimit(RLIMIT_CORE, &one);
}

Result<int> perform(const CommandLine& line, const Console& console) {
  switch (line.verb) {
    case Verb::run:
      return run(line, console);
    case Verb::resume:
      return resume(line, console);
    case Verb::resend_ambiguous:
      return resend_ambiguous(line, console);
    case Verb::check:
      return check(line, console);
    case Verb::jwt:
      return jwt(line);
    case Verb::status:
      return status(line);
    case Verb::pause:
      return pause(line);
    case Verb::cancel:
      return cancel(line);
    case Verb::outcomes:
      return outcomes(line);
    case Verb::report:
      return report(line);
    case Verb::ledger_dump:
      return ledger_dump(line);
    case Verb::explain:
      return explain(line);
    case Verb::fsck:
      return fsck(line);
    case Verb::completion:
      return completion(line);
    case Verb::man:
      return man(line);
  }
  return kUsage;
}

Result<int> print(const Printed& printed) {
  Output out = Output::standard();
  out.write(printed.text);
  if (const auto written = out.close(); !written) return written.error();
  return kFinished;
}

int main(int argc, char** argv) {
  forbid_core_files();
  const auto parsed = parse_command_line(argc, argv);
  LogLevel level = LogLevel::warn;
  Result<int> status = kUsage;
  if (!parsed) {
    status = parsed.error();
  } else if (const auto* printed = std::get_if<Printed>(&*parsed)) {
    status = print(*printed);
  } else {
    const auto& line = std::get<CommandLine>(*parsed);
    level = line.log_level;
    status = perform(line, Console(level));
  }
  if (status) return *status;
  Console(level).error(status.error().what);
  return exit_status(status.error().code);
}

}  // namespace
}  // namespace herald::cli

int main(int argc, char** argv) { return herald::cli::main(argc, argv); }
