// How the store is read without being changed. DB::Open recovers: it writes a new MANIFEST, turns
// the log into tables, and removes what it takes for superfluous. OpenForReadOnly does none of
// that: it reads the same files by the same rules, and keeps what the log holds in memory. Beside a
// writer it silently misses records, so our own lock comes first: there is no writer. A secondary
// instance, or a copy, would cost a second directory and show nothing more.
#include "engine/store/inspection.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <sys/stat.h>

#include <map>
#include <memory>
#include <vector>

#include "engine/store/campaign_record.h"
#include "engine/store/read_only_files.h"
#include "engine/store/rocks_format.h"

namespace herald::store {

const char* const kRestore =
    "restore the data directory from a copy, or wait until its days are over and start with an "
    "empty one";

namespace {

// Who may read what: I82. A link could lead out of the directory.
void inspect_file(const std::filesystem::path& path, uid_t owner, InspectionVisitor& visitor) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return;  // gone since it was listed
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && !S_ISSOCK(status.st_mode)) {
    visitor.on_flaw({path.string(), "is neither a file nor a directory",
                     "remove it: herald makes no such thing"});
    return;
  }
  if ((status.st_mode & 077) != 0) {
    visitor.on_flaw({path.string(),
                     fmt::format("has mode {:04o}: others may use it", status.st_mode & 07777),
                     fmt::format("chmod go= {}", path.string())});
  }
  if (status.st_uid != owner) {
    visitor.on_flaw({path.string(),
                     fmt::format("belongs to user {}, its directory to {}", status.st_uid, owner),
                     fmt::format("chown it to {}, and let one user run herald", owner)});
  }
}

void inspect_files(const std::filesystem::path& dir, InspectionVisitor& visitor) {
  struct stat status {};
  if (stat(dir.c_str(), &status) != 0) return;
  inspect_file(dir, status.st_uid, visitor);
  std::error_code failed;
  std::filesystem::recursive_directory_iterator at{dir, failed};
  for (; !failed && at != std::filesystem::end(at); at.increment(failed)) {
    inspect_file(at->path(), status.st_uid, visitor);
  }
  if (failed) {
    visitor.on_flaw({dir.string(), "cannot be listed: " + failed.message(),
                     "make it readable for the user who runs herald"});
  }
}

class Reader {
 public:
  Reader(const std::filesystem::path& dir, InspectionVisitor& visitor)
      : path_((dir / "store").string()), visitor_(visitor) {}
  ~Reader() {
    for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
    if (db_ != nullptr) (void)db_->Close();
  }

  bool open();
  bool has_meta();
  void read_campaigns();
  void read_blocks();
  void read_groups();
  void check_blocks_of_files();

  std::uint64_t floor() const { return floor_; }
  std::uint64_t last() const { return next_ - 1; }

 private:
  void lost(std::string where, std::string what) {
    visitor_.on_flaw({std::move(where), std::move(what), kRestore});
  }
  void sort_families(const std::vector<std::string>& names);
  void read_floor();
  void read_day(base::Day day, rocksdb::ColumnFamilyHandle* family);

  const std::string path_;
  InspectionVisitor& visitor_;
  std::unique_ptr<rocksdb::Env> env_ = make_read_only_env();
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  rocksdb::ColumnFamilyHandle* default_ = nullptr;
  rocksdb::ColumnFamilyHandle* campaigns_ = nullptr;
  std::map<base::Day, rocksdb::ColumnFamilyHandle*> days_;
  std::uint64_t floor_ = 1;
  std::uint64_t next_ = 1;
};

bool Reader::open() {
  rocksdb::Options options = db_options(env_.get());
  options.create_if_missing = false;
  std::vector<std::string> names;
  if (const auto listed = rocksdb::DB::ListColumnFamilies(options, path_, &names); !listed.ok()) {
    lost(path_, "the list of its parts is not readable: " + listed.ToString());
    return false;
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, group_options());
  rocksdb::DB* db = nullptr;
  const auto opened = rocksdb::DB::OpenForReadOnly(options, path_, families, &handles_, &db);
  if (!opened.ok()) {
    lost(path_, "does not open: " + opened.ToString());
    return false;
  }
  db_.reset(db);
  sort_families(names);
  return true;
}

void Reader::sort_families(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == rocksdb::kDefaultColumnFamilyName) {
      default_ = handles_[i];
    } else if (names[i] == kCampaignFamily) {
      campaigns_ = handles_[i];
    } else if (const auto day = family_day(names[i])) {
      days_[*day] = handles_[i];
    } else {
      visitor_.on_flaw({path_, fmt::format("part \"{}\" is of a later version", names[i]),
                        "use the version that made it"});
    }
  }
}

bool Reader::has_meta() {
  std::string bytes;
  const auto got = db_->Get({}, default_, kMetaKey, &bytes);
  if (got.IsNotFound()) return false;
  if (!got.ok()) {
    lost("meta record", got.ToString());
  } else if (const auto meta = decode_meta(bytes); !meta) {
    lost("meta record", meta.error().what);
  }
  return true;
}

void Reader::read_floor() {
  std::string bytes;
  const auto got = db_->Get({}, default_, kFloorKey, &bytes);
  if (got.IsNotFound()) return;
  if (!got.ok() || bytes.size() != sizeof floor_) {
    lost("floor record", got.ok() ? "has no sequence number" : got.ToString());
    return;
  }
  floor_ = key_sequence(bytes);
}

void Reader::read_campaigns() {
  if (campaigns_ == nullptr) return lost(path_, "its campaigns are gone");
  const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator({}, campaigns_)};
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    const std::uint64_t number = key_sequence(at->key());
    const auto record = decode_campaign({at->value().data(), at->value().size()});
    if (!record) {
      lost(fmt::format("campaign record {}", number), record.error().what);
    } else if (record->number != number) {
      lost(fmt::format("campaign record {}", number),
           fmt::format("is that of campaign {}", record->number));
    } else {
      visitor_.on_campaign(*record);
    }
  }
  if (!at->status().ok()) lost("campaign records", at->status().ToString());
}

void Reader::read_blocks() {
  const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator({}, default_)};
  for (at->Seek(kBlockPrefix); at->Valid() && at->key().starts_with(kBlockPrefix); at->Next()) {
    if (!read_block(at->key(), at->value())) {
      lost("blocks", "a block of a card or live view is not readable");
    }
  }
  if (!at->status().ok()) lost("blocks", at->status().ToString());
}

void Reader::read_day(base::Day day, rocksdb::ColumnFamilyHandle* family) {
  rocksdb::ReadOptions reading;
  reading.fill_cache = false;
  reading.readahead_size = 1 << 20;
  visitor_.on_day(day);
  const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator(reading, family)};
  // Below the floor are days that a crash kept from being dropped; the next start drops them.
  for (at->Seek(sequence_key(floor_)); at->Valid(); at->Next(), ++next_) {
    const std::uint64_t found = key_sequence(at->key());
    if (found != next_) {
      lost(family->GetName(), fmt::format("commit group {} is followed by {}", next_ - 1, found));
      next_ = found;
    }
    visitor_.on_group(found, {at->value().data(), at->value().size()});
  }
  if (!at->status().ok()) lost(family->GetName(), at->status().ToString());
}

void Reader::read_groups() {
  read_floor();
  next_ = floor_;
  for (const auto& [day, family] : days_) read_day(day, family);
}

// Also what no reading above touched: indexes, and tables that hold nothing of today.
void Reader::check_blocks_of_files() {
  if (const auto checked = db_->VerifyChecksum(); !checked.ok()) lost(path_, checked.ToString());
}

void inspect_store(const std::filesystem::path& dir, const Result<std::uint64_t>& witness,
                   Inspected& inspected, InspectionVisitor& visitor) {
  const std::uint64_t promised = witness ? *witness : 0;
  std::error_code failed;
  if (!std::filesystem::exists(dir / "store", failed) && promised == 0) return;  // never began
  Reader reader{dir, visitor};
  if (!reader.open()) return;
  if (!reader.has_meta() && promised != 0) {
    visitor.on_flaw({"meta record", "is gone", kRestore});
  }
  reader.read_campaigns();
  reader.read_blocks();
  reader.read_groups();
  reader.check_blocks_of_files();
  inspected.floor = reader.floor();
  if (reader.last() < promised) {
    visitor.on_flaw({(dir / "store").string(),
                     fmt::format("its log ends at commit group {}, but {} was durable once",
                                 reader.last(), promised),
                     kRestore});
  }
  if (witness && promised == 0 && reader.last() > 0) {
    visitor.on_flaw(
        {(dir / "witness").string(), "is empty, but there are commit groups", kRestore});
  }
}

}  // namespace

Result<Inspected> inspect(const std::filesystem::path& dir, InspectionVisitor& visitor) {
  std::error_code failed;
  if (!std::filesystem::is_directory(dir, failed)) {
    return Error{Errc::not_found, fmt::format("{}: no data directory there: see data_dir in the "
                                              "configuration; `herald run` makes it",
                                              dir.string())};
  }
  Inspected inspected;
  auto lock = lock_for_reading(dir);
  if (!lock) return lock.error();
  if (lock->get() < 0) {
    visitor.on_flaw({(dir / "lock").string(), "is missing",
                     "make sure that no herald runs on this directory: the next one makes it"});
  }
  inspected.lock = std::move(*lock);
  inspect_files(dir, visitor);
  const auto witness = read_witness(dir / "witness");
  if (!witness) {
    visitor.on_flaw({(dir / "witness").string(), "is damaged: " + witness.error().what, kRestore});
  }
  inspect_store(dir, witness, inspected, visitor);
  return inspected;
}

}  // namespace herald::store
