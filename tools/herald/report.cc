#include "herald/report.h"

#include "herald/config.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/output.h"
#include "tools/herald/report_table.h"
#include "tools/herald/store_access.h"
#include "tools/herald/verbs.h"

namespace herald::cli {

Result<int> report(const CommandLine& line) {
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  Result<Report> found = Report{};
  const auto read = read_store(*config, [&](const Reading& reading) -> Result<void> {
    found = reading.report(line.subject);
    return found ? Result<void>{} : found.error();
  });
  if (!read) return read.error();
  if (const auto sound = check_totals(*found); !sound) return sound.error();
  Output out = Output::standard();
  out.write(line.json ? to_json(*found) + '\n' : report_table(*found));
  if (const auto written = out.close(); !written) return written.error();
  return kFinished;
}

}  // namespace herald::cli
