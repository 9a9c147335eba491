// What is read without sending: the same functions for a store that was opened to be read, for an
// engine's own, and for one in another process.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/store/store.h"
#include "herald/config.h"
#include "herald/explain.h"
#include "herald/inspect.h"
#include "herald/outcome.h"
#include "herald/report.h"
#include "herald/result.h"

namespace herald {

// Errors: not_found (no directory yet), store_in_use, disk, damaged_store.
Result<std::unique_ptr<store::Store>> open_store_for_reading(const Config& config);

// Any thread. Reads groups while others are written: what is in it is a state that the store had.
class Reading {
 public:
  // `abandoned`: no process runs the store's campaigns, so what is unanswered stays so.
  Reading(store::Store& store, const Config& config, bool abandoned)
      : store_(store), config_(config), abandoned_(abandoned) {}

  // What the functions of herald/inspect.h and herald/explain.h say of themselves holds for these.
  // All but those that are named: what is not asked for is not counted.
  Result<std::vector<CampaignSummary>> campaigns(std::span<const std::string> but = {}) const;
  Result<Report> report(std::string_view campaign) const;
  Result<void> outcomes(std::string_view campaign, bool all, OutcomeSink& sink) const;
  Result<void> ledger(const std::filesystem::path& tokens,
                      const std::function<void(const LedgerLine&)>& line) const;
  Result<std::vector<DeviceAccount>> explain(std::string_view token) const;

  // Errors: not_found, disk, damaged_store.
  Result<store::CampaignRecord> record(std::string_view campaign) const;

 private:
  store::Store& store_;
  const Config& config_;
  const bool abandoned_;
};

CampaignSummary summary_of(const store::CampaignRecord& record, const Report& report);

}  // namespace herald
