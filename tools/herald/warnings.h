// What is no mistake in a job, but what run will refuse or make nothing of as things stand.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "herald/config.h"
#include "herald/job.h"
#include "herald/result.h"
#include "tools/herald/record_count.h"

namespace herald::cli {

// One line each. Looks at files, and sends nothing.
std::vector<std::string> warnings_of(const Config& config, const AppConfig& app, const Job& job,
                                     const AudienceCount& audience,
                                     std::chrono::system_clock::time_point now);

// Whether the store has no campaign of that name: nothing, or a warning that it could not be asked.
// Errors: exists, damaged_store.
Result<std::vector<std::string>> check_id_is_free(const Config& config, const std::string& id);

}  // namespace herald::cli
