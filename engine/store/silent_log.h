// Nowhere for RocksDB's own log. As a file on the store's disk it is a danger: where RocksDB is
// built with assertions, as Debian's is, its file writer aborts the process at the second line that
// cannot be written, and a full or dead disk then ends herald with a signal instead of a line and a
// status.
#pragma once

#include <rocksdb/env.h>

namespace herald::store {

class SilentLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace herald::store
