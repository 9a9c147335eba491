// Store over RocksDB, in a data directory that one process owns.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/base/clock.h"
#include "engine/store/store.h"
#include "herald/config.h"

namespace herald::store {

// Opens, or makes, the store in `dir`: takes its lock, recovers what was written, checks it against
// the witness, and starts the writer thread, which ends with the store.
// Errors: store_in_use, damaged_store, disk (not writable, or less free space than configured).
Result<std::unique_ptr<Store>> open_rocks_store(const std::filesystem::path& dir,
                                                const LedgerConfig& config,
                                                const base::Clock& clock);

}  // namespace herald::store
