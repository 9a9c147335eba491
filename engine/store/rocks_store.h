// Store over RocksDB, in a data directory that one process owns.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "engine/base/clock.h"
#include "engine/store/store.h"
#include "herald/config.h"

namespace herald::store {

// Gives each of these campaigns its totals: their groups are about to be dropped.
using Summarize = std::function<Result<void>(Store& store, std::vector<CampaignRecord>& campaigns)>;

// Opens, or makes, the store in `dir`: takes its lock, recovers what was written, checks it against
// the witness, drops days that are over, and starts the writer thread, which ends with the store.
// Errors: store_in_use, damaged_store, disk (not writable, or less free space than configured).
Result<std::unique_ptr<Store>> open_rocks_store(const std::filesystem::path& dir,
                                                const LedgerConfig& config,
                                                const base::Clock& clock,
                                                const Summarize& summarize = {});

}  // namespace herald::store
