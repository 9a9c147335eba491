#include "engine/store/private_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/file_system.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace herald::store {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

// A new file is private from the first moment: RocksDB, which makes it with the process's umask,
// finds it there. What is wrong with the path RocksDB says itself.
void begin_private(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
}

IOStatus keep_private(const IOStatus& made, const std::string& path, mode_t mode) {
  if (!made.ok() || chmod(path.c_str(), mode) == 0) return made;
  return IOStatus::IOError(
      fmt::format("{}: cannot make it private: {}", path, std::strerror(errno)));
}

class PrivateFiles final : public rocksdb::FileSystemWrapper {
 public:
  PrivateFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "herald.PrivateFiles"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<FSWritableFile>* file, IODebugContext* debug) override {
    begin_private(path);
    return keep_private(target()->NewWritableFile(path, options, file, debug), path, 0600);
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<FSWritableFile>* file,
                              IODebugContext* debug) override {
    begin_private(path);
    return keep_private(target()->ReopenWritableFile(path, options, file, debug), path, 0600);
  }
  IOStatus NewLogger(const std::string& path, const IOOptions& options,
                     std::shared_ptr<rocksdb::Logger>* logger, IODebugContext* debug) override {
    begin_private(path);
    return keep_private(target()->NewLogger(path, options, logger, debug), path, 0600);
  }
  IOStatus LockFile(const std::string& path, const IOOptions& options, rocksdb::FileLock** lock,
                    IODebugContext* debug) override {
    begin_private(path);
    return keep_private(target()->LockFile(path, options, lock, debug), path, 0600);
  }
  IOStatus CreateDir(const std::string& path, const IOOptions& options,
                     IODebugContext* debug) override {
    return keep_private(target()->CreateDir(path, options, debug), path, 0700);
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& options,
                              IODebugContext* debug) override {
    return keep_private(target()->CreateDirIfMissing(path, options, debug), path, 0700);
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_private_env() {
  return rocksdb::NewCompositeEnv(std::make_shared<PrivateFiles>());
}

}  // namespace herald::store
