// From a campaign to its audience, when it is submitted and when it is read again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/audience/live.h"
#include "engine/audience/open.h"
#include "engine/audience/slices.h"
#include "engine/store/store.h"
#include "herald/audience_feed.h"
#include "herald/config.h"
#include "herald/job.h"
#include "herald/result.h"

namespace herald {

// What a campaign reads: each of its slices once, from any thread.
struct Audience {
  std::vector<std::uint64_t> begins{0};  // of its slices
  std::uint64_t bytes = 0;               // 0: not known
  // Errors: audience.
  std::function<Result<std::unique_ptr<audience::RecordReader>>(std::uint32_t slice)> reader;

  std::uint32_t slices() const { return static_cast<std::uint32_t>(begins.size()); }
};

// What a campaign will read: opened before anything is written about the campaign, so that what can
// be refused is refused then.
class AudienceOpening {
 public:
  // A file, or standard input. Errors: job, when it names neither; audience.
  static Result<AudienceOpening> of_job(const Job& job);
  // Errors: job, when the feed cannot be of that format; usage, when a campaign has it already.
  static Result<AudienceOpening> of_feed(const Job& job, std::shared_ptr<audience::Feed> feed);

  // Where it is a plain file of lines: into slices of so many bytes. Errors: audience.
  Result<void> cut(std::uint64_t slice_bytes);
  void describe(store::CampaignRecord& record) const;
  std::uint64_t bytes() const;  // 0: not known

  // Once; what comes live goes through a spool of its own. Errors: disk.
  // `on_wait` is called by a reader's next() before it waits for what comes live.
  Result<Audience> audience(const Config& config, const store::CampaignRecord& record,
                            std::function<void()> on_wait);
  // Ends a wait for more; null: there is no wait.
  std::shared_ptr<audience::Interrupt> interrupt() const;

 private:
  AudienceOpening(const Job& job, audience::OpenedAudience file);
  AudienceOpening(const Job& job, std::unique_ptr<audience::LiveSource> live, std::string name);

  AudienceSpec spec_;
  std::string name_;
  audience::OpenedAudience file_;                       // or
  std::shared_ptr<const audience::SlicedFile> sliced_;  // or
  std::unique_ptr<audience::LiveSource> live_;
};

// The same records once more, from the file or the spool.
// Errors: audience, also when a plain file has another size than it had; damaged_store.
Result<Audience> reopen_audience(const Config& config, const store::CampaignRecord& record);

// Removes the spools that nobody can ask for any more: of campaigns that the store does not know,
// and of those that ended longer ago than the retention. Errors: disk, damaged_store.
Result<void> remove_old_spools(const Config& config, store::Store& store, base::Day today);

}  // namespace herald
