#include "herald/config.h"
#include "herald/inspect.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/outcome_writer.h"
#include "tools/herald/output.h"
#include "tools/herald/verbs.h"

namespace herald::cli {

Result<int> outcomes(const CommandLine& line) {
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  Output out = Output::standard();
  OutcomeWriter writer(out, line.json ? OutcomeFormat::jsonl : line.format);
  const auto read = read_outcomes(*config, line.subject, line.all, writer);
  const auto written = out.close();
  if (!read) return read.error();
  if (!written) return written.error();
  return kFinished;
}

}  // namespace herald::cli
