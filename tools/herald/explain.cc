#include "herald/explain.h"

#include <iostream>
#include <string>

#include "herald/config.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/explain_text.h"
#include "tools/herald/output.h"
#include "tools/herald/verbs.h"

namespace herald::cli {

Result<int> explain(const CommandLine& line) {
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  std::string token = line.subject;
  // Who does not want a token in the list of processes pipes it in.
  if (token == "-" && !std::getline(std::cin, token)) {
    return Error{Errc::usage, "explain -: standard input gave no token"};
  }
  const auto accounts = herald::explain(*config, token);
  if (!accounts) return accounts.error();
  Output out = Output::standard();
  out.write(line.json ? explain_json(*accounts) + '\n'
                      : explain_text(*accounts, config->ledger.utc_offset));
  if (const auto written = out.close(); !written) return written.error();
  return kFinished;
}

}  // namespace herald::cli
