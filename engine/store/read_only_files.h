// Files that RocksDB may read and cannot change, whatever it tries.
#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace herald::store {

// The default environment without its writing half: every call that would make, change, rename or
// remove something fails. OpenForReadOnly promises as much; this holds it to that.
std::unique_ptr<rocksdb::Env> make_read_only_env();

// Says nothing: RocksDB would else begin a LOG in the directory.
std::shared_ptr<rocksdb::Logger> make_silent_logger();

}  // namespace herald::store
