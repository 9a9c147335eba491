#include <fmt/format.h>

#include <utility>

#include "engine/auth/key_file.h"
#include "engine/message/job_check.h"
#include "herald/config.h"
#include "herald/job.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/forecast.h"
#include "tools/herald/output.h"
#include "tools/herald/record_count.h"
#include "tools/herald/text.h"
#include "tools/herald/verbs.h"

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
  const AppConfig* app = config->app(job->app);
  if (!app) {
    return Error{Errc::job, fmt::format("{}: app \"{}\" is not in {}", line.subject,
                                        one_line(job->app), line.config.string())};
  }
  if (job->audience.file.empty()) {
    return Error{Errc::audience,
                 fmt::format("{}: the job names no audience: add "
                             "\"audience\": {{\"file\": \"...\"}}, or give --audience FILE|-",
                             line.subject)};
  }
  const auto records = count_records(job->audience);
  if (!records) return records.error();

  Forecast result = forecast(*config, *app, *job, body_bytes_without_tokens(*job), *records);
  // Jobs are also checked where the keys are not, so this stops nobody here; run will.
  if (const auto key = auth::load_key(*app); !key) result.warnings.push_back(key.error().what);
  Output out = Output::standard();
  out.write(line.json ? forecast_json(result) + '\n' : forecast_table(result));
  if (const auto written = out.close(); !written) return written.error();
  return kFinished;
}

}  // namespace herald::cli
