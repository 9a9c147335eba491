// Files that RocksDB may read and cannot change, whatever it tries.
#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace herald::store {

// The default environment without its writing half: every call that would make, change, rename or
// remove something fails. OpenForReadOnly promises as much; this holds it to that.
std::unique_ptr<rocksdb::Env> make_read_only_env();

}  // namespace herald::store
