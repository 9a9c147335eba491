#include "herald/fsck.h"

#include <fmt/format.h>

#include <string>

#include "engine/base/escape.h"
#include "herald/config.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/output.h"
#include "tools/herald/text.h"
#include "tools/herald/verbs.h"

namespace herald::cli {
namespace {

std::string as_text(const FsckReport& report) {
  std::string text;
  for (const FsckFinding& finding : report.findings) {
    text += fmt::format("{}: {}: {}\n", one_line(finding.where), one_line(finding.what),
                        one_line(finding.way_out));
  }
  if (report.more != 0) text += fmt::format("and {} more\n", report.more);
  if (!report.sound()) return text;
  return fmt::format(
      "sound: {} campaigns, {} days, {} commit groups, {} batches, {} tokens, {} bytes\n",
      report.campaigns, report.days, report.groups, report.batches, report.tokens, report.bytes);
}

std::string as_json(const FsckReport& report) {
  std::string json = fmt::format(
      R"({{"sound":{},"campaigns":{},"days":{},"groups":{},"batches":{},"tokens":{},"bytes":{},"findings":[)",
      report.sound(), report.campaigns, report.days, report.groups, report.batches, report.tokens,
      report.bytes);
  bool first = true;
  for (const FsckFinding& finding : report.findings) {
    json += first ? "{\"where\":" : ",{\"where\":";
    first = false;
    base::append_json(json, finding.where);
    json += ",\"what\":";
    base::append_json(json, finding.what);
    json += ",\"way_out\":";
    base::append_json(json, finding.way_out);
    json += '}';
  }
  return json + fmt::format("],\"more\":{}}}\n", report.more);
}

}  // namespace

Result<int> fsck(const CommandLine& line) {
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  const auto report = herald::fsck(*config);
  if (!report) return report.error();
  Output out = Output::standard();
  out.write(line.json ? as_json(*report) : as_text(*report));
  if (const auto written = out.close(); !written) return written.error();
  return report->sound() ? kFinished : kDamaged;
}

}  // namespace herald::cli
