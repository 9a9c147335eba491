// The files that a run will write: none may be one that it reads.
#pragma once

#include "herald/config.h"
#include "herald/job.h"
#include "herald/result.h"
#include "tools/herald/command_line.h"

namespace herald::cli {

// To be called before any of them is opened: `job` has the audience that will be read. Pipes and
// devices may be named as often as one likes, since nothing of theirs is lost.
// Errors: usage.
Result<void> check_targets(const CommandLine& line, const Config& config, const Job& job);

}  // namespace herald::cli
