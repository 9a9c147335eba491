// Reads what a data directory knows, without sending: for the verbs report, outcomes and
// ledger dump, and for embedders who ask after the fact.
//
// No Engine may be open on the directory in this process. While another process owns it, what is
// read is a state that it had a moment ago.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "herald/config.h"
#include "herald/outcome.h"
#include "herald/report.h"
#include "herald/result.h"

namespace herald {

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
