#include "tools/herald/sending.h"

#include <fmt/format.h>
#include <signal.h>

#include "engine/base/clock.h"
#include "tools/herald/output.h"
#include "tools/herald/progress.h"
#include "tools/herald/report_table.h"

namespace herald::cli {

void ignore_signals_of_writing() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

Result<Report> watch(const Campaign& campaign, ProgressMode progress) {
  ProgressDisplay display(resolve(progress), campaign.id(), write_to_stderr, stderr_width);
  const base::SystemClock clock;
  while (!campaign.wait_for(ProgressDisplay::kRedraw)) {
    display.update(campaign.progress(), clock.boot());
  }
  display.finish(campaign.progress());
  auto report = campaign.report();
  if (report) {
    if (const auto sound = check_totals(*report); !sound) return sound.error();
  }
  return report;
}

Result<void> print_report(const CommandLine& line, const Report& report) {
  Output out = Output::standard();
  out.write(line.json ? to_json(report) + '\n' : report_table(report));
  return out.close();
}

void explain_stop(const Report& report, const Console& console) {
  const bool over =
      report.state == CampaignState::finished || report.state == CampaignState::cancelled;
  if (over && report.pause_reason.empty()) return;
  console.error(fmt::format("{}: {}: {}; its state is kept", report.campaign,
                            over ? "stopped" : to_string(report.state),
                            report.pause_reason.empty() ? "no reason given" : report.pause_reason));
}

}  // namespace herald::cli
