// The database under a store, opened without it: for damage that only a fault could make.
#pragma once

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/store/support.h"

namespace herald::store {

class Raw {
 public:
  explicit Raw(const std::filesystem::path& dir) {
    const std::string path = (dir / "store").string();
    std::vector<std::string> names;
    EXPECT_TRUE(rocksdb::DB::ListColumnFamilies({}, path, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names)
      families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
    rocksdb::DB* db = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open({}, path, families, &handles_, &db).ok());
    db_.reset(db);
  }
  ~Raw() {
    for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }
  rocksdb::ColumnFamilyHandle* family(const std::string& name) {
    for (auto* handle : handles_) {
      if (handle->GetName() == name) return handle;
    }
    ADD_FAILURE() << "no column family " << name;
    return nullptr;
  }
  void put(const std::string& family_name, const std::string& key, const std::string& value) {
    EXPECT_TRUE(db_->Put({}, family(family_name), key, value).ok());
  }
  void remove(const std::string& family_name, const std::string& key) {
    EXPECT_TRUE(db_->Delete({}, family(family_name), key).ok());
  }
  void make_family(const std::string& name) {
    rocksdb::ColumnFamilyHandle* made = nullptr;
    EXPECT_TRUE(db_->CreateColumnFamily({}, name, &made).ok());
    handles_.push_back(made);
  }

 private:
  Umask umask_{077};
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

inline std::string key(std::uint64_t sequence) {
  std::string bytes(8, '\0');
  for (std::size_t i = 8; i-- > 0; sequence >>= 8) bytes[i] = static_cast<char>(sequence & 0xff);
  return bytes;
}

}  // namespace herald::store
