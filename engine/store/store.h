// The only durable state: campaigns, and the log of commit groups that ledger, reports and resume
// are folds of. A seam: the program has RocksDB behind it, the simulation a double that loses what
// was not synced.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/day.h"
#include "engine/base/surface.h"
#include "engine/store/group.h"
#include "herald/report.h"
#include "herald/result.h"

namespace herald::base {
class Executor;
}

namespace herald::store {

// What a data directory is, fixed when it is made (I31).
struct Meta {
  std::uint32_t format = 1;
  std::uint64_t fingerprint_seed = 0;
  std::uint32_t shard = 0;  // i of n, from 0
  std::uint32_t shards = 1;
};

// What a campaign came to, kept when the days of its groups are dropped.
struct Totals {
  std::uint64_t records = 0;
  std::uint64_t pending = 0;  // of them, without an outcome
  std::array<std::uint64_t, kOutcomes> outcomes{};
  std::map<std::string, std::uint64_t> reasons;  // as in Report
};

// A campaign as it was handed in, and where it stands. Counters are those that groups do not hold.
struct CampaignRecord {
  CampaignNumber number = 0;
  std::string id;
  std::string app;
  std::string project;  // the app's
  int push_type = 0;
  std::string job;       // canonical
  std::string audience;  // path, or what it was called
  std::uint64_t audience_bytes = 0;
  std::uint64_t audience_digest = 0;  // of what was read, unpacked; known at the end
  std::string audience_format = "lines";
  std::string audience_column;                 // of csv
  std::string audience_separator = ",";        // of csv
  bool audience_packed = false;                // audience_bytes are those of a compressed file
  bool audience_spooled = false;               // not a file: its copy is in the data directory
  std::vector<std::uint64_t> audience_slices;  // the bytes at which they begin; none: it is one
  base::Day created_day = 0;
  std::int64_t created_ms = 0;
  CampaignState state = CampaignState::running;
  std::string pause_reason;
  std::uint64_t body_bytes = 0;
  Report::Requests requests;
  std::uint64_t rate_limited = 0;
  std::int64_t elapsed_ms = 0;
  bool synced = true;  // false once any of it ran with durability "process"
  std::optional<Totals> totals;

  std::uint32_t slices() const {
    return std::max(static_cast<std::uint32_t>(audience_slices.size()), std::uint32_t{1});
  }
  bool over() const {
    return state == CampaignState::finished || state == CampaignState::cancelled;
  }
};

// A card or live view that the service blocks. Kept apart from the groups: it outlives their days.
struct Block {
  std::uint64_t surface = 0;  // what the ledger knows it by
  base::Surface::Kind kind = base::Surface::Kind::none;
  base::SurfaceBlock reason = base::SurfaceBlock::none;
  std::int64_t until_ms = 0;  // since 1970
};

class Store {
 public:
  // The group's sequence number once it is durable, or why it is not: then nothing more ever will
  // be.
  using Done = std::function<void(Result<std::uint64_t>)>;

  virtual ~Store() = default;

  // Any thread. Appends one group, of records about days up to `day`; `done` runs on `executor`.
  // Groups become durable in the order of the calls.
  virtual void commit(std::string group, base::Day day, base::Executor& executor, Done done) = 0;
  // Any thread. Groups up to this one are durable (I3 is asserted against it).
  virtual std::uint64_t durable_sequence() const = 0;
  // Any thread. Ids of reservations, never given twice.
  virtual BatchId new_batch_id() = 0;

  // Any thread; durable when they return. Errors: disk.
  virtual Result<void> put_campaign(const CampaignRecord& record) = 0;
  virtual CampaignNumber new_campaign_number() = 0;
  virtual Result<void> put_blocks(std::span<const Block> blocks) = 0;
  virtual Result<std::vector<Block>> blocks(std::int64_t now_ms) = 0;  // that still hold
  virtual Result<std::vector<CampaignRecord>> campaigns() = 0;

  // Every group of `from` and later days, oldest first. Errors: damaged_store, disk, and the
  // visit's.
  using Visit = std::function<Result<void>(std::uint64_t sequence, std::string_view group)>;
  virtual Result<void> replay(base::Day from, const Visit& visit) = 0;

  virtual const Meta& meta() const = 0;
};

Result<std::optional<CampaignRecord>> find_campaign(Store& store, std::string_view id);

}  // namespace herald::store
