// [rules]: which of the service's rules only warn, and what the lists of names are extended by.
#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <string_view>

#include "herald/config.h"
#include "herald/result.h"

namespace herald::config {

// Errors: config, with file:line.
Result<void> read_rules(const toml::table& table, const std::filesystem::path& file,
                        RulesConfig& rules);

// As the service writes its names: EXPRESS, MISS_CALL.
bool is_in_capitals(std::string_view name);

}  // namespace herald::config
