// How many records an audience has, and how many of them do not read as one.
#pragma once

#include <cstdint>
#include <vector>

#include "herald/job.h"
#include "herald/outcome.h"
#include "herald/result.h"

namespace herald::cli {

struct MalformedCount {
  Reason reason;
  std::uint64_t count;
  std::uint64_t first;  // number of the first such record
};

struct AudienceCount {
  std::uint64_t records = 0;  // the malformed too
  // The most frequent first. What a record makes of the message is not looked at.
  std::vector<MalformedCount> malformed;

  std::uint64_t malformed_records() const;
};

// Reads all of it, standard input too, as a campaign would. Errors: audience.
Result<AudienceCount> count_records(const AudienceSpec& audience);

}  // namespace herald::cli
