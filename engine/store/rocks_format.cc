#include "engine/store/rocks_format.h"

#include <rocksdb/table.h>

#include <charconv>
#include <memory>

#include "engine/store/silent_log.h"

namespace herald::store {

bool disk_failed(const rocksdb::Status& status) {
  return status.IsIOError() && status.subcode() != rocksdb::Status::SubCode::kPathNotFound;
}

std::string sequence_key(std::uint64_t sequence) {
  std::string key(8, '\0');
  for (int i = 7; i >= 0; --i, sequence >>= 8)
    key[static_cast<std::size_t>(i)] = static_cast<char>(sequence);
  return key;
}

std::uint64_t key_sequence(const rocksdb::Slice& key) {
  std::uint64_t sequence = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    sequence = sequence << 8 | static_cast<unsigned char>(key[i]);
  }
  return sequence;
}

std::optional<base::Day> family_day(std::string_view name) {
  if (!name.starts_with(kDayPrefix)) return std::nullopt;
  base::Day day = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + kDayPrefix.size(), end, day);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return day;
}

std::string block_key(const Block& block) {
  return kBlockPrefix + sequence_key(block.surface) + static_cast<char>(block.kind);
}

std::string block_value(const Block& block) {
  return static_cast<char>(block.reason) + sequence_key(static_cast<std::uint64_t>(block.until_ms));
}

std::optional<Block> read_block(const rocksdb::Slice& key, const rocksdb::Slice& value) {
  constexpr std::size_t kNumber = 8;
  const std::size_t prefix = std::string_view{kBlockPrefix}.size();
  if (key.size() != prefix + kNumber + 1 || value.size() != 1 + kNumber) return std::nullopt;
  const auto kind = static_cast<unsigned char>(key[prefix + kNumber]);
  const auto reason = static_cast<unsigned char>(value[0]);
  if (kind > static_cast<unsigned char>(base::Surface::Kind::activity) ||
      reason > static_cast<unsigned char>(base::SurfaceBlock::activity_gone)) {
    return std::nullopt;
  }
  return Block{key_sequence({key.data() + prefix, kNumber}), static_cast<base::Surface::Kind>(kind),
               static_cast<base::SurfaceBlock>(reason),
               static_cast<std::int64_t>(key_sequence({value.data() + 1, kNumber}))};
}

rocksdb::Options db_options(rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = true;
  options.avoid_flush_during_recovery = false;
  options.fail_if_options_file_error = true;  // else it passes over a sync that failed (I27)
  options.max_total_wal_size = 64 << 20;
  options.max_background_jobs = 2;
  options.max_open_files = 256;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log = std::make_shared<SilentLog>();
  return options;
}

rocksdb::ColumnFamilyOptions group_options() {
  rocksdb::ColumnFamilyOptions options;
  options.disable_auto_compactions = true;
  options.level0_slowdown_writes_trigger = 1 << 30;
  options.level0_stop_writes_trigger = 1 << 30;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = 16 << 20;
  options.max_write_buffer_number = 2;
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace herald::store
