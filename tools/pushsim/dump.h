// What was counted, as a JSON text for --dump.
#pragma once

#include <string>

#include "tools/pushsim/service.h"

namespace pushsim {

std::string dump_json(const Service& service);

// Writes the files that the options ask for, each at once. Gives an empty string, or what failed.
std::string write_dumps(const Service& service);

}  // namespace pushsim
