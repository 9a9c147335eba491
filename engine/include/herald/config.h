// The configuration file (TOML): where the service is, who sends, and what must not be exceeded.
//
// Every key is known: an unknown one is an error that names file and line. Relative paths are
// relative to the file. Defaults are those of the members below.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "herald/result.h"

namespace herald {

struct EndpointConfig {
  std::string host = "push-api.cloud.huawei.com";  // of url; an IP address or a name
  std::uint16_t port = 443;
  std::filesystem::path ca_file;  // empty: the system's trust store
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds request_timeout{30000};
  std::uint32_t max_connections = 16;  // per app
  bool http1_fallback = true;          // when ALPN does not offer h2
};

struct EngineConfig {
  std::uint32_t ingest_threads = 1;
  std::uint32_t sender_threads = 1;
  std::uint64_t memory = 256 << 20;  // bytes in formed batches, queued and in flight
  // Of a plain file of lines, what one ingest thread takes at a time (up to 64 of them a file).
  std::uint64_t slice = 64 << 20;
};

enum class Durability : std::uint8_t {
  sync,    // a reservation survives a power cut
  process  // a reservation survives kill -9; every report says so
};

struct LedgerConfig {
  std::chrono::minutes utc_offset{8 * 60};  // of the service's natural day
  std::chrono::milliseconds midnight_guard{5000};
  std::chrono::milliseconds lateness{60000};
  Durability durability = Durability::sync;
  std::uint32_t device_daily_cap = 3000;  // 0..4095
  std::uint64_t min_free = std::uint64_t{1} << 30;
  std::chrono::hours retention{30 * 24};
};

struct AppConfig {
  std::string name;
  std::string package;
  std::string project_id;
  std::string client_id;
  std::filesystem::path key_file;
  std::string key_file_at;  // file:line that names it, for errors about the key; may be empty
  std::uint32_t marketing_per_day = 2;  // from category (quotas 1), or set; 0..15
  std::vector<std::string> entitlements;
  std::uint32_t form_per_day = 2;
  std::uint32_t rate = 6000;  // devices per second

  // A category the app holds no entitlement for is sent, and counted, as MARKETING (quotas 1).
  bool counts_as_marketing(std::string_view category) const;
};

enum class ZeroTtl : std::uint8_t { refuse, accept };
enum class MeasuredPart : std::uint8_t {
  body,    // the whole body without its tokens
  payload  // the payload object alone
};

// Where the service's pages leave a rule open, or may have been overtaken, this decides. Rules have
// the names that errors give them.
struct RulesConfig {
  std::vector<std::string> warn;              // these only warn; "V5" to "V19", "types", "lists"
  bool strict = false;                        // members that herald does not know are refused
  std::vector<std::string> extra_categories;  // beyond those known here; counted as MARKETING
  std::vector<std::string> extra_events;      // of live views
  std::vector<std::string> extra_priority_scenes;
  std::vector<std::string> extra_reminds;  // of a live view's capsule
  // The events whose live views may be created by a message, not on the device only.
  std::vector<std::string> create_events{"FLIGHT", "TAXI",           "TRAIN",   "DELIVERY",
                                         "QUEUE",  "RENT",           "EXPRESS", "CHECK_IN",
                                         "TRADE",  "SUBSCRIBE_TIMER"};
  ZeroTtl ttl_zero = ZeroTtl::refuse;
  MeasuredPart size = MeasuredPart::body;  // what the 4096 bytes are counted on
  std::uint32_t size_margin = 0;           // bytes to stay below them
  bool badge_add_only = false;             // a badge alone may be given as addNum

  bool only_warns(std::string_view rule) const {
    for (const std::string& name : warn) {
      if (name == rule) return true;
    }
    return false;
  }
};

struct Config {
  std::filesystem::path file;
  std::filesystem::path data_dir{"var/herald"};
  EndpointConfig endpoint;
  EngineConfig engine;
  LedgerConfig ledger;
  RulesConfig rules;
  std::vector<AppConfig> apps;

  // Errors: config, with file:line.
  static Result<Config> load(const std::filesystem::path& file);
  static Result<Config> parse(std::string_view toml, const std::filesystem::path& file);

  const AppConfig* app(std::string_view name) const;
};

}  // namespace herald
