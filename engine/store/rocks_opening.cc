// Opening a store: what is there must be whole, in order, and not less than was promised.
#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <charconv>

#include "engine/base/random.h"
#include "engine/store/campaign_record.h"
#include "engine/store/rocks_format.h"
#include "engine/store/rocks_store_impl.h"

namespace herald::store {
namespace {

constexpr const char* kCampaigns = "campaigns";
constexpr const char* kMetaKey = "meta";
constexpr const char* kFloorKey = "floor";  // the first sequence number not dropped with old days

}  // namespace

Result<void> RocksStore::open(const base::Clock& clock) {
  if (auto opened = open_db(); !opened) return opened;
  if (auto read = read_meta(); !read) return read;
  const base::Day today = base::Calendar{.offset = config_.utc_offset}.day(clock.wall());
  if (auto checked = check_sequences(); !checked) return checked;
  if (auto found = find_next_ids(); !found) return found;
  if (auto dropped = drop_old_days(today); !dropped) return dropped;
  if (auto dropped = drop_old_blocks(clock.wall()); !dropped) return dropped;
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
  base::Day keep_from = std::min(oldest_needed, static_cast<base::Day>(today - days_kept));
  // Nobody has confirmed the clock yet. Were it far ahead, charges that still count would go: those
  // of the last day there are, which lie in its part and, from before its midnight, the one before.
  if (!days_.empty()) keep_from = std::min(keep_from, days_.rbegin()->first - 1);
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
  if (!at->status().ok()) return damaged(at->status().ToString());
  return {};
}

}  // namespace herald::store
