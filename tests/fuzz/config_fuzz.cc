// A configuration, whatever it is, is taken or refused with a line of text; what is taken is within
// the bounds that conf/herald.toml states.
#include "herald/config.h"
#include "tests/fuzz/fuzz.h"

namespace herald {
namespace {

using fuzz::require;

template <class Value>
bool within(Value value, Value least, Value most) {
  return least <= value && value <= most;
}

void require_bounds(const AppConfig& app) {
  const auto required = {app.name, app.package, app.project_id, app.key_file.string()};
  for (const std::string& each : required) require(!each.empty(), "an app has what it must have");
  require(within(app.rate, 1u, 10'000'000u), "the rate");
  require(app.marketing_per_day <= 15, "marketing_per_day");
}

void require_bounds(const Config& config) {
  using std::chrono::milliseconds;
  using std::chrono::minutes;
  const milliseconds least{1};
  const milliseconds most = minutes{10};
  require(!config.endpoint.host.empty() && config.endpoint.port != 0, "the endpoint");
  require(within(config.endpoint.connect_timeout, least, most), "connect_timeout");
  require(within(config.endpoint.request_timeout, least, most), "request_timeout");
  require(within(config.endpoint.max_connections, 1u, 1024u), "max_connections");
  require(within(config.engine.ingest_threads, 1u, 64u), "ingest_threads");
  require(within(config.engine.sender_threads, 1u, 64u), "sender_threads");
  require(config.engine.memory >= 8 << 20, "memory");
  require(within(config.ledger.utc_offset, -minutes{24 * 60}, minutes{24 * 60}), "utc_offset");
  require(config.ledger.lateness >= config.endpoint.request_timeout, "lateness");
  require(config.ledger.device_daily_cap <= 4095, "device_daily_cap");
  require(config.rules.size_margin <= 4000, "size_margin");
  for (const AppConfig& app : config.apps) {
    require_bounds(app);
    require(config.app(app.name) == &app, "apps have different names");
  }
}

}  // namespace
}  // namespace herald

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view toml(reinterpret_cast<const char*>(data), size);
  const auto config = herald::Config::parse(toml, "conf/herald.toml");
  if (config.has_error()) herald::fuzz::require_one_line(config.error().what);
  if (config) herald::require_bounds(*config);
  return 0;
}
