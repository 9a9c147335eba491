// Opens what is read without sending: a store, and the audience that a campaign had.
#pragma once

#include <memory>

#include "engine/audience/reader.h"
#include "engine/store/store.h"
#include "herald/config.h"
#include "herald/result.h"

namespace herald {

// Errors: not_found (no directory yet), store_in_use, disk, damaged_store.
Result<std::unique_ptr<store::Store>> open_store_for_reading(const Config& config);

}  // namespace herald
