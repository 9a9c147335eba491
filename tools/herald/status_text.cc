#include "tools/herald/status_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/escape.h"
#include "tools/herald/text.h"

namespace herald::cli {
namespace {

std::string time_text(std::chrono::system_clock::time_point time, std::chrono::minutes offset) {
  const auto local = std::chrono::floor<std::chrono::seconds>(time) + offset;
  return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(local)));
}

std::string json_text(std::string_view text) {
  std::string out;
  base::append_json(out, text);
  return out;
}

std::string count_text(const CampaignSummary& campaign, std::uint64_t count) {
  return campaign.forgotten ? "-" : grouped(count);
}

std::uint64_t settled(const CampaignSummary& campaign) {
  return campaign.records - std::min(campaign.records, campaign.pending);
}

// How much of the audience is read and settled; as the progress bar has it.
std::string done_text(const Progress& now) {
  if (now.bytes_total == 0 || now.records == 0) return "";
  const double read =
      std::min(1.0, static_cast<double>(now.bytes_read) / static_cast<double>(now.bytes_total));
  const double share = read * static_cast<double>(now.settled) / static_cast<double>(now.records);
  return fmt::format(", {}% of the audience", static_cast<int>(share * 100));
}

void append_line(std::string& out, std::string_view label, std::string_view text) {
  out += fmt::format("{:<12}{}\n", label, text);
}

}  // namespace

CampaignStatus status_of(const CampaignSummary& campaign) { return {campaign, 0, 0, {}}; }

CampaignStatus status_of(const CampaignSummary& campaign, const Report& report) {
  return {campaign, report.seconds, report.devices_per_second, {}};
}

CampaignStatus status_of(const CampaignProgress& campaign) {
  const Progress& now = campaign.progress;
  CampaignStatus status;
  status.campaign.id = campaign.id;
  status.campaign.app = campaign.app;
  status.campaign.created = campaign.created;
  status.campaign.state = now.state;
  status.campaign.records = now.records;
  status.campaign.accepted = now.accepted;
  status.campaign.pending = now.records - std::min(now.records, now.settled);
  status.seconds = now.seconds;
  if (now.seconds > 0) {
    status.devices_per_second =
        static_cast<std::uint64_t>(static_cast<double>(now.accepted) / now.seconds);
  }
  status.progress = now;
  return status;
}

std::string status_table(const std::vector<CampaignStatus>& all, std::chrono::minutes offset) {
  std::size_t id = std::string_view{"campaign"}.size();
  std::size_t app = std::string_view{"app"}.size();
  for (const CampaignStatus& each : all) {
    id = std::max(id, each.campaign.id.size());
    app = std::max(app, one_line(each.campaign.app).size());
  }
  const auto row = [&](const auto& name, const auto& of, const auto& state, const auto& records,
                       const auto& accepted, const auto& pending, const auto& created) {
    return fmt::format("{:<{}}  {:<{}}  {:<11}  {:>13}  {:>13}  {:>13}  {}\n", name, id, of, app,
                       state, records, accepted, pending, created);
  };
  std::string out = row("campaign", "app", "state", "records", "accepted", "pending", "created");
  for (const CampaignStatus& each : all) {
    const CampaignSummary& campaign = each.campaign;
    out += row(campaign.id, one_line(campaign.app), to_string(campaign.state),
               count_text(campaign, campaign.records), count_text(campaign, campaign.accepted),
               count_text(campaign, campaign.pending), time_text(campaign.created, offset));
  }
  return out;
}

std::string status_text(const CampaignStatus& status, std::chrono::minutes offset) {
  const CampaignSummary& campaign = status.campaign;
  std::string state{to_string(campaign.state)};
  if (!campaign.pause_reason.empty()) state += ": " + one_line(campaign.pause_reason);
  std::string out;
  append_line(out, "campaign", campaign.id);
  append_line(out, "app", one_line(campaign.app));
  append_line(out, "state", state);
  append_line(out, "created", time_text(campaign.created, offset));
  append_line(out, "records", grouped(campaign.records));
  append_line(out, "settled",
              grouped(settled(campaign)) + (status.progress ? done_text(*status.progress) : ""));
  append_line(out, "accepted", grouped(campaign.accepted));
  append_line(out, "pending", grouped(campaign.pending));
  append_line(out, "rate", fmt::format("{} devices/s", grouped(status.devices_per_second)));
  append_line(out, "time", duration_text(status.seconds));
  if (status.progress && !status.progress->trouble.empty()) {
    append_line(out, "trouble", one_line(status.progress->trouble));
  }
  return out;
}

std::string status_json(const std::vector<CampaignStatus>& all) {
  std::string out = "[";
  for (const CampaignStatus& each : all) {
    if (out.size() > 1) out += ',';
    const CampaignSummary& campaign = each.campaign;
    const auto created =
        std::chrono::floor<std::chrono::milliseconds>(campaign.created.time_since_epoch()).count();
    out += fmt::format(R"({{"campaign":{},"app":{},"state":"{}","created_ms":{})",
                       json_text(campaign.id), json_text(campaign.app), to_string(campaign.state),
                       created);
    if (!campaign.forgotten) {
      out += fmt::format(R"(,"records":{},"settled":{},"accepted":{},"pending":{})",
                         campaign.records, settled(campaign), campaign.accepted, campaign.pending);
    }
    if (!campaign.pause_reason.empty()) {
      out += fmt::format(R"(,"pause_reason":{})", json_text(campaign.pause_reason));
    }
    out += '}';
  }
  return out + ']';
}

std::string status_json(const CampaignStatus& status) {
  std::string out = status_json(std::vector{status});
  out = out.substr(1, out.size() - 3);  // the object, without its last brace
  out += fmt::format(R"(,"seconds":{:.3f},"devices_per_second":{})", status.seconds,
                     status.devices_per_second);
  if (status.progress) {
    out += fmt::format(R"(,"bytes_read":{},"bytes_total":{},"trouble":{})",
                       status.progress->bytes_read, status.progress->bytes_total,
                       json_text(status.progress->trouble));
  }
  return out + '}';
}

}  // namespace herald::cli
