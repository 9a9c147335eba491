// Why a device did or did not get its messages: what it is charged, what blocks it, and how it
// fared in every campaign that the store still knows.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herald/config.h"
#include "herald/outcome.h"
#include "herald/result.h"

namespace herald {

struct DeviceCharge {
  std::string day;      // YYYY-MM-DD, of the service
  std::string klass;    // marketing, form, live_view or total
  std::string surface;  // the form id or activity id, or "-"
  std::uint64_t count;
  std::optional<std::uint64_t> limit;  // a day; empty: none that is a number a day
};

struct DeviceOutcome {
  std::string campaign;
  // From 1; 0 while nobody knows it: the campaign's audience is read in slices, and those before
  // this one neither were read to their end nor can be read now.
  std::uint64_t record;
  std::optional<Outcome> outcome;  // empty: pending
  std::string reason;              // "" where there is none
  std::string surface;             // the form id or activity id, or "-"
  std::chrono::system_clock::time_point time;
  std::string request_id;  // the service's; "" where it was not asked
};

struct DeviceAccount {
  std::string app;
  std::uint64_t fingerprint = 0;  // what its ledger knows the device by
  std::string suppressed;         // token_gone, notifications_off, inactive, or ""
  std::string suppressed_until;   // YYYY-MM-DD; "" for ever
  std::vector<DeviceCharge> charges;
  std::vector<DeviceOutcome> outcomes;  // in the order of the campaigns and records
  // Campaigns whose audience could not be read again: of those only what was sent is known.
  std::vector<std::string> unread;
};

// One account for each app of the configuration. Reads the audiences of all campaigns in the store.
// No Engine may be open on the directory. Errors: not_found, disk, damaged_store, usage.
Result<std::vector<DeviceAccount>> explain(const Config& config, std::string_view token);

}  // namespace herald
