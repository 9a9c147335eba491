// The report as people read it; machines get herald::to_json.
#pragma once

#include <string>

#include "herald/report.h"

namespace herald::cli {

// Outcomes that did not occur are left out, but for accepted. Ends with a newline.
std::string report_table(const Report& report);

}  // namespace herald::cli
