#include "engine/store/rocks_store.h"

#include <fmt/format.h>
#include <pthread.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "engine/base/executor.h"
#include "engine/base/random.h"
#include "engine/store/campaign_record.h"
#include "engine/store/data_dir.h"
#include "engine/store/private_files.h"
#include "engine/store/rocks_format.h"

namespace herald::store {
namespace {

constexpr std::size_t kCommitsQueuedMax = 64;  // one a sender thread, and then some
constexpr std::chrono::seconds kWitnessSyncInterval{1};
constexpr std::string_view kDayPrefix = "day-";
constexpr const char* kCampaigns = "campaigns";
constexpr const char* kMetaKey = "meta";
constexpr const char* kFloorKey = "floor";  // the first sequence number not dropped with old days

class RocksStore final : public Store {
 public:
  RocksStore(const std::filesystem::path& dir, const LedgerConfig& config, Descriptor lock,
             Witness witness)
      : dir_(dir), config_(config), lock_(std::move(lock)), witness_(std::move(witness)) {}
  ~RocksStore() override;

  Result<void> open(const base::Clock& clock);

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
  Result<void> drop_old_days(base::Day today);
  Result<void> check_sequences();
  Result<void> find_next_ids();
  Result<rocksdb::ColumnFamilyHandle*> day_family(base::Day day);
  void write_commits();
  Result<void> write(std::deque<Commit>& commits);
  Error poison(const rocksdb::Status& status);
  Error damaged(std::string_view what) const;
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
  (void)witness_.sync();
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

Result<void> RocksStore::open(const base::Clock& clock) {
  if (auto opened = open_db(); !opened) return opened;
  if (auto read = read_meta(); !read) return read;
  const base::Day today = base::Calendar{.offset = config_.utc_offset}.day(clock.wall());
  if (auto checked = check_sequences(); !checked) return checked;
  if (auto found = find_next_ids(); !found) return found;
  if (auto dropped = drop_old_days(today); !dropped) return dropped;
  writer_ = std::thread{[this] { write_commits(); }};
  pthread_setname_np(writer_.native_handle(), "herald-store");
  return {};
}

Result<void> RocksStore::open_db() {
  const std::string path = (dir_ / "store").string();
  const rocksdb::Options options = db_options(env_.get());

  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(options, path, &names).ok()) {
    std::error_code failed;
    if (std::filesystem::exists(dir_ / "store" / "CURRENT", failed)) {
      return damaged("the list of its parts is not readable");
    }
    names = {rocksdb::kDefaultColumnFamilyName};
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, group_options());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, path, families, &handles, &db);
  if (!status.ok()) {
    if (status.IsCorruption()) return damaged(status.ToString());
    return Error{Errc::disk, fmt::format("{}: cannot open the store ({}): check the disk and the "
                                         "directory's owner",
                                         path, status.ToString())};
  }
  db_.reset(db);
  std::string_view unknown;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view name = names[i];
    if (name == rocksdb::kDefaultColumnFamilyName) {
      default_family_ = handles[i];
    } else if (name == kCampaigns) {
      campaign_family_ = handles[i];
    } else if (name.starts_with(kDayPrefix)) {
      base::Day day = 0;
      std::from_chars(name.data() + kDayPrefix.size(), name.data() + name.size(), day);
      days_[day] = handles[i];
    } else {
      unknown = name;
      db_->DestroyColumnFamilyHandle(handles[i]);  // or closing the database asserts
    }
  }
  if (!unknown.empty()) return damaged(fmt::format("part \"{}\" is of a later version", unknown));
  return {};
}

Result<void> RocksStore::read_meta() {
  std::string bytes;
  const rocksdb::Status status = db_->Get({}, default_family_, kMetaKey, &bytes);
  if (status.ok()) {
    auto meta = decode_meta(bytes);
    if (!meta) return damaged(meta.error().what);
    meta_ = *meta;
    if (campaign_family_ == nullptr) return damaged("its campaigns are gone");
    return {};
  }
  if (!status.IsNotFound()) return damaged(status.ToString());
  if (!days_.empty() || witness_.sequence() != 0) return damaged("its meta record is gone");

  if (campaign_family_ == nullptr) {
    const auto made = db_->CreateColumnFamily(group_options(), kCampaigns, &campaign_family_);
    if (!made.ok()) return poison(made);
  }
  meta_.fingerprint_seed = base::Random::seed_from_kernel();
  const auto put = db_->Put(write_options(true), default_family_, kMetaKey, encode(meta_));
  if (!put.ok()) return poison(put);
  return {};
}

// Group numbers have no gap, and none that was promised is missing.
Result<void> RocksStore::check_sequences() {
  std::string bytes;
  std::uint64_t floor = 1;
  const auto got = db_->Get({}, default_family_, kFloorKey, &bytes);
  if (got.ok()) floor = key_sequence(bytes);
  if (!got.ok() && !got.IsNotFound()) return damaged(got.ToString());
  std::uint64_t expected = floor;
  rocksdb::ReadOptions reading;
  reading.fill_cache = false;
  for (const auto& [day, family] : days_) {
    const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator(reading, family)};
    // Below the floor are days that a crash kept from being dropped: drop_old_days() does it now.
    for (at->Seek(sequence_key(floor)); at->Valid(); at->Next(), ++expected) {
      const std::uint64_t found = key_sequence(at->key());
      if (found != expected) {
        return damaged(fmt::format("commit group {} is followed by {}", expected - 1, found));
      }
    }
    if (!at->status().ok()) return damaged(at->status().ToString());
  }
  next_sequence_ = expected;
  durable_.store(expected - 1, std::memory_order_release);
  if (expected - 1 < witness_.sequence()) {
    return damaged(fmt::format("its log ends at commit group {}, but {} was durable once",
                               expected - 1, witness_.sequence()));
  }
  return {};
}

namespace {

class HighestBatch final : public GroupVisitor {
 public:
  void on_reservation(const ReservationHead& head, std::span<const ReservedToken>,
                      std::span<const DroppedRecord>) override {
    highest = std::max(highest, head.batch);
  }
  void on_settle(const Settle&) override {}
  void on_audience_end(CampaignNumber, std::uint32_t, std::uint64_t) override {}
  BatchId highest = 0;
};

}  // namespace

Result<void> RocksStore::find_next_ids() {
  // Ids rise with the groups, but a batch granted early may be committed late: look at a few.
  HighestBatch batches;
  std::size_t looked_at = 0;
  for (auto day = days_.rbegin(); day != days_.rend() && looked_at < 64; ++day) {
    const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator({}, day->second)};
    for (at->SeekToLast(); at->Valid(); at->Prev()) {
      const rocksdb::Slice value = at->value();
      if (auto read = read_group({value.data(), value.size()}, batches); !read) {
        return damaged(read.error().what);
      }
      if (batches.highest != 0 && ++looked_at >= 64) break;
    }
  }
  next_batch_.store(batches.highest + 1, std::memory_order_relaxed);

  auto all = campaigns();
  if (!all) return all.error();
  CampaignNumber highest = 0;
  for (const CampaignRecord& record : *all) highest = std::max(highest, record.number);
  next_campaign_.store(highest + 1, std::memory_order_relaxed);
  return {};
}

Result<void> RocksStore::drop_old_days(base::Day today) {
  const auto days_kept = std::chrono::ceil<std::chrono::days>(config_.retention).count();
  auto all = campaigns();
  if (!all) return all.error();
  base::Day oldest_needed = today - 1;
  for (const CampaignRecord& record : *all) {
    if (record.state != CampaignState::finished && record.state != CampaignState::cancelled) {
      oldest_needed = std::min(oldest_needed, record.created_day);
    }
  }
  const base::Day keep_from = std::min(oldest_needed, static_cast<base::Day>(today - days_kept));
  while (!days_.empty() && days_.begin()->first < keep_from) {
    rocksdb::ColumnFamilyHandle* family = days_.begin()->second;
    const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator({}, family)};
    at->SeekToLast();
    if (at->Valid()) {
      // The floor first: dropped without it, the day would look like a loss.
      const auto put = db_->Put(write_options(true), default_family_, kFloorKey,
                                sequence_key(key_sequence(at->key()) + 1));
      if (!put.ok()) return poison(put);
    }
    const auto dropped = db_->DropColumnFamily(family);
    if (!dropped.ok()) return poison(dropped);
    db_->DestroyColumnFamilyHandle(family);
    days_.erase(days_.begin());
  }
  return {};
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
  if (!at->status().ok()) return damaged(at->status().ToString());
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
    if (!at->status().ok()) return damaged(at->status().ToString());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const std::filesystem::path& dir,
                                                const LedgerConfig& config,
                                                const base::Clock& clock) {
  auto lock = lock_data_dir(dir, config.min_free);
  if (!lock) return lock.error();
  auto witness = Witness::open(dir / "witness");
  if (!witness) return witness.error();
  auto store = std::make_unique<RocksStore>(dir, config, std::move(*lock), std::move(*witness));
  if (auto opened = store->open(clock); !opened) return opened.error();
  return std::unique_ptr<Store>{std::move(store)};
}

}  // namespace herald::store
