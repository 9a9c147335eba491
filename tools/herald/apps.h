// The app that a call is about.
#pragma once

#include <string_view>

#include "herald/config.h"
#include "herald/result.h"

namespace herald::cli {

// `asked_by`, a file or a word of the call, begins the error, which names the apps there are.
// Errors: job.
Result<const AppConfig*> find_app(const Config& config, std::string_view name,
                                  std::string_view asked_by);

}  // namespace herald::cli
