// One function a verb: does it, writes to standard output, and gives the exit status.
// Errors are the caller's to print.
#pragma once

#include "herald/result.h"
#include "tools/herald/command_line.h"
#include "tools/herald/console.h"

namespace herald::cli {

Result<int> run(const CommandLine& line, const Console& console);
Result<int> resume(const CommandLine& line, const Console& console);
Result<int> resend_ambiguous(const CommandLine& line, const Console& console);
Result<int> check(const CommandLine& line, const Console& console);
Result<int> jwt(const CommandLine& line);
Result<int> outcomes(const CommandLine& line);
Result<int> report(const CommandLine& line);
Result<int> explain(const CommandLine& line);
Result<int> status(const CommandLine& line);
Result<int> pause(const CommandLine& line);
Result<int> cancel(const CommandLine& line);
Result<int> ledger_dump(const CommandLine& line);
Result<int> fsck(const CommandLine& line);
Result<int> completion(const CommandLine& line);
Result<int> man(const CommandLine& line);

}  // namespace herald::cli
