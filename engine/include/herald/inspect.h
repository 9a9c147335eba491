// Reads what a data directory knows, without sending: for the verbs report, outcomes and
// ledger dump, and for embedders who ask after the fact.
//
// No process may own the directory: an Engine that is open on it has the same as methods.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "herald/config.h"
#include "herald/outcome.h"
#include "herald/report.h"
#include "herald/result.h"

namespace herald {

// A campaign in a line.
struct CampaignSummary {
  std::string id;
  std::string app;
  std::chrono::system_clock::time_point created;
  CampaignState state = CampaignState::running;
  std::uint64_t records = 0;  // read so far
  std::uint64_t accepted = 0;
  std::uint64_t pending = 0;
  std::string pause_reason;  // one line, when paused or input_error
  bool forgotten = false;    // older than the retention: its numbers are gone
};

// All there are, in the order they were submitted. Errors: not_found (no directory yet), disk,
// damaged_store, store_in_use; the same for those below.
Result<std::vector<CampaignSummary>> read_campaigns(const Config& config);

// What is pending of a paused campaign, or of one that a process left when it died, will not be
// sent: its state is `cancelled` from now on. Errors: not_found; usage, when it has finished or was
// cancelled before.
Result<Report> cancel_campaign(const Config& config, std::string_view campaign);

// What Campaign::report() said last, or would say now.
// Errors: not_found, disk, damaged_store.
Result<Report> read_report(const Config& config, std::string_view campaign);

// Every record that was not simply accepted, or every record with `all`, in the order of the
// audience. Records that have no outcome yet are left out. The sink is called by this thread
// only, before the call returns. Tokens come from the audience file, so that must still be there.
// Errors: not_found, audience (gone, or changed since), disk, damaged_store.
Result<void> read_outcomes(const Config& config, std::string_view campaign, bool all,
                           OutcomeSink& sink);

// How often a device is charged on a day, in a class.
struct LedgerLine {
  std::string day;            // YYYY-MM-DD, of the service
  std::uint64_t fingerprint;  // what the ledger knows a device by
  std::string_view token;     // valid during the call; empty: unknown; "-": test messages
  std::string_view klass;     // marketing, form, live_view, test or total; valid for ever
  std::string surface;        // the form id or activity id, or "-"
  std::uint64_t count;
};

// The charges of the days that still count; test messages are counted by project, not by device.
// The ledger knows no tokens, only fingerprints; with a
// file of tokens, one a line, those that are charged are named.
// Errors: audience (the token file), disk, damaged_store.
Result<void> read_ledger(const Config& config, const std::filesystem::path& tokens,
                         const std::function<void(const LedgerLine&)>& line);

}  // namespace herald
