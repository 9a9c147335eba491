#include "herald/report.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <numeric>

namespace herald {

namespace json = boost::json;

std::string_view to_string(CampaignState state) {
  switch (state) {
    case CampaignState::running:
      return "running";
    case CampaignState::paused:
      return "paused";
    case CampaignState::input_error:
      return "input_error";
    case CampaignState::cancelled:
      return "cancelled";
    case CampaignState::finished:
      return "finished";
  }
  return "unknown";
}

Result<void> check_totals(const Report& report) {
  const std::uint64_t sum =
      std::accumulate(report.outcomes.begin(), report.outcomes.end(), report.pending);
  if (sum != report.records) {
    return Error{Errc::totals_do_not_add_up,
                 fmt::format("campaign {}: outcomes and pending come to {}, but {} records were read: "
                             "the store is damaged, or this is a bug worth reporting",
                             report.campaign, sum, report.records)};
  }
  if (report.state == CampaignState::finished && report.pending != 0) {
    return Error{Errc::totals_do_not_add_up,
                 fmt::format("campaign {}: finished, but {} of {} records have no outcome",
                             report.campaign, report.pending, report.records)};
  }
  return {};
}

std::string to_json(const Report& report) {
  json::object outcomes;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    outcomes[json::string_view{kOutcomeNames[i].data(), kOutcomeNames[i].size()}] =
        report.outcomes[i];
  }
  json::object reasons;
  for (const auto& [reason, count] : report.reasons) reasons[reason] = count;
  const std::string_view state = to_string(report.state);
  json::object object{
      {"campaign", report.campaign},
      {"state", json::string_view{state.data(), state.size()}},
      {"records", report.records},
      {"outcomes", std::move(outcomes)},
      {"pending", report.pending},
      {"reasons", std::move(reasons)},
      {"requests",
       json::object{{"sent", report.requests.sent},
                    {"retried", report.requests.retried},
                    {"failed", report.requests.failed}}},
      {"body_bytes", report.body_bytes},
      {"seconds", report.seconds},
      {"devices_per_second", report.devices_per_second},
      {"rate_limited", report.rate_limited},
      {"durability", report.synced ? "sync" : "process"},
  };
  if (!report.pause_reason.empty()) object["pause_reason"] = report.pause_reason;
  return json::serialize(object);
}

}  // namespace herald
