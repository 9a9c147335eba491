// How many records an audience has, without looking at them.
#pragma once

#include <cstdint>
#include <filesystem>

#include "herald/result.h"

namespace herald::cli {

// Lines; a last one without a newline counts, a byte-order mark alone does not.
// Errors: audience; unsupported for compressed files.
Result<std::uint64_t> count_lines(const std::filesystem::path& file);

}  // namespace herald::cli
