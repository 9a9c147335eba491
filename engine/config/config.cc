#include "herald/config.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/config/origin.h"
#include "engine/config/rules_table.h"
#include "engine/config/table_reader.h"

namespace herald {
namespace {

using config::in_quotes;
using config::TableReader;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::size_t kFileMax = 1 << 20;

bool has_only(std::string_view text, std::size_t max, std::string_view more) {
  return !text.empty() && text.size() <= max && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           more.find(c) != more.npos;
  });
}

// The table under `key` if there is one; anything else there is the error.
const toml::table* section(TableReader& top, std::string_view key) {
  const toml::node* node = top.node(key);
  if (!node) return nullptr;
  if (!node->is_table()) top.fail(key, fmt::format("must be a table: [{}]", key));
  return node->as_table();
}

Result<void> read_endpoint(const toml::table& table, const std::filesystem::path& file,
                           EndpointConfig& endpoint) {
  TableReader reader(table, "[endpoint]", file);
  std::string url;
  reader.text("url", url);
  if (table.contains("url")) {
    const auto origin = config::parse_origin(url);
    if (origin) {
      endpoint.host = origin->host;
      endpoint.port = origin->port;
    } else {
      reader.fail("url", fmt::format("{} {}", in_quotes(url), origin.error().what));
    }
  }
  reader.path("ca_file", endpoint.ca_file);
  reader.duration("connect_timeout", milliseconds{1}, minutes{10}, endpoint.connect_timeout);
  reader.duration("request_timeout", milliseconds{1}, minutes{10}, endpoint.request_timeout);
  reader.integer("max_connections", 1, 1024, endpoint.max_connections);
  reader.boolean("http1_fallback", endpoint.http1_fallback);
  return reader.finish();
}

Result<void> read_engine(const toml::table& table, const std::filesystem::path& file,
                         EngineConfig& engine) {
  TableReader reader(table, "[engine]", file);
  reader.integer("ingest_threads", 1, 64, engine.ingest_threads);
  reader.integer("sender_threads", 1, 64, engine.sender_threads);
  reader.size("memory", std::uint64_t{8} << 20, std::uint64_t{1} << 40, engine.memory);
  reader.size("slice", std::uint64_t{4} << 10, std::uint64_t{1} << 40, engine.slice);
  return reader.finish();
}

void read_utc_offset(TableReader& reader, std::chrono::minutes& out) {
  std::string text;
  reader.text("utc_offset", text);
  if (text.empty()) return;
  const auto offset = config::parse_utc_offset(text);
  if (!offset) {
    return reader.fail("utc_offset", fmt::format("{} is no offset; write one like \"+08:00\", "
                                                 "-12:00 to +14:00",
                                                 in_quotes(text)));
  }
  out = *offset;
}

void read_durability(TableReader& reader, Durability& out) {
  std::string text = "sync";
  reader.text("durability", text);
  if (text != "sync" && text != "process") {
    reader.fail("durability",
                fmt::format("{} is none; write \"sync\" (survives a power cut) or \"process\" "
                            "(survives kill -9)",
                            in_quotes(text)));
  }
  out = text == "process" ? Durability::process : Durability::sync;
}

void read_retention(TableReader& reader, hours& out) {
  milliseconds retention = out;
  reader.duration("retention", hours{1}, hours{24 * 3650}, retention);
  if (retention % hours{1} != milliseconds{0}) {
    reader.fail("retention", "must be whole hours: \"36h\", \"30d\"");
  }
  out = std::chrono::floor<hours>(retention);
}

// A request may be processed until lateness after its grant; were the timeout longer, an answer
// could be waited for beyond what was charged (I6).
void check_lateness(TableReader& reader, const LedgerConfig& ledger,
                    const EndpointConfig& endpoint) {
  if (ledger.lateness >= endpoint.request_timeout) return;
  reader.fail("lateness", fmt::format("{} is below request_timeout, {}; raise it to that or more",
                                      config::to_text(ledger.lateness),
                                      config::to_text(endpoint.request_timeout)));
}

Result<void> read_ledger(const toml::table& table, const std::filesystem::path& file,
                         const EndpointConfig& endpoint, LedgerConfig& ledger) {
  TableReader reader(table, "[ledger]", file);
  read_utc_offset(reader, ledger.utc_offset);
  // At most two days are charged, so guard + lateness + guard stays below one (base::DaySet).
  reader.duration("midnight_guard", milliseconds{0}, hours{1}, ledger.midnight_guard);
  reader.duration("lateness", milliseconds{1}, hours{12}, ledger.lateness);
  read_durability(reader, ledger.durability);
  // 12 bits of a ledger slot count the messages of a device and day.
  reader.integer("device_daily_cap", 0, 4095, ledger.device_daily_cap);
  reader.size("min_free", 0, std::uint64_t{1} << 60, ledger.min_free);
  read_retention(reader, ledger.retention);
  check_lateness(reader, ledger, endpoint);
  return reader.finish();
}

// Of all AppGallery categories only News with a licence has 5 (quotas 1). What is not known here
// gets the strictest limit, which is everybody else's, too (I9).
std::uint32_t marketing_limit(std::string_view category) { return category == "news" ? 5 : 2; }

std::string app_label(const toml::table& table) {
  const auto* name = table.get_as<std::string>("name");
  return name ? fmt::format("app {}", in_quotes(name->get())) : "[[app]]";
}

// These go into file names, request paths and the store's keys as they are.
void check_names(TableReader& reader, const AppConfig& app) {
  constexpr std::string_view kMarks = "._-";
  const auto check = [&](std::string_view key, std::string_view value, std::size_t max) {
    if (has_only(value, max, kMarks)) return;
    reader.fail(key, fmt::format("{} must be 1 to {} of A-Z a-z 0-9 . _ -", in_quotes(value), max));
  };
  check("name", app.name, 64);
  check("package", app.package, 128);
  check("project_id", app.project_id, 64);
  if (!app.client_id.empty()) check("client_id", app.client_id, 64);
}

void check_entitlements(TableReader& reader, const AppConfig& app) {
  for (const std::string& category : app.entitlements) {
    if (!config::is_in_capitals(category)) {
      reader.fail("entitlements", fmt::format("{} is no message category; they are written like "
                                              "\"EXPRESS\" or \"MISS_CALL\"",
                                              in_quotes(category)));
    }
  }
}

Result<AppConfig> read_app(const toml::table& table, const std::filesystem::path& file) {
  AppConfig app;
  TableReader reader(table, app_label(table), file);
  for (const std::string_view key : {"name", "package", "project_id", "key_file"}) {
    reader.require(key);
  }
  reader.text("name", app.name);
  reader.text("package", app.package);
  reader.text("project_id", app.project_id);
  reader.text("client_id", app.client_id);
  reader.path("key_file", app.key_file);
  std::string category;
  reader.text("category", category);
  app.marketing_per_day = marketing_limit(category);
  reader.integer("marketing_per_day", 0, 15, app.marketing_per_day);
  reader.texts("entitlements", app.entitlements);
  reader.integer("form_per_day", 0, 65535, app.form_per_day);
  reader.integer("rate", 1, 10'000'000, app.rate);
  check_entitlements(reader, app);
  if (const auto read = reader.finish(); !read) return read.error();

  check_names(reader, app);
  if (app.key_file.empty()) reader.fail("key_file", "is empty; name the service-account key");
  app.key_file_at = reader.where("key_file");
  if (const auto checked = reader.finish(); !checked) return checked.error();
  return app;
}

// The service counts by package, so two names for one would let a device have twice its quota.
Result<void> check_unique(const AppConfig& app, const std::vector<AppConfig>& others,
                          const std::string& where) {
  for (const AppConfig& other : others) {
    if (other.name == app.name) {
      return Error{Errc::config, fmt::format("{}: app \"{}\": there is one of that name already",
                                             where, app.name)};
    }
    if (other.package == app.package) {
      return Error{Errc::config,
                   fmt::format("{}: app \"{}\": package {} is app \"{}\" already; its quotas "
                               "must be kept in one place",
                               where, app.name, app.package, other.name)};
    }
  }
  return {};
}

Result<void> read_apps(const toml::array& tables, const std::filesystem::path& file,
                       std::vector<AppConfig>& apps) {
  for (const toml::node& node : tables) {
    const std::string where = fmt::format("{}:{}", file.string(), node.source().begin.line);
    if (!node.is_table()) {
      return Error{Errc::config, where + ": app: must be tables: [[app]]"};
    }
    auto app = read_app(*node.as_table(), file);
    if (!app) return app.error();
    if (const auto unique = check_unique(*app, apps, where); !unique) return unique.error();
    apps.push_back(std::move(*app));
  }
  return {};
}

Result<Config> read_config(const toml::table& table, const std::filesystem::path& file) {
  Config result;
  result.file = file;
  result.data_dir = file.parent_path() / result.data_dir;
  TableReader top(table, "", file);
  top.path("data_dir", result.data_dir);
  const toml::table none;
  const toml::table* endpoint = section(top, "endpoint");
  const toml::table* engine = section(top, "engine");
  const toml::table* ledger = section(top, "ledger");
  const toml::table* rules = section(top, "rules");
  const toml::node* apps = top.node("app");
  if (apps && !apps->is_array()) top.fail("app", "must be tables: [[app]]");
  if (const auto read = top.finish(); !read) return read.error();

  const auto read_endpoint_result =
      read_endpoint(endpoint ? *endpoint : none, file, result.endpoint);
  if (!read_endpoint_result) return read_endpoint_result.error();
  if (engine) {
    if (const auto read = read_engine(*engine, file, result.engine); !read) return read.error();
  }
  const auto read_ledger_result =
      read_ledger(ledger ? *ledger : none, file, result.endpoint, result.ledger);
  if (!read_ledger_result) return read_ledger_result.error();
  if (rules) {
    if (const auto read = config::read_rules(*rules, file, result.rules); !read) {
      return read.error();
    }
  }
  if (apps) {
    if (const auto read = read_apps(*apps->as_array(), file, result.apps); !read) {
      return read.error();
    }
  }
  return result;
}

// Empty on failure, with errno set.
bool read_whole(const std::filesystem::path& file, std::string& out) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char buffer[16384];
  ssize_t got = 0;
  while ((got = read(fd, buffer, sizeof buffer)) > 0 && out.size() <= kFileMax) {
    out.append(buffer, static_cast<std::size_t>(got));
  }
  const int error = got < 0 ? errno : out.size() > kFileMax ? EFBIG : 0;
  close(fd);
  errno = error;
  return error == 0;
}

}  // namespace

bool AppConfig::counts_as_marketing(std::string_view category) const {
  return category == "MARKETING" ||
         std::find(entitlements.begin(), entitlements.end(), category) == entitlements.end();
}

const AppConfig* Config::app(std::string_view name) const {
  const auto found = std::find_if(apps.begin(), apps.end(),
                                  [&](const AppConfig& app) { return app.name == name; });
  return found == apps.end() ? nullptr : &*found;
}

Result<Config> Config::parse(std::string_view toml, const std::filesystem::path& file) {
  try {
    return read_config(toml::parse(toml, file.string()), file);
  } catch (const toml::parse_error& error) {
    return Error{Errc::config, fmt::format("{}:{}: {}", file.string(), error.source().begin.line,
                                           config::printable(error.description()))};
  }
}

Result<Config> Config::load(const std::filesystem::path& file) {
  std::string toml;
  if (!read_whole(file, toml)) {
    return Error{Errc::config, fmt::format("{}: cannot read the configuration ({}); name another "
                                           "with --config FILE",
                                           file.string(), std::strerror(errno))};
  }
  return parse(toml, file);
}

}  // namespace herald
