// Reads a whole data directory without changing it, and tells what is in it and what is wrong.
// What its groups mean together is the caller's to judge.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/store/data_dir.h"
#include "engine/store/store.h"
#include "herald/result.h"

namespace herald::store {

struct Flaw {
  std::string where;    // a file, or what in the store
  std::string what;     // is wrong with it
  std::string way_out;  // what to do about it
};

// Told in this order: flaws of files; then, if the store opens, campaigns by number; then the
// groups of a day, day after day; then what is left. Views live during the call.
class InspectionVisitor {
 public:
  virtual ~InspectionVisitor() = default;
  virtual void on_flaw(Flaw flaw) = 0;
  virtual void on_campaign(const CampaignRecord& record) = 0;
  virtual void on_day(base::Day day) = 0;
  virtual void on_group(std::uint64_t sequence, std::string_view group) = 0;
};

struct Inspected {
  Descriptor lock;          // ours as long as this lives: no process owns the directory meanwhile
  std::uint64_t floor = 1;  // groups below it went with their days
};

// The way out where something that was promised is gone.
extern const char* const kRestore;

// Errors: not_found (no such directory), store_in_use, disk. Damage is told to the visitor.
Result<Inspected> inspect(const std::filesystem::path& dir, InspectionVisitor& visitor);

}  // namespace herald::store
