// The example that ships is the reference of every key: it must parse, and state the defaults.
#include <gtest/gtest.h>

#include "herald/config.h"

namespace herald {
namespace {

const char* const kExample = HERALD_SOURCE_DIR "/conf/herald.toml";

TEST(ExampleConfiguration, StatesTheDefaults) {
  const auto loaded = Config::load(kExample);
  ASSERT_TRUE(loaded) << loaded.error().what;
  const Config& example = *loaded;
  const Config defaults;
  EXPECT_EQ(example.data_dir, example.file.parent_path() / defaults.data_dir);
  EXPECT_EQ(example.endpoint.host, defaults.endpoint.host);
  EXPECT_EQ(example.endpoint.port, defaults.endpoint.port);
  EXPECT_EQ(example.endpoint.ca_file, defaults.endpoint.ca_file);
  EXPECT_EQ(example.endpoint.connect_timeout, defaults.endpoint.connect_timeout);
  EXPECT_EQ(example.endpoint.request_timeout, defaults.endpoint.request_timeout);
  EXPECT_EQ(example.endpoint.max_connections, defaults.endpoint.max_connections);
  EXPECT_EQ(example.endpoint.http1_fallback, defaults.endpoint.http1_fallback);
  EXPECT_EQ(example.engine.ingest_threads, defaults.engine.ingest_threads);
  EXPECT_EQ(example.engine.sender_threads, defaults.engine.sender_threads);
  EXPECT_EQ(example.engine.memory, defaults.engine.memory);
  EXPECT_EQ(example.engine.slice, defaults.engine.slice);
  EXPECT_EQ(example.ledger.utc_offset, defaults.ledger.utc_offset);
  EXPECT_EQ(example.ledger.midnight_guard, defaults.ledger.midnight_guard);
  EXPECT_EQ(example.ledger.lateness, defaults.ledger.lateness);
  EXPECT_EQ(example.ledger.durability, defaults.ledger.durability);
  EXPECT_EQ(example.ledger.device_daily_cap, defaults.ledger.device_daily_cap);
  EXPECT_EQ(example.ledger.min_free, defaults.ledger.min_free);
  EXPECT_EQ(example.ledger.retention, defaults.ledger.retention);
  EXPECT_EQ(example.rules.warn, defaults.rules.warn);
  EXPECT_EQ(example.rules.strict, defaults.rules.strict);
  EXPECT_EQ(example.rules.extra_categories, defaults.rules.extra_categories);
  EXPECT_EQ(example.rules.extra_events, defaults.rules.extra_events);
  EXPECT_EQ(example.rules.extra_priority_scenes, defaults.rules.extra_priority_scenes);
  EXPECT_EQ(example.rules.extra_reminds, defaults.rules.extra_reminds);
  EXPECT_EQ(example.rules.create_events, defaults.rules.create_events);
  EXPECT_EQ(example.rules.ttl_zero, defaults.rules.ttl_zero);
  EXPECT_EQ(example.rules.size, defaults.rules.size);
  EXPECT_EQ(example.rules.size_margin, defaults.rules.size_margin);
  EXPECT_EQ(example.rules.badge_add_only, defaults.rules.badge_add_only);
}

TEST(ExampleConfiguration, HasOneAppWithTheDefaults) {
  const Config example = Config::load(kExample).value();
  const AppConfig defaults;
  ASSERT_EQ(example.apps.size(), 1u);
  EXPECT_EQ(example.apps[0].marketing_per_day, defaults.marketing_per_day);
  EXPECT_EQ(example.apps[0].form_per_day, defaults.form_per_day);
  EXPECT_EQ(example.apps[0].rate, defaults.rate);
  EXPECT_EQ(example.apps[0].entitlements, defaults.entitlements);
}

}  // namespace
}  // namespace herald
