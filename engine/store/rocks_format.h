// How the store lies in RocksDB: its keys, and the options that its use asks for.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/slice.h>
#include <rocksdb/status.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/store/store.h"

namespace herald::store {

// What a failed reading says: the disk did not give its bytes, which may all be there. Else, a file
// that is gone included, they are not what was written.
bool disk_failed(const rocksdb::Status& status);

// Commit groups are keyed by their sequence number, big-endian, so that they lie in order.
std::string sequence_key(std::uint64_t sequence);
std::uint64_t key_sequence(const rocksdb::Slice& key);

// Column families, and the keys of the default one.
inline constexpr const char* kCampaignFamily = "campaigns";
inline constexpr std::string_view kDayPrefix = "day-";
std::optional<base::Day> family_day(std::string_view name);
inline constexpr const char* kMetaKey = "meta";
inline constexpr const char* kFloorKey = "floor";  // the first sequence number not dropped

// Blocks lie in the default column family: what is blocked is the key, so a later block of the same
// takes the place of an earlier one.
inline constexpr const char* kBlockPrefix = "block/";
std::string block_key(const Block& block);
std::string block_value(const Block& block);
std::optional<Block> read_block(const rocksdb::Slice& key, const rocksdb::Slice& value);

rocksdb::Options db_options(rocksdb::Env* env);
// Groups are written once, read in order once, and dropped by the day: nothing to compact or cache.
rocksdb::ColumnFamilyOptions group_options();

}  // namespace herald::store
