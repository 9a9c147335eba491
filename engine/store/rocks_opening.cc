// Opening a store: what is there must be whole, in order, and not less than was promised.
#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <rocksdb/table_properties.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/random.h"
#include "engine/store/campaign_record.h"
#include "engine/store/rocks_format.h"
#include "engine/store/rocks_store_impl.h"

namespace herald::store {
Result<void> RocksStore::open(const base::Clock& clock, const Summarize& summarize) {
  if (auto opened = open_db(); !opened) return opened;
  if (auto read = read_meta(); !read) return read;
  const base::Day today = base::Calendar{.offset = config_.utc_offset}.day(clock.wall());
  if (auto checked = check_sequences(); !checked) return checked;
  if (auto found = find_next_ids(); !found) return found;
  if (auto dropped = drop_old_days(today, summarize); !dropped) return dropped;
  if (auto dropped = drop_old_blocks(clock.wall()); !dropped) return dropped;
  writer_ = std::thread{[this] { write_commits(); }};
  pthread_setname_np(writer_.native_handle(), "herald-store");
  return {};
}

namespace {

// Whether a database was made here. One whose making was cut short has neither logs nor tables:
// CURRENT is there before the first log is.
bool has_database(const std::filesystem::path& dir) {
  std::error_code failed;
  if (std::filesystem::exists(dir / "CURRENT", failed)) return true;
  std::filesystem::directory_iterator at{dir, failed};
  for (; !failed && at != std::filesystem::end(at); at.increment(failed)) {
    const auto extension = at->path().extension();
    if (extension == ".log" || extension == ".sst") return true;
  }
  return false;
}

// Whether files there may be written past the page cache; not on every file system.
bool takes_direct_writes(const std::filesystem::path& dir) {
  const int file = ::open(dir.c_str(), O_TMPFILE | O_WRONLY | O_DIRECT | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
  return file >= 0;
}

}  // namespace

Result<void> RocksStore::open_db() {
  const std::string path = (dir_ / "store").string();
  rocksdb::Options options = db_options(env_.get());
  // Tables are written once and read when the ledger is rebuilt: the page cache would only cost a
  // copy, a quarter of what the store takes.
  options.use_direct_io_for_flush_and_compaction = takes_direct_writes(dir_);
  options.listeners = {make_listener()};

  std::vector<std::string> names;
  if (!has_database(dir_ / "store")) {
    // RocksDB would make a new one where its CURRENT is gone, and clear the old one's files away.
    if (witness_.sequence() != 0) return damaged("its meta record is gone, and all of its store");
    names = {rocksdb::kDefaultColumnFamilyName};
  } else if (const auto listed = rocksdb::DB::ListColumnFamilies(options, path, &names);
             !listed.ok()) {
    if (disk_failed(listed)) return unreadable(listed);
    return damaged(fmt::format("the list of its parts is not readable ({})", listed.ToString()));
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, group_options());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, path, families, &handles, &db);
  if (!status.ok()) {
    // A file that the others name and that is gone is damage, as one with other bytes is.
    if (status.IsCorruption() || status.IsPathNotFound() || status.IsInvalidArgument()) {
      return damaged(status.ToString());
    }
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
    } else if (name == kCampaignFamily) {
      campaign_family_ = handles[i];
    } else if (const auto day = family_day(name)) {
      days_[*day] = handles[i];
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
  if (!status.IsNotFound()) return unreadable(status);
  if (!days_.empty() || witness_.sequence() != 0) return damaged("its meta record is gone");

  if (campaign_family_ == nullptr) {
    const auto made = db_->CreateColumnFamily(group_options(), kCampaignFamily, &campaign_family_);
    if (!made.ok()) return poison(made);
  }
  // The witness first: where there are groups there is one, so one that is gone is missed.
  if (auto begun = begin_witness(); !begun) return begun;
  meta_.fingerprint_seed = base::Random::seed_from_kernel();
  const auto put = db_->Put(write_options(true), default_family_, kMetaKey, encode(meta_));
  if (!put.ok()) return poison(put);
  return {};
}

Result<void> RocksStore::begin_witness() {
  auto begun = witness_.write(0);
  if (begun) begun = witness_.sync();
  if (begun) begun = sync_directory(dir_);
  if (!begun) (void)poison(rocksdb::Status::IOError(begun.error().what));
  return begun;
}

namespace {

// The first and last key of a column family that has exactly all numbers between them; nothing if
// that takes reading them one by one. Groups are written once and never deleted one at a time, so
// it is a matter of counting what the tables say they hold.
std::optional<std::pair<std::uint64_t, std::uint64_t>> range_of(rocksdb::DB& db,
                                                                rocksdb::ColumnFamilyHandle* family,
                                                                rocksdb::Iterator& at) {
  rocksdb::TablePropertiesCollection tables;
  std::uint64_t in_memory = 0;
  if (!db.GetPropertiesOfAllTables(family, &tables).ok() ||
      !db.GetIntProperty(family, rocksdb::DB::Properties::kNumEntriesActiveMemTable, &in_memory) ||
      in_memory != 0) {
    return std::nullopt;
  }
  std::uint64_t entries = 0;
  for (const auto& [name, table] : tables) {
    if (table->num_deletions != 0 || table->num_range_deletions != 0) return std::nullopt;
    entries += table->num_entries;
  }
  at.SeekToFirst();
  if (!at.Valid()) return std::nullopt;
  const std::uint64_t first = key_sequence(at.key());
  at.SeekToLast();
  if (!at.Valid()) return std::nullopt;
  const std::uint64_t last = key_sequence(at.key());
  if (last - first + 1 != entries) return std::nullopt;
  return std::pair{first, last};
}

}  // namespace

Result<void> RocksStore::check_day(rocksdb::ColumnFamilyHandle* family, std::uint64_t floor,
                                   std::uint64_t& expected) {
  rocksdb::ReadOptions reading;
  reading.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator(reading, family)};
  // The values of days that are over are not read here: retention may keep thirty days of them. Who
  // needs them reads them, and `herald fsck` reads all.
  if (const auto range = range_of(*db_, family, *at); range && range->first == expected) {
    expected = range->second + 1;
    return {};
  }
  // Below the floor are days that a crash kept from being dropped: drop_old_days() does it now.
  for (at->Seek(sequence_key(floor)); at->Valid(); at->Next(), ++expected) {
    const std::uint64_t found = key_sequence(at->key());
    if (found != expected) {
      return damaged(fmt::format("commit group {} is followed by {}", expected - 1, found));
    }
  }
  if (!at->status().ok()) return unreadable(at->status());
  return {};
}

// Group numbers have no gap, and none that was promised is missing.
Result<void> RocksStore::check_sequences() {
  std::string bytes;
  std::uint64_t floor = 1;
  const auto got = db_->Get({}, default_family_, kFloorKey, &bytes);
  if (got.ok()) floor = key_sequence(bytes);
  if (!got.ok() && !got.IsNotFound()) return unreadable(got);
  std::uint64_t expected = floor;
  for (const auto& [day, family] : days_) {
    if (auto checked = check_day(family, floor, expected); !checked) return checked;
  }
  next_sequence_ = expected;
  durable_.store(expected - 1, std::memory_order_release);
  if (expected - 1 < witness_.sequence()) {
    return damaged(fmt::format("its log ends at commit group {}, but {} was durable once",
                               expected - 1, witness_.sequence()));
  }
  if (!witness_.empty()) return {};
  if (expected > 1) return damaged("its witness is gone");
  return begin_witness();
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
  void on_resumed(CampaignNumber) override {}
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

base::Day RocksStore::first_day_kept(base::Day today, std::span<const CampaignRecord> all) const {
  const auto days_kept = std::chrono::ceil<std::chrono::days>(config_.retention).count();
  base::Day first = std::min(today - 1, static_cast<base::Day>(today - days_kept));
  for (const CampaignRecord& record : all) {
    if (!record.over()) first = std::min(first, record.created_day);
  }
  // A clock that is wrong by a month must not make us forget what was sent today: the last two days
  // there are stay until later ones come.
  if (!days_.empty()) first = std::min(first, days_.rbegin()->first - 1);
  return first;
}

Result<void> RocksStore::drop_old_days(base::Day today, const Summarize& summarize) {
  auto all = campaigns();
  if (!all) return all.error();
  const base::Day first_kept = first_day_kept(today, *all);
  if (days_.empty() || days_.begin()->first >= first_kept) return {};
  if (summarize) {
    std::erase_if(*all, [&](const CampaignRecord& record) {
      return record.totals || !record.over() || record.created_day >= first_kept;
    });
    if (auto summed = summarize(*this, *all); !summed) return summed;
    for (const CampaignRecord& record : *all) {
      if (auto stored = put_campaign(record); !stored) return stored;
    }
  }
  while (!days_.empty() && days_.begin()->first < first_kept) {
    if (auto dropped = drop_first_day(); !dropped) return dropped;
  }
  return {};
}

Result<void> RocksStore::drop_first_day() {
  rocksdb::ColumnFamilyHandle* family = days_.begin()->second;
  {
    const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator({}, family)};
    at->SeekToLast();
    if (at->Valid()) {
      // The floor first: dropped without it, the day would look like a loss.
      const auto put = db_->Put(write_options(true), default_family_, kFloorKey,
                                sequence_key(key_sequence(at->key()) + 1));
      if (!put.ok()) return poison(put);
    }
    if (!at->status().ok()) return unreadable(at->status());
  }
  const auto dropped = db_->DropColumnFamily(family);
  if (!dropped.ok()) return poison(dropped);
  db_->DestroyColumnFamilyHandle(family);
  days_.erase(days_.begin());
  return {};
}

Result<void> RocksStore::drop_old_blocks(base::WallTime now) {
  const auto now_ms = now.time_since_epoch().count();
  const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator({}, default_family_)};
  for (at->Seek(kBlockPrefix); at->Valid() && at->key().starts_with(kBlockPrefix); at->Next()) {
    const auto block = read_block(at->key(), at->value());
    if (!block) return damaged("a block of a card or live view is not readable");
    if (block->until_ms > now_ms) continue;
    const auto deleted = db_->Delete(write_options(false), default_family_, at->key());
    if (!deleted.ok()) return poison(deleted);
  }
  if (!at->status().ok()) return unreadable(at->status());
  return {};
}

}  // namespace herald::store
