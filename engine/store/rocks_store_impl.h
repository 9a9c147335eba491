// The store in RocksDB: rocks_store.cc writes and reads it, rocks_opening.cc opens and checks it.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/store/data_dir.h"
#include "engine/store/private_files.h"
#include "engine/store/rocks_store.h"
#include "engine/store/store.h"
#include "herald/config.h"

namespace herald::store {

class RocksStore final : public Store {
 public:
  RocksStore(const std::filesystem::path& dir, const LedgerConfig& config, Descriptor lock,
             Witness witness)
      : dir_(dir), config_(config), lock_(std::move(lock)), witness_(std::move(witness)) {}
  ~RocksStore() override;

  Result<void> open(const base::Clock& clock, const Summarize& summarize);

  void commit(std::string group, base::Day day, base::Executor& executor, Done done) override;
  std::uint64_t durable_sequence() const override {
    // Acquire: whoever sees the number may act on what was written under it.
    return durable_.load(std::memory_order_acquire);
  }
  BatchId new_batch_id() override {
    return next_batch_.fetch_add(1, std::memory_order_relaxed);  // only has to be unique
  }
  Result<void> put_campaign(const CampaignRecord& record) override;
  CampaignNumber new_campaign_number() override {
    return next_campaign_.fetch_add(1, std::memory_order_relaxed);  // only has to be unique
  }
  Result<std::vector<CampaignRecord>> campaigns() override;
  Result<void> put_blocks(std::span<const Block> blocks) override;
  Result<std::vector<Block>> blocks(std::int64_t now_ms) override;
  Result<void> replay(base::Day from, const Visit& visit) override;
  const Meta& meta() const override { return meta_; }

 private:
  struct Commit {
    std::string group;
    base::Day day;
    base::Executor* executor;
    Done done;
  };

  Result<void> open_db();
  Result<void> read_meta();
  Result<void> begin_witness();
  base::Day first_day_kept(base::Day today, std::span<const CampaignRecord> all) const;
  Result<void> drop_old_days(base::Day today, const Summarize& summarize);
  Result<void> drop_first_day();
  Result<void> drop_old_blocks(base::WallTime now);
  Result<void> check_sequences();
  Result<void> check_day(rocksdb::ColumnFamilyHandle* family, std::uint64_t floor,
                         std::uint64_t& expected);
  Result<void> find_next_ids();
  Result<rocksdb::ColumnFamilyHandle*> day_family(base::Day day);
  void write_commits();
  Result<void> write(std::deque<Commit>& commits);
  class BackgroundErrors;
  std::shared_ptr<rocksdb::EventListener> make_listener();
  Error poison(const rocksdb::Status& status);
  Error damaged(std::string_view what) const;
  Error unreadable(const rocksdb::Status& status) const;
  rocksdb::WriteOptions write_options(bool sync) const {
    rocksdb::WriteOptions options;
    options.sync = sync;
    return options;
  }

  const std::filesystem::path dir_;
  const LedgerConfig config_;
  Descriptor lock_;
  Meta meta_;
  std::unique_ptr<rocksdb::Env> env_ = make_private_env();
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* default_family_ = nullptr;
  rocksdb::ColumnFamilyHandle* campaign_family_ = nullptr;

  std::atomic<std::uint64_t> durable_{0};
  std::atomic<BatchId> next_batch_{1};
  std::atomic<CampaignNumber> next_campaign_{1};

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<Commit> queue_;
  bool closing_ = false;
  std::optional<Error> poison_;  // the first failure: nothing is written after it (I27)

  // Guarded by days_mutex_: the writer adds days while a report reads them; none goes until the
  // end.
  std::mutex days_mutex_;
  std::map<base::Day, rocksdb::ColumnFamilyHandle*> days_;

  // The writer thread's, and before it starts open()'s.
  Witness witness_;
  std::uint64_t next_sequence_ = 1;
  std::chrono::steady_clock::time_point witness_synced_{};

  std::thread writer_;
};

}  // namespace herald::store
