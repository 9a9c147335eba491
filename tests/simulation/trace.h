// What happened, in order, as one number; and for people as lines.
#pragma once

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "tests/support/virtual_executor.h"

namespace herald::simulation {

class Trace {
 public:
  Trace(const test::VirtualExecutor& executor, bool prints)
      : executor_(executor), began_(executor.boot()), prints_(prints) {}

  void note(std::string_view what) {
    const std::int64_t at = (executor_.boot() - began_).count();
    hash_ = XXH3_64bits_withSeed(&at, sizeof at, hash_);
    hash_ = XXH3_64bits_withSeed(what.data(), what.size(), hash_);
    ++events_;
  }
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    const std::string line = fmt::format(format, std::forward<Args>(args)...);
    note(line);
    if (!prints_) return;
    fmt::print("{:11.6f} {:7} {}\n",
               std::chrono::duration<double>(executor_.boot() - began_).count(), executor_.steps(),
               line);
  }
  std::uint64_t hash() const { return hash_; }
  std::uint64_t events() const { return events_; }

 private:
  const test::VirtualExecutor& executor_;
  const base::BootTime began_;
  const bool prints_;
  std::uint64_t hash_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace herald::simulation
