// Runs one campaign: everything that can be refused is refused before the first byte is sent, and
// whatever stops the campaign afterwards, its report is printed.
#include <fmt/format.h>

#include <optional>

#include "herald/config.h"
#include "herald/engine.h"
#include "herald/job.h"
#include "tools/herald/apps.h"
#include "tools/herald/control_server.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/interrupts.h"
#include "tools/herald/outcome_writer.h"
#include "tools/herald/output.h"
#include "tools/herald/sending.h"
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

// The same job again, of a campaign that stopped before its end: it goes on.
Result<Campaign> begin_or_go_on(Engine& engine, const Job& job, const Console& console) {
  auto campaign = engine.submit(job);
  if (campaign || campaign.error().code != Errc::exists) return campaign;
  campaign = engine.resume(job);
  if (campaign) {
    console.warn(
        fmt::format("{}: it began in an earlier run, and goes on: what has an outcome "
                    "keeps it",
                    job.id));
  }
  return campaign;
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
  auto campaign = begin_or_go_on(*engine, job, console);
  if (!campaign) return campaign.error();
  const auto control = serve_control(config, *engine, console);
  interrupts.call([&campaign] { campaign->pause("interrupted"); });
  auto report = watch(*campaign, line.progress);
  interrupts.call_nothing();
  if (!report) return report.error();
  return Sent{std::move(*report), write_outcomes(*engine, job.id, files)};
}

Result<void> write_report(const Report& report, Files& files) {
  if (!files.report) return {};
  files.report->write(to_json(report) + '\n');
  return files.report->close();
}

}  // namespace

Result<int> run(const CommandLine& line, const Console& console) {
  ignore_signals_of_writing();
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
  const auto printed = print_report(line, report);
  const auto written = write_report(report, files);
  explain_stop(report, console);
  if (!written) return written.error();
  if (!sent->outcomes) return sent->outcomes.error();
  if (!printed) return printed.error();
  return exit_status(report, interrupts.came());
}

}  // namespace herald::cli
