// A device's account for people, and for programs.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "herald/explain.h"

namespace herald::cli {

// What an outcome and its reason mean, in a sentence; "" where the names say it all.
std::string_view meaning_of(Outcome outcome, std::string_view reason);

// Times are shown at the service's offset, as its days are.
std::string explain_text(const std::vector<DeviceAccount>& accounts, std::chrono::minutes offset);
std::string explain_json(const std::vector<DeviceAccount>& accounts);

}  // namespace herald::cli
