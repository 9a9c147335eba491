// The parts of the public report that need nothing but itself.
#include "herald/report.h"

#include <fmt/format.h>

#include <numeric>

#include "engine/base/escape.h"

namespace herald {
namespace {

constexpr std::array<std::string_view, 5> kStateNames{"running", "paused", "input_error",
                                                      "cancelled", "finished"};
static_assert(kStateNames.size() == static_cast<std::size_t>(CampaignState::finished) + 1);

void append_outcomes(std::string& out, const Report& report) {
  out += "\"outcomes\":{";
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    out += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", kOutcomeNames[i], report.outcomes[i]);
  }
  out += '}';
}

void append_reasons(std::string& out, const Report& report) {
  out += "\"reasons\":{";
  std::string_view comma;
  for (const auto& [reason, count] : report.reasons) {
    out += comma;
    base::append_json(out, reason);
    out += fmt::format(":{}", count);
    comma = ",";
  }
  out += '}';
}

}  // namespace

std::string_view to_string(CampaignState state) {
  return kStateNames[static_cast<std::size_t>(state)];
}

Result<void> check_totals(const Report& report) {
  const std::uint64_t ended =
      std::accumulate(report.outcomes.begin(), report.outcomes.end(), std::uint64_t{0});
  if (ended + report.pending == report.records) return {};
  return Error{Errc::totals_do_not_add_up,
               fmt::format("campaign {}: {} records were read, but {} have an outcome and {} are "
                           "pending; keep the data directory and report this",
                           report.campaign, report.records, ended, report.pending)};
}

std::string to_json(const Report& report) {
  std::string out = "{\"campaign\":";
  base::append_json(out, report.campaign);
  out += fmt::format(",\"state\":\"{}\",\"records\":{},", to_string(report.state), report.records);
  append_outcomes(out, report);
  out += fmt::format(",\"pending\":{},", report.pending);
  append_reasons(out, report);
  out += fmt::format(",\"requests\":{{\"sent\":{},\"retried\":{},\"failed\":{}}}",
                     report.requests.sent, report.requests.retried, report.requests.failed);
  out += fmt::format(",\"body_bytes\":{},\"seconds\":{:.3f},\"devices_per_second\":{}",
                     report.body_bytes, report.seconds, report.devices_per_second);
  out += fmt::format(",\"rate_limited\":{},\"durability\":\"{}\"", report.rate_limited,
                     report.synced ? "sync" : "process");
  if (!report.pause_reason.empty()) {
    out += ",\"pause_reason\":";
    base::append_json(out, report.pause_reason);
  }
  return out + '}';
}

}  // namespace herald
