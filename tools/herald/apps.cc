#include "tools/herald/apps.h"

#include <fmt/format.h>

#include <string>

#include "tools/herald/text.h"

namespace herald::cli {

Result<const AppConfig*> find_app(const Config& config, std::string_view name,
                                  std::string_view asked_by) {
  if (const AppConfig* app = config.app(name)) return app;
  std::string there;
  for (const AppConfig& app : config.apps) {
    there += (there.empty() ? "" : ", ") + one_line(app.name);
  }
  return Error{Errc::job,
               fmt::format("{}: app \"{}\" is not in {}: it has {}", asked_by, one_line(name),
                           config.file.string(), there.empty() ? "none; add an [[app]]" : there)};
}

}  // namespace herald::cli
