// What this process has cost so far, all its threads together.
#pragma once

#include <sys/resource.h>

namespace herald::bench {

struct Usage {
  double cpu_seconds = 0;  // user and system
  long peak_kib = 0;       // of memory
  long waits = 0;          // times a thread gave its core away, for a lock or for more to do
};

inline Usage usage() {
  rusage of{};
  getrusage(RUSAGE_SELF, &of);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return {seconds(of.ru_utime) + seconds(of.ru_stime), of.ru_maxrss, of.ru_nvcsw};
}

}  // namespace herald::bench
