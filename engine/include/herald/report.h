// What a campaign came to: totals that add up to the records read.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "herald/outcome.h"
#include "herald/result.h"

namespace herald {

enum class CampaignState : std::uint8_t { running, paused, input_error, cancelled, finished };
std::string_view to_string(CampaignState state);

struct Report {
  std::string campaign;
  CampaignState state = CampaignState::running;
  std::uint64_t records = 0;  // read from the audience so far
  std::array<std::uint64_t, kOutcomes> outcomes{};
  std::uint64_t pending = 0;                     // read, no outcome yet
  std::map<std::string, std::uint64_t> reasons;  // "invalid.tokenFormatError" -> count

  struct Requests {
    std::uint64_t sent = 0;     // requests whose last byte went out, retries included
    std::uint64_t retried = 0;  // of those, second and later attempts of a batch
    std::uint64_t failed = 0;   // ended without an answer that accepts anything
  } requests;
  std::uint64_t body_bytes = 0;  // of a request without its tokens
  double seconds = 0;
  std::uint64_t devices_per_second = 0;
  std::uint64_t rate_limited = 0;  // answers 503 and 429
  bool synced = true;              // false under durability = "process"
  std::string pause_reason;        // one line, when paused or input_error
  bool clock_in_doubt = false;     // why it paused, of a campaign of this process; not in the JSON

  std::uint64_t count(Outcome outcome) const { return outcomes[static_cast<std::size_t>(outcome)]; }
};

// Errors: totals_do_not_add_up; the text gives the campaign and both numbers.
Result<void> check_totals(const Report& report);

// One JSON object; the same report gives the same bytes.
std::string to_json(const Report& report);

}  // namespace herald
