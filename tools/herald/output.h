// A file, or standard output, that is written in large pieces and says when that failed.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "herald/result.h"

namespace herald::cli {

class Output {  // one thread
 public:
  // Opens, and leaves what is there alone until the first piece is written: so a run can find out
  // beforehand that it will be able to write its results. Errors: usage.
  static Result<Output> open(const std::filesystem::path& file, mode_t mode);
  static Output standard();

  Output(Output&& other) noexcept;
  Output& operator=(Output&&) = delete;
  ~Output();

  void write(std::string_view text) noexcept;  // after a failure, nothing
  // Errors: disk, for any write since the beginning.
  Result<void> close();

 private:
  Output(int fd, std::string name, bool owned) : fd_(fd), name_(std::move(name)), owned_(owned) {}
  void flush() noexcept;

  int fd_;
  std::string name_;
  bool owned_;
  bool truncated_ = false;
  int error_ = 0;  // errno of the first failure
  std::string buffer_;
};

}  // namespace herald::cli
