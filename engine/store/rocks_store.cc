#include "engine/store/rocks_store.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <cassert>

#include "engine/base/executor.h"
#include "engine/store/campaign_record.h"
#include "engine/store/rocks_format.h"
#include "engine/store/rocks_store_impl.h"

namespace herald::store {
namespace {

constexpr std::size_t kCommitsQueuedMax = 64;  // one a sender thread, and then some
constexpr std::chrono::seconds kWitnessSyncInterval{1};

}  // namespace

RocksStore::~RocksStore() {
  if (writer_.joinable()) {
    {
      const std::lock_guard guard{mutex_};
      closing_ = true;
    }
    queued_.notify_one();
    writer_.join();
  }
  if (db_ == nullptr) return;
  {
    const std::lock_guard guard{mutex_};
    if (!poison_) (void)witness_.sync();  // what failed once is not tried again
  }
  for (auto& [day, family] : days_) db_->DestroyColumnFamilyHandle(family);
  if (campaign_family_ != nullptr) db_->DestroyColumnFamilyHandle(campaign_family_);
  if (default_family_ != nullptr) db_->DestroyColumnFamilyHandle(default_family_);
  (void)db_->Close();
}

Error RocksStore::damaged(std::string_view what) const {
  return {
      Errc::damaged_store,
      fmt::format("{}: {}: sending on could exceed quotas; restore the directory from a copy, or "
                  "wait until its days are over and start with an empty one",
                  dir_.string(), what)};
}

Error RocksStore::unreadable(const rocksdb::Status& status) const {
  if (!disk_failed(status)) return damaged(status.ToString());
  return {Errc::disk, fmt::format("{}: the store cannot be read ({}): repair the disk, then resume",
                                  dir_.string(), status.ToString())};
}

// RocksDB flushes and removes files by itself. What fails there ends the writing too, and RocksDB
// must not try again: after a failed sync the kernel calls the lost pages clean.
class RocksStore::BackgroundErrors final : public rocksdb::EventListener {
 public:
  explicit BackgroundErrors(RocksStore& store) : store_(store) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    if (!error->ok()) (void)store_.poison(*error);
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

 private:
  RocksStore& store_;
};

std::shared_ptr<rocksdb::EventListener> RocksStore::make_listener() {
  return std::make_shared<BackgroundErrors>(*this);
}

// Called once things have gone wrong, from any thread; keeps the first reason.
Error RocksStore::poison(const rocksdb::Status& status) {
  const std::lock_guard guard{mutex_};
  if (!poison_) {
    poison_ = Error{Errc::disk, fmt::format("{}: the store cannot be written ({}): nothing more is "
                                            "sent; repair the disk, then resume",
                                            dir_.string(), status.ToString())};
  }
  return *poison_;
}

Result<rocksdb::ColumnFamilyHandle*> RocksStore::day_family(base::Day day) {
  const std::lock_guard guard{days_mutex_};
  // Days never go back (I36), so groups stay in the order of their numbers across days.
  if (!days_.empty()) day = std::max(day, days_.rbegin()->first);
  if (const auto found = days_.find(day); found != days_.end()) return found->second;
  rocksdb::ColumnFamilyHandle* family = nullptr;
  const auto made =
      db_->CreateColumnFamily(group_options(), fmt::format("{}{}", kDayPrefix, day), &family);
  if (!made.ok()) return poison(made);
  days_[day] = family;
  return family;
}

void RocksStore::commit(std::string group, base::Day day, base::Executor& executor, Done done) {
  {
    const std::lock_guard guard{mutex_};
    assert(queue_.size() < kCommitsQueuedMax);
    queue_.push_back({std::move(group), day, &executor, std::move(done)});
  }
  queued_.notify_one();
}

void RocksStore::write_commits() {
  for (;;) {
    std::deque<Commit> commits;
    {
      std::unique_lock guard{mutex_};
      queued_.wait(guard, [this] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      commits.swap(queue_);
    }
    const std::uint64_t first = next_sequence_;
    Result<void> written = write(commits);
    for (std::size_t i = 0; i < commits.size(); ++i) {
      Result<std::uint64_t> result{first + i};
      if (!written) result = written.error();
      commits[i].executor->post(
          [done = std::move(commits[i].done), result = std::move(result)] { done(result); });
    }
  }
}

Result<void> RocksStore::write(std::deque<Commit>& commits) {
  {
    const std::lock_guard guard{mutex_};
    if (poison_) return *poison_;
  }
  rocksdb::WriteBatch batch;
  for (Commit& commit : commits) {
    auto family = day_family(commit.day);
    if (!family) return family.error();
    const auto put = batch.Put(*family, sequence_key(next_sequence_++), commit.group);
    if (!put.ok()) return poison(put);
  }
  const bool sync = config_.durability == Durability::sync;
  const auto status = db_->Write(write_options(sync), &batch);
  if (!status.ok()) return poison(status);
  if (auto noted = witness_.write(next_sequence_ - 1); !noted)
    return poison(rocksdb::Status::IOError(noted.error().what));
  const auto now = std::chrono::steady_clock::now();
  if (sync && now - witness_synced_ >= kWitnessSyncInterval) {
    if (auto synced = witness_.sync(); !synced)
      return poison(rocksdb::Status::IOError(synced.error().what));
    witness_synced_ = now;
  }
  // Release: pairs with durable_sequence().
  durable_.store(next_sequence_ - 1, std::memory_order_release);
  return {};
}

Result<void> RocksStore::put_campaign(const CampaignRecord& record) {
  {
    const std::lock_guard guard{mutex_};
    if (poison_) return *poison_;
  }
  const auto status = db_->Put(write_options(config_.durability == Durability::sync),
                               campaign_family_, sequence_key(record.number), encode(record));
  if (!status.ok()) return poison(status);
  return {};
}

Result<std::vector<CampaignRecord>> RocksStore::campaigns() {
  std::vector<CampaignRecord> records;
  const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator({}, campaign_family_)};
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    auto record = decode_campaign({at->value().data(), at->value().size()});
    if (!record) return damaged(record.error().what);
    records.push_back(std::move(*record));
  }
  if (!at->status().ok()) return unreadable(at->status());
  return records;
}

Result<void> RocksStore::replay(base::Day from, const Visit& visit) {
  rocksdb::ReadOptions reading;
  reading.fill_cache = false;
  reading.readahead_size = 1 << 20;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  {
    const std::lock_guard guard{days_mutex_};
    for (auto day = days_.lower_bound(from); day != days_.end(); ++day)
      families.push_back(day->second);
  }
  for (rocksdb::ColumnFamilyHandle* family : families) {
    const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator(reading, family)};
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      const rocksdb::Slice value = at->value();
      if (auto visited = visit(key_sequence(at->key()), {value.data(), value.size()}); !visited) {
        return damaged(
            fmt::format("commit group {}: {}", key_sequence(at->key()), visited.error().what));
      }
    }
    if (!at->status().ok()) return unreadable(at->status());
  }
  return {};
}

Result<void> RocksStore::put_blocks(std::span<const Block> blocks) {
  {
    const std::lock_guard guard{mutex_};
    if (poison_) return *poison_;
  }
  rocksdb::WriteBatch batch;
  for (const Block& block : blocks) {
    const auto put = batch.Put(default_family_, block_key(block), block_value(block));
    if (!put.ok()) return poison(put);
  }
  const auto status = db_->Write(write_options(config_.durability == Durability::sync), &batch);
  if (!status.ok()) return poison(status);
  return {};
}

Result<std::vector<Block>> RocksStore::blocks(std::int64_t now_ms) {
  std::vector<Block> blocks;
  const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator({}, default_family_)};
  for (at->Seek(kBlockPrefix); at->Valid() && at->key().starts_with(kBlockPrefix); at->Next()) {
    const auto block = read_block(at->key(), at->value());
    if (!block) return damaged("a block of a card or live view is not readable");
    if (block->until_ms > now_ms) blocks.push_back(*block);
  }
  if (!at->status().ok()) return unreadable(at->status());
  return blocks;
}

Result<std::unique_ptr<Store>> open_rocks_store(const std::filesystem::path& dir,
                                                const LedgerConfig& config,
                                                const base::Clock& clock,
                                                const Summarize& summarize) {
  auto lock = lock_data_dir(dir, config.min_free);
  if (!lock) return lock.error();
  auto witness = Witness::open(dir / "witness");
  if (!witness) return witness.error();
  auto store = std::make_unique<RocksStore>(dir, config, std::move(*lock), std::move(*witness));
  if (auto opened = store->open(clock, summarize); !opened) return opened.error();
  return std::unique_ptr<Store>{std::move(store)};
}

}  // namespace herald::store
