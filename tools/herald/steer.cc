// The verbs that stop a campaign, in this process or in the one that runs it.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "herald/config.h"
#include "herald/inspect.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/output.h"
#include "tools/herald/store_access.h"
#include "tools/herald/text.h"
#include "tools/herald/verbs.h"

namespace herald::cli {
namespace {

std::string steered_json(std::string_view campaign, std::string_view state) {
  return fmt::format(R"({{"campaign":"{}","state":"{}"}})", campaign, state);
}

// Nobody runs it, so there is nothing to stop.
Result<std::string> pause_alone(const Config& config, const std::string& campaign) {
  const auto report = read_report(config, campaign);
  if (!report) return report.error();
  return Error{Errc::usage, fmt::format("campaign {} is {}, not running: see `herald status {}`",
                                        campaign, to_string(report->state), campaign)};
}

Result<std::string> cancel_alone(const Config& config, const std::string& campaign) {
  const auto report = cancel_campaign(config, campaign);
  if (!report) return report.error();
  return steered_json(campaign, to_string(report->state));
}

std::string steered_text(const std::string& campaign, const std::string& json) {
  boost::system::error_code failed;
  const auto answer = boost::json::parse(json, failed);
  const auto* state = failed ? nullptr : answer.find_pointer("/state", failed);
  const std::string name =
      state != nullptr && state->is_string() ? state->get_string().c_str() : "stopping";
  if (name == to_string(CampaignState::running)) {
    return fmt::format("{}: stopping: requests in flight are waited for\n", campaign);
  }
  return fmt::format("{}: {}\n", campaign, one_line(name));
}

Result<int> steer(const CommandLine& line, std::string_view verb,
                  Result<std::string> (*alone)(const Config&, const std::string&)) {
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  std::string answer;
  const auto take = [&](Result<std::string> said) -> Result<void> {
    if (!said) return said.error();
    answer = std::move(*said);
    return {};
  };
  const auto done = alone_or_through_owner(
      *config, [&] { return take(alone(*config, line.subject)); },
      [&](ControlClient& client) {
        return take(client.post(fmt::format("/v1/campaigns/{}/{}", line.subject, verb)));
      });
  if (!done) return done.error();
  Output out = Output::standard();
  out.write(line.json ? answer + '\n' : steered_text(line.subject, answer));
  if (const auto written = out.close(); !written) return written.error();
  return kFinished;
}

}  // namespace

Result<int> pause(const CommandLine& line) { return steer(line, "pause", pause_alone); }
Result<int> cancel(const CommandLine& line) { return steer(line, "cancel", cancel_alone); }

}  // namespace herald::cli
