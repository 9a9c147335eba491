// Goes on with campaigns that are in the data directory: those that stopped before their end, or,
// with a new charge each, the ambiguous of one.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "herald/config.h"
#include "herald/engine.h"
#include "tools/herald/control_server.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/interrupts.h"
#include "tools/herald/sending.h"
#include "tools/herald/verbs.h"

namespace herald::cli {
namespace {

struct Opened {
  Config config;
  Engine engine;
};

Result<Opened> open(const CommandLine& line) {
  auto config = Config::load(line.config);
  if (!config) return config.error();
  auto engine = Engine::open(*config);
  if (!engine) return engine.error();
  return Opened{std::move(*config), std::move(*engine)};
}

// Prints how each ended; the worst of their statuses.
Result<int> see_to_their_end(const CommandLine& line, const Console& console, Opened& opened,
                             std::vector<Campaign> campaigns, Interrupts& interrupts) {
  const auto control = serve_control(opened.config, opened.engine, console);
  interrupts.call([&campaigns] {
    for (Campaign& each : campaigns) each.pause("interrupted");
  });
  std::vector<Report> reports;
  for (const Campaign& each : campaigns) {
    auto report = watch(each, line.progress);
    if (!report) {
      interrupts.call_nothing();
      return report.error();
    }
    reports.push_back(std::move(*report));
  }
  interrupts.call_nothing();
  int status = kFinished;
  for (const Report& report : reports) {
    if (const auto printed = print_report(line, report); !printed) return printed.error();
    explain_stop(report, console);
    status = worse(status, exit_status(report, interrupts.came()));
  }
  return status;
}

}  // namespace

Result<int> resume(const CommandLine& line, const Console& console) {
  ignore_signals_of_writing();
  Interrupts interrupts;
  auto opened = open(line);
  if (!opened) return opened.error();
  std::vector<std::string> ids{line.subject};
  if (line.subject.empty()) {
    auto unfinished = opened->engine.unfinished();
    if (!unfinished) return unfinished.error();
    ids = std::move(*unfinished);
    if (ids.empty()) console.warn("no campaign is unfinished: there is nothing to resume");
  }
  // One that cannot go on must not hold up the others: it is told, and counts in the end.
  int status = kFinished;
  std::vector<Campaign> campaigns;
  for (const std::string& id : ids) {
    auto campaign = opened->engine.resume(id);
    if (campaign) {
      campaigns.push_back(std::move(*campaign));
      continue;
    }
    if (ids.size() == 1) return campaign.error();
    console.error(campaign.error().what);
    status = worse(status, exit_status(campaign.error().code));
  }
  const auto ended = see_to_their_end(line, console, *opened, std::move(campaigns), interrupts);
  if (!ended) return ended;
  return worse(status, *ended);
}

Result<int> resend_ambiguous(const CommandLine& line, const Console& console) {
  ignore_signals_of_writing();
  Interrupts interrupts;
  auto opened = open(line);
  if (!opened) return opened.error();
  auto campaign = opened->engine.resend_ambiguous(line.subject);
  if (!campaign) return campaign.error();
  return see_to_their_end(line, console, *opened, {std::move(*campaign)}, interrupts);
}

}  // namespace herald::cli
