// How campaigns get on, for people and for programs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "herald/engine.h"
#include "herald/inspect.h"
#include "herald/report.h"

namespace herald::cli {

struct CampaignStatus {
  CampaignSummary campaign;
  double seconds = 0;
  std::uint64_t devices_per_second = 0;  // accepted, over all of that time
  std::optional<Progress> progress;      // of one that runs
};

CampaignStatus status_of(const CampaignSummary& campaign);
CampaignStatus status_of(const CampaignSummary& campaign, const Report& report);
CampaignStatus status_of(const CampaignProgress& campaign);

// Times are shown at the service's offset, as its days are.
std::string status_table(const std::vector<CampaignStatus>& all, std::chrono::minutes offset);
std::string status_text(const CampaignStatus& status, std::chrono::minutes offset);
std::string status_json(const std::vector<CampaignStatus>& all);
std::string status_json(const CampaignStatus& status);

}  // namespace herald::cli
