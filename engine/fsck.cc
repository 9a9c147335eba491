#include "herald/fsck.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <unordered_map>

#include "engine/audience/spool.h"
#include "engine/campaign/fold.h"
#include "engine/store/inspection.h"

namespace herald {
namespace {

constexpr const char* kKeep =
    "keep the data directory and report this: quotas and totals of that campaign may be wrong";

// What was reserved, and whether it was settled.
struct Batch {
  store::CampaignNumber campaign = 0;
  std::uint32_t tokens = 0;
  bool settled = false;
};

// Holds what the groups say against each other and against the campaigns.
class Audit final : public store::InspectionVisitor, public store::GroupVisitor {
 public:
  explicit Audit(const Config& config) : config_(config) {}

  void on_flaw(store::Flaw flaw) override {
    found(std::move(flaw.where), std::move(flaw.what), std::move(flaw.way_out));
  }
  void on_campaign(const store::CampaignRecord& record) override;
  void on_day(base::Day day) override;
  void on_group(std::uint64_t sequence, std::string_view group) override;

  void on_reservation(const store::ReservationHead& head,
                      std::span<const store::ReservedToken> tokens,
                      std::span<const store::DroppedRecord> drops) override;
  void on_settle(const store::Settle& settle) override;
  void on_audience_end(store::CampaignNumber campaign, std::uint32_t slice,
                       std::uint64_t records) override;
  void on_audience_mark(store::CampaignNumber campaign, std::uint32_t slice,
                        const store::AudienceMark& mark) override;
  void on_resumed(store::CampaignNumber campaign) override;

  FsckReport finish(std::uint64_t floor);

 private:
  void found(std::string where, std::string what, std::string way_out);
  void in_group(std::string what) {
    found(fmt::format("commit group {}", sequence_), std::move(what), kKeep);
  }
  const store::CampaignRecord* campaign_of(store::CampaignNumber number);
  // Whether groups of the campaign went with their days, so that not all of it is here.
  bool is_cut(const store::CampaignRecord& record) const {
    return floor_ > 1 && record.created_day < first_day_;
  }
  void check_exceptions(const store::Settle& settle);
  void check_campaign(const store::CampaignRecord& record);

  const Config& config_;
  FsckReport report_;
  std::map<store::CampaignNumber, store::CampaignRecord> campaigns_;
  std::set<std::string> ids_;
  std::set<store::CampaignNumber> unknown_;  // named by groups, and told once each
  campaign::CampaignFolds folds_;
  std::unordered_map<store::BatchId, Batch> batches_;
  struct Unreserved {
    std::uint64_t sequence;
    store::BatchId batch;
    store::CampaignNumber campaign;
  };
  std::vector<Unreserved> unreserved_;  // settled without a reservation that is here
  base::Day day_ = 0;
  base::Day first_day_ = 0;
  std::uint64_t floor_ = 1;
  std::uint64_t sequence_ = 0;
};

void Audit::found(std::string where, std::string what, std::string way_out) {
  if (report_.findings.size() == kFsckFindingsMax) {
    ++report_.more;
  } else {
    report_.findings.push_back({std::move(where), std::move(what), std::move(way_out)});
  }
}

void Audit::on_campaign(const store::CampaignRecord& record) {
  ++report_.campaigns;
  if (!ids_.insert(record.id).second) {
    found("campaign " + record.id, "is there twice", kKeep);
  }
  folds_.add(record.number);
  campaigns_.emplace(record.number, record);
}

void Audit::on_day(base::Day day) {
  if (report_.days++ == 0) first_day_ = day;
  day_ = day;
}

void Audit::on_group(std::uint64_t sequence, std::string_view group) {
  sequence_ = sequence;
  ++report_.groups;
  report_.bytes += group.size();
  if (const auto read = store::read_group(group, *this); !read) {
    found(fmt::format("commit group {}", sequence), read.error().what, store::kRestore);
  }
}

const store::CampaignRecord* Audit::campaign_of(store::CampaignNumber number) {
  const auto known = campaigns_.find(number);
  if (known != campaigns_.end()) return &known->second;
  if (unknown_.insert(number).second) {
    found(fmt::format("commit group {}", sequence_),
          fmt::format("is about campaign {}, which has no record", number), store::kRestore);
  }
  return nullptr;
}

void Audit::on_reservation(const store::ReservationHead& head,
                           std::span<const store::ReservedToken> tokens,
                           std::span<const store::DroppedRecord> drops) {
  folds_.on_reservation(head, tokens, drops);
  (void)campaign_of(head.campaign);
  if (head.batch == 0) return;
  ++report_.batches;
  report_.tokens += tokens.size();
  if (head.days.last() > day_) {
    in_group(fmt::format("charges {}, but lies under {}", base::to_string(head.days.last()),
                         base::to_string(day_)));
  }
  const Batch batch{head.campaign, static_cast<std::uint32_t>(tokens.size())};
  if (!batches_.emplace(head.batch, batch).second) {
    in_group(fmt::format("reserves batch {} a second time", head.batch));
  }
}

void Audit::on_settle(const store::Settle& settle) {
  folds_.on_settle(settle);
  (void)campaign_of(settle.campaign);
  const auto reserved = batches_.find(settle.batch);
  if (reserved == batches_.end()) {
    unreserved_.push_back({sequence_, settle.batch, settle.campaign});
    return;
  }
  Batch& batch = reserved->second;
  if (batch.settled) in_group(fmt::format("settles batch {} a second time", settle.batch));
  batch.settled = true;
  if (batch.campaign != settle.campaign || batch.tokens != settle.tokens) {
    in_group(
        fmt::format("settles batch {} of campaign {} with {} tokens, but that was reserved "
                    "for campaign {} with {}",
                    settle.batch, settle.campaign, settle.tokens, batch.campaign, batch.tokens));
  }
  check_exceptions(settle);
}

void Audit::check_exceptions(const store::Settle& settle) {
  std::set<std::uint32_t> seen;
  for (const store::Exception& exception : settle.exceptions) {
    if (!seen.insert(exception.index).second) {
      in_group(
          fmt::format("gives token {} of batch {} two outcomes", exception.index, settle.batch));
    }
  }
}

void Audit::on_audience_end(store::CampaignNumber campaign, std::uint32_t slice,
                            std::uint64_t records) {
  folds_.on_audience_end(campaign, slice, records);
  (void)campaign_of(campaign);
}

void Audit::on_audience_mark(store::CampaignNumber campaign, std::uint32_t,
                             const store::AudienceMark&) {
  (void)campaign_of(campaign);
}

void Audit::on_resumed(store::CampaignNumber campaign) {
  folds_.on_resumed(campaign);
  (void)campaign_of(campaign);
}

void Audit::check_campaign(const store::CampaignRecord& record) {
  const std::string where = "campaign " + record.id;
  if (record.audience_spooled && !record.over()) {
    const auto spool = audience::spool_file(config_.data_dir, record.number);
    std::error_code failed;
    if (!std::filesystem::is_regular_file(spool, failed)) {
      found(spool.string(), fmt::format("is missing: unfinished campaign {} reads it", record.id),
            fmt::format("restore it from a copy, or `herald cancel {}`", record.id));
    } else if (const auto sound = audience::check_spool(spool); !sound) {
      found(where, sound.error().what, fmt::format("`herald cancel {}` gives it up", record.id));
    }
  }
  if (is_cut(record) && !record.totals) return;  // an earlier version dropped its days
  const Report report = folds_.find(record.number)->report(record, false);
  if (const auto sound = check_totals(report); !sound) {
    found(where, sound.error().what, kKeep);
  }
  if (record.state == CampaignState::finished && report.pending != 0) {
    found(where, fmt::format("is finished, but {} of its records have no outcome", report.pending),
          kKeep);
  }
}

FsckReport Audit::finish(std::uint64_t floor) {
  floor_ = floor;
  for (const Unreserved& settle : unreserved_) {
    const auto record = campaigns_.find(settle.campaign);
    if (record != campaigns_.end() && is_cut(record->second)) continue;  // it went with its day
    sequence_ = settle.sequence;
    in_group(fmt::format("settles batch {}, which nothing reserves", settle.batch));
  }
  for (const auto& [number, record] : campaigns_) check_campaign(record);
  return std::move(report_);
}

}  // namespace

Result<FsckReport> fsck(const Config& config) {
  Audit audit{config};
  const auto inspected = store::inspect(config.data_dir, audit);
  if (!inspected) return inspected.error();
  return audit.finish(inspected->floor);
}

}  // namespace herald
