// How many records an audience has.
#pragma once

#include <cstdint>

#include "herald/job.h"
#include "herald/result.h"

namespace herald::cli {

// Reads all of it, standard input too, as a campaign would; malformed records count. Errors:
// audience.
Result<std::uint64_t> count_records(const AudienceSpec& audience);

}  // namespace herald::cli
