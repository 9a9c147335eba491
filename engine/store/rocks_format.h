// How the store lies in RocksDB: its keys, and the options that its use asks for.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/slice.h>

#include <cstdint>
#include <string>

namespace herald::store {

// Commit groups are keyed by their sequence number, big-endian, so that they lie in order.
std::string sequence_key(std::uint64_t sequence);
std::uint64_t key_sequence(const rocksdb::Slice& key);

rocksdb::Options db_options(rocksdb::Env* env);
// Groups are written once, read in order once, and dropped by the day: nothing to compact or cache.
rocksdb::ColumnFamilyOptions group_options();

}  // namespace herald::store
