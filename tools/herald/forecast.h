// What a campaign will take and be counted as, told before anything is sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "herald/config.h"
#include "herald/job.h"
#include "tools/herald/record_count.h"

namespace herald::cli {

struct Forecast {
  std::string campaign;
  std::string app;
  int push_type = 0;
  std::size_t body_bytes = 0;
  AudienceCount audience;
  std::uint64_t requests = 0;  // at most: what the ledger drops needs none
  std::uint32_t rate = 0;      // devices per second
  double minutes = 0;          // at that rate
  std::string category;        // as the job says it; empty: the message has none
  std::string effective;       // what the service will take it for
  bool marketing = false;      // counts against the marketing quota
  // Messages a device may get on a day; none where only the app's daily total counts.
  std::optional<std::uint32_t> per_device_and_day;
  std::uint32_t device_daily_cap = 0;
  bool test_message = false;
  bool varies = false;         // messages may differ from record to record
  bool large_windows = false;  // of a live view: its event has the higher limits
  std::vector<std::string> warnings;
};

// `app` is the job's.
Forecast forecast(const Config& config, const AppConfig& app, const Job& job,
                  std::size_t body_bytes, AudienceCount audience);

std::string forecast_table(const Forecast& forecast);  // ends with a newline
std::string forecast_json(const Forecast& forecast);   // one line without a newline

}  // namespace herald::cli
