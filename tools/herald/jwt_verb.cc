#include <fmt/format.h>

#include "engine/auth/jwt.h"
#include "engine/auth/key_file.h"
#include "engine/base/clock.h"
#include "herald/config.h"
#include "tools/herald/apps.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/output.h"
#include "tools/herald/verbs.h"

namespace herald::cli {

Result<int> jwt(const CommandLine& line) {
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  const auto app = find_app(*config, line.subject, "jwt");
  if (!app) return app.error();
  const auto account = auth::load_key(**app);
  if (!account) return account.error();
  const auto token = auth::sign(*account, base::SystemClock().wall());
  if (!token) return token.error();
  Output out = Output::standard();
  out.write(line.json ? fmt::format("{{\"app\":\"{}\",\"token\":\"{}\"}}\n", (*app)->name, *token)
                      : *token + '\n');
  if (const auto written = out.close(); !written) return written.error();
  return kFinished;
}

}  // namespace herald::cli
