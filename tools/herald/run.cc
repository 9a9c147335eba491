// Runs one campaign: everything that can be refused is refused before the first byte is sent, and
// whatever stops the campaign afterwards, its report is printed.
#include <fmt/format.h>
#include <signal.h>

#include <optional>

#include "engine/base/clock.h"
#include "herald/config.h"
#include "herald/engine.h"
#include "herald/job.h"
#include "tools/herald/apps.h"
#include "tools/herald/control_server.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/interrupts.h"
#include "tools/herald/outcome_writer.h"
#include "tools/herald/output.h"
#include "tools/herald/progress.h"
#include "tools/herald/report_table.h"
#include "tools/herald/targets.h"
#include "tools/herald/verbs.h"

namespace herald::cli {
namespace {

struct Files {
  std::optional<Output> report;
  std::optional<Output> outcomes;
};

Result<void> open_one(const std::optional<std::filesystem::path>& file, mode_t mode,
                      std::optional<Output>& out) {
  if (!file) return {};
  auto opened = Output::open(*file, mode);
  if (!opened) return opened.error();
  out.emplace(std::move(*opened));
  return {};
}

// Outcomes name devices, so they are for the owner alone.
Result<void> open_files(const CommandLine& line, Files& files) {
  if (const auto opened = open_one(line.report_file, 0644, files.report); !opened) return opened;
  return open_one(line.outcomes_file, 0600, files.outcomes);
}

Result<Job> load_job(const CommandLine& line, const Config& config, const Console& console) {
  auto job = Job::load(line.subject, config.rules);
  if (!job) return job;
  if (line.audience) job->audience.file = *line.audience;
  for (const std::string& warning : job->warnings) console.warn(warning);
  return job;
}

void watch(const Campaign& campaign, ProgressDisplay& display) {
  const base::SystemClock clock;
  while (!campaign.wait_for(ProgressDisplay::kRedraw)) {
    display.update(campaign.progress(), clock.boot());
  }
  display.finish(campaign.progress());
}

// While the engine is there: afterwards another process may have the directory for a moment.
Result<void> write_outcomes(const Engine& engine, const std::string& campaign, Files& files) {
  if (!files.outcomes) return {};
  OutcomeWriter writer(*files.outcomes, OutcomeFormat::jsonl);
  const auto read = engine.outcomes(campaign, false, writer);
  const auto written = files.outcomes->close();
  if (!read) return read;
  return written;
}

struct Sent {
  Report report;
  Result<void> outcomes;  // whether they were written
};

// The engine is gone, and the data directory free, when this returns.
Result<Sent> send(const CommandLine& line, const Config& config, const Job& job, Files& files,
                  Interrupts& interrupts, const Console& console) {
  auto engine = Engine::open(config);
  if (!engine) return engine.error();
  auto campaign = engine->submit(job);
  if (!campaign) return campaign.error();
  const auto control = serve_control(config, *engine, console);
  interrupts.call([&campaign] { campaign->pause("interrupted"); });
  ProgressDisplay display(resolve(line.progress), campaign->id(), write_to_stderr, stderr_width);
  watch(*campaign, display);
  interrupts.call_nothing();
  auto report = campaign->report();
  if (!report) return report.error();
  if (const auto sound = check_totals(*report); !sound) return sound.error();
  return Sent{std::move(*report), write_outcomes(*engine, job.id, files)};
}

Result<void> write_report(const Report& report, Files& files) {
  if (!files.report) return {};
  files.report->write(to_json(report) + '\n');
  return files.report->close();
}

void explain_stop(const Report& report, const Console& console) {
  if (report.state == CampaignState::finished || report.state == CampaignState::cancelled) return;
  console.error(fmt::format("{}: {}: {}; its state is kept", report.campaign,
                            to_string(report.state),
                            report.pause_reason.empty() ? "no reason given" : report.pause_reason));
}

}  // namespace

Result<int> run(const CommandLine& line, const Console& console) {
  // A closed pipe behind standard output must not end a campaign, and a file that may not grow
  // (ulimit -f) is a disk error like others: it ends with its line and 70.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  Interrupts interrupts;
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  const auto job = load_job(line, *config, console);
  if (!job) return job.error();
  if (const auto app = find_app(*config, job->app, line.subject); !app) return app.error();
  if (const auto fine = check_targets(line, *config, *job); !fine) return fine.error();
  Files files;
  if (const auto opened = open_files(line, files); !opened) return opened.error();

  console.info(fmt::format("{}: starting, data in {}", job->id, config->data_dir.string()));
  const auto sent = send(line, *config, *job, files, interrupts, console);
  if (!sent) return sent.error();
  const Report& report = sent->report;
  Output out = Output::standard();
  out.write(line.json ? to_json(report) + '\n' : report_table(report));
  const auto printed = out.close();
  const auto written = write_report(report, files);
  explain_stop(report, console);
  if (!written) return written.error();
  if (!sent->outcomes) return sent->outcomes.error();
  if (!printed) return printed.error();
  return exit_status(report, interrupts.came());
}

}  // namespace herald::cli
