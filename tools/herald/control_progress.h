// The progress of running campaigns, as it goes through the control socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herald/engine.h"

namespace herald::cli {

// {"campaigns":[{"campaign":…,"app":…,"created_ms":…,"state":…,…},…]}
std::string to_json(const std::vector<CampaignProgress>& campaigns);
// Nothing, when it is not that.
std::optional<std::vector<CampaignProgress>> read_progress(std::string_view json);

}  // namespace herald::cli
