// A job with everything that is wrong with it, for `herald check`; Job::parse tells the first only.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herald/job.h"
#include "herald/result.h"

namespace herald::message {

struct JobCheck {
  std::optional<Job> job;             // there if `errors` is empty
  std::vector<Error> errors;          // job or unsupported; by line
  std::vector<std::string> warnings;  // one line each, by line
};

// Lines are `FILE:LINE: /pointer: text`. `file` need not exist.
JobCheck check_job(std::string_view json, const std::filesystem::path& file,
                   const RulesConfig& rules = {});

// Errors: job, when it cannot be read or is too large to be one.
Result<std::string> read_job_file(const std::filesystem::path& file);

}  // namespace herald::message
