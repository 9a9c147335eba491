#include "herald/config.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/outcome_writer.h"
#include "tools/herald/output.h"
#include "tools/herald/store_access.h"
#include "tools/herald/verbs.h"

namespace herald::cli {

Result<int> outcomes(const CommandLine& line) {
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  Output out = Output::standard();
  OutcomeWriter writer(out, line.json ? OutcomeFormat::jsonl : line.format);
  const auto read = read_store(*config, [&](const Reading& reading) {
    return reading.outcomes(line.subject, line.all, writer);
  });
  const auto written = out.close();
  if (!read) return read.error();
  if (!written) return written.error();
  return kFinished;
}

}  // namespace herald::cli
