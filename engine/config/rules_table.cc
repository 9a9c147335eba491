#include "engine/config/rules_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "engine/config/table_reader.h"

namespace herald::config {
namespace {

constexpr std::array<std::string_view, 18> kMayWarn{"V5",   "V6",  "V7",  "V8",  "V9",    "V10",
                                                    "V11",  "V12", "V13", "V14", "V15",   "V16",
                                                    "V14b", "V17", "V18", "V19", "types", "lists"};
// A request of another type or with more tokens than it may have is one that nobody can count.
constexpr std::array<std::string_view, 4> kProtectQuotas{"V1", "V2", "V3", "V4"};

template <std::size_t n>
bool is_among(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_rule_names(TableReader& reader, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (is_among(kMayWarn, name)) continue;
    if (is_among(kProtectQuotas, name)) {
      return reader.fail("warn", fmt::format("{} cannot be made to warn: what it refuses could not "
                                             "be counted against a quota; remove it",
                                             name));
    }
    if (name == "V20") {
      return reader.fail("warn", "V20 is the service's to decide and not checked here; remove it");
    }
    if (name == "unknown") {
      return reader.fail("warn",
                         "unknown members only warn already, unless strict = true; remove "
                         "it");
    }
    return reader.fail("warn", fmt::format("{} is no rule; there are {}", in_quotes(name),
                                           fmt::join(kMayWarn, ", ")));
  }
}

void read_names(TableReader& reader, std::string_view key, std::vector<std::string>& out) {
  reader.texts(key, out);
  for (const std::string& name : out) {
    if (is_in_capitals(name)) continue;
    return reader.fail(key, fmt::format("{} is no name of the service's; they are written like "
                                        "\"EXPRESS\" or \"MISS_CALL\"",
                                        in_quotes(name)));
  }
}

// One of two words, the first of which is the default.
bool read_second_of(TableReader& reader, std::string_view key, std::string_view first,
                    std::string_view second) {
  std::string text(first);
  reader.text(key, text);
  if (text != first && text != second) {
    reader.fail(key,
                fmt::format("{} is none; write \"{}\" or \"{}\"", in_quotes(text), first, second));
  }
  return text == second;
}

}  // namespace

Result<void> read_rules(const toml::table& table, const std::filesystem::path& file,
                        RulesConfig& rules) {
  constexpr std::int64_t kMarginMax = 4000;  // of 4096; what is left must hold a message
  TableReader reader(table, "[rules]", file);
  reader.texts("warn", rules.warn);
  check_rule_names(reader, rules.warn);
  reader.boolean("strict", rules.strict);
  read_names(reader, "extra_categories", rules.extra_categories);
  read_names(reader, "extra_events", rules.extra_events);
  read_names(reader, "extra_priority_scenes", rules.extra_priority_scenes);
  read_names(reader, "extra_reminds", rules.extra_reminds);
  read_names(reader, "create_events", rules.create_events);
  const bool accept = read_second_of(reader, "ttl_zero", "refuse", "accept");
  rules.ttl_zero = accept ? ZeroTtl::accept : ZeroTtl::refuse;
  const bool payload = read_second_of(reader, "size", "body", "payload");
  rules.size = payload ? MeasuredPart::payload : MeasuredPart::body;
  reader.integer("size_margin", 0, kMarginMax, rules.size_margin);
  reader.boolean("badge_add_only", rules.badge_add_only);
  return reader.finish();
}

bool is_in_capitals(std::string_view name) {
  constexpr std::size_t kMax = 64;
  return !name.empty() && name.size() <= kMax && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

}  // namespace herald::config
