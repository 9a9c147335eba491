// What the verbs that send have in common: they watch a campaign until it stops, and say how it
// ended.
#pragma once

#include <functional>

#include "herald/engine.h"
#include "herald/report.h"
#include "herald/result.h"
#include "tools/herald/command_line.h"
#include "tools/herald/console.h"

namespace herald::cli {

// A closed pipe behind standard output must not end a campaign, and a file that may not grow
// (ulimit -f) is a disk error like others: it ends with its line and 70. To be called first.
void ignore_signals_of_writing();

// Shows progress until the campaign has stopped; its report, checked to add up.
Result<Report> watch(const Campaign& campaign, ProgressMode progress);

// Prints the report, and on standard error why a campaign did not finish. Errors: disk.
Result<void> print_report(const CommandLine& line, const Report& report);
void explain_stop(const Report& report, const Console& console);

}  // namespace herald::cli
