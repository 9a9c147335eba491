#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "engine/message/job_check.h"
#include "herald/config.h"
#include "herald/job.h"
#include "tools/herald/apps.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/forecast.h"
#include "tools/herald/output.h"
#include "tools/herald/record_count.h"
#include "tools/herald/verbs.h"
#include "tools/herald/warnings.h"

namespace herald::cli {

namespace {

// Everything that is wrong with it, not the first alone; the last is the caller's to print.
Result<Job> read_job(const CommandLine& line, const RulesConfig& rules, const Console& console) {
  const auto text = message::read_job_file(line.subject);
  if (!text) return text.error();
  message::JobCheck found = message::check_job(*text, line.subject, rules);
  if (found.job) return std::move(*found.job);
  for (std::size_t i = 0; i + 1 < found.errors.size(); ++i) console.error(found.errors[i].what);
  return std::move(found.errors.back());
}

}  // namespace

Result<int> check(const CommandLine& line, const Console& console) {
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  auto job = read_job(line, config->rules, console);
  if (!job) return job.error();
  if (line.audience) job->audience.file = *line.audience;
  const auto app = find_app(*config, job->app, line.subject);
  if (!app) return app.error();
  if (job->audience.file.empty()) {
    return Error{Errc::audience,
                 fmt::format("{}: the job names no audience: add "
                             "\"audience\": {{\"file\": \"...\"}}, or give --audience FILE|-",
                             line.subject)};
  }
  auto looked = check_id_is_free(*config, job->id);
  if (!looked) return looked.error();
  auto count = count_records(job->audience);
  if (!count) return count.error();
  auto warnings = warnings_of(*config, **app, *job, *count, std::chrono::system_clock::now());

  Forecast result =
      forecast(*config, **app, *job, body_bytes_without_tokens(*job), std::move(*count));
  for (auto* more : {&*looked, &warnings}) {
    result.warnings.insert(result.warnings.end(), more->begin(), more->end());
  }
  Output out = Output::standard();
  out.write(line.json ? forecast_json(result) + '\n' : forecast_table(result));
  if (const auto written = out.close(); !written) return written.error();
  return kFinished;
}

}  // namespace herald::cli
