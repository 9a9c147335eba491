// RocksDB's files, for their owner alone (I82).
#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace herald::store {

// The default environment, but every file and directory it makes has mode 0600 or 0700 whatever the
// umask. RocksDB 7.8 has a switch for that, Env::SetAllowNonOwnerAccess, which its POSIX
// environment does not heed; the umask itself belongs to the program that links us in.
std::unique_ptr<rocksdb::Env> make_private_env();

}  // namespace herald::store
