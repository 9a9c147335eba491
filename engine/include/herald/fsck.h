// Checks a whole data directory, and changes nothing in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "herald/config.h"
#include "herald/result.h"

namespace herald {

struct FsckFinding {
  std::string where;    // a file, a campaign, a commit group
  std::string what;     // is wrong with it
  std::string way_out;  // what to do about it
};

struct FsckReport {
  std::uint64_t days = 0;  // of the service, with groups
  std::uint64_t campaigns = 0;
  std::uint64_t groups = 0;
  std::uint64_t batches = 0;  // reserved
  std::uint64_t tokens = 0;   // in them
  std::uint64_t bytes = 0;    // of the groups
  std::vector<FsckFinding> findings;
  std::uint64_t more = 0;  // findings beyond kFsckFindingsMax, counted only

  bool sound() const { return findings.empty(); }
};

inline constexpr std::size_t kFsckFindingsMax = 100;

// Reads all of it: every file's mode, the witness, every table's checksums, every campaign, and
// every commit group of every day, and whether they fit together. Nothing is written, not even
// recovered. No process may own the directory meanwhile.
// Errors: not_found (no data directory), store_in_use, disk. Damage is in the report.
Result<FsckReport> fsck(const Config& config);

}  // namespace herald
