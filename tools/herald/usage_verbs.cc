// The verbs that print what a call may say.
#include "tools/herald/exit_status.h"
#include "tools/herald/output.h"
#include "tools/herald/usage.h"
#include "tools/herald/verbs.h"

namespace herald::cli {
namespace {

Result<int> print(const std::string& text) {
  Output out = Output::standard();
  out.write(text);
  if (const auto written = out.close(); !written) return written.error();
  return kFinished;
}

}  // namespace

Result<int> completion(const CommandLine& line) {
  switch (line.shell) {
    case Shell::bash:
      break;
    case Shell::zsh:
      return print(zsh_completion(usage()));
    case Shell::fish:
      return print(fish_completion(usage()));
  }
  return print(bash_completion(usage()));
}

Result<int> man(const CommandLine&) { return print(manual_page(usage())); }

}  // namespace herald::cli
