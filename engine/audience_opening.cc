#include "engine/audience_opening.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>

#include "engine/audience/feed.h"
#include "engine/audience/spool.h"

namespace herald {
namespace {

constexpr std::array<std::string_view, 3> kFormatNames{"lines", "csv", "jsonl"};
// Of lines that were cut into slices: who knows no slices must not take them for lines, as it would
// take records of one slice for those of another.
constexpr std::string_view kSlices = "slices";

std::string_view to_string(AudienceSpec::Format format) {
  return kFormatNames[static_cast<std::size_t>(format)];
}

// Errors: damaged_store.
Result<AudienceSpec> spec_of(const store::CampaignRecord& record) {
  const bool sliced = record.audience_format == kSlices && !record.audience_slices.empty();
  const auto* const found = std::find(kFormatNames.begin(), kFormatNames.end(),
                                      sliced ? kFormatNames[0] : record.audience_format);
  if (found == kFormatNames.end() || record.audience_separator.size() != 1) {
    return Error{Errc::damaged_store,
                 fmt::format("campaign {}: its audience has format \"{}\", which this version does "
                             "not know: use the version that ran it",
                             record.id, record.audience_format)};
  }
  const auto format = static_cast<AudienceSpec::Format>(found - kFormatNames.begin());
  return AudienceSpec{record.audience, format, record.audience_column,
                      record.audience_separator[0]};
}

// What cannot be read twice, as <(zcat tokens.gz) of a shell.
bool is_pipe(const std::filesystem::path& file) {
  std::error_code failed;
  const auto kind = std::filesystem::status(file, failed).type();
  using Kind = std::filesystem::file_type;
  return !failed && (kind == Kind::fifo || kind == Kind::character || kind == Kind::socket);
}

Result<std::unique_ptr<audience::DescriptorSource>> open_pipe(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return Error{Errc::audience, fmt::format("{}: cannot open the audience ({}): make it readable",
                                             file.string(), std::strerror(errno))};
  }
  auto source = audience::DescriptorSource::open(fd, file.string());  // a duplicate
  ::close(fd);
  return source;
}

Audience one_slice(std::unique_ptr<audience::RecordReader> reader) {
  Audience audience;
  audience.bytes = reader->size();
  const auto kept = std::make_shared<std::unique_ptr<audience::RecordReader>>(std::move(reader));
  audience.reader = [kept](std::uint32_t) -> Result<std::unique_ptr<audience::RecordReader>> {
    return std::move(*kept);
  };
  return audience;
}

Audience several_slices(std::shared_ptr<const audience::SlicedFile> file) {
  Audience audience;
  audience.begins = file->begins();
  audience.bytes = file->bytes();
  audience.reader = [file = std::move(file)](std::uint32_t slice) { return file->reader(slice); };
  return audience;
}

Error other_size(const store::CampaignRecord& record, std::uint64_t bytes) {
  return {Errc::audience,
          fmt::format("{}: {} bytes, but it had {} when campaign {} read it: bring that file back",
                      record.audience, bytes, record.audience_bytes, record.id)};
}

}  // namespace

Result<AudienceOpening> AudienceOpening::of_job(const Job& job) {
  if (job.audience.file.empty()) {
    return Error{Errc::job, fmt::format("job {}: no audience: name a file in the job or with "
                                        "--audience",
                                        job.id)};
  }
  if (job.audience.is_standard_input()) {
    auto live = audience::DescriptorSource::open(STDIN_FILENO, "standard input");
    if (!live) return live.error();
    return AudienceOpening{job, std::move(*live), "standard input"};
  }
  if (is_pipe(job.audience.file)) {
    auto live = open_pipe(job.audience.file);
    if (!live) return live.error();
    return AudienceOpening{job, std::move(*live), job.audience.file.string()};
  }
  auto opened = audience::open_reader(job.audience);
  if (!opened) return opened.error();
  return AudienceOpening{job, std::move(*opened)};
}

Result<AudienceOpening> AudienceOpening::of_feed(const Job& job,
                                                 std::shared_ptr<audience::Feed> feed) {
  if (job.audience.format == AudienceSpec::Format::csv) {
    return Error{Errc::job, fmt::format("job {}: a pushed audience has format lines or jsonl, not "
                                        "csv: push the tokens themselves",
                                        job.id)};
  }
  if (!feed->take()) {
    return Error{
        Errc::usage,
        fmt::format("job {}: the feed was given to a campaign before: make one for each", job.id)};
  }
  return AudienceOpening{job, std::make_unique<audience::FeedSource>(std::move(feed)),
                         "the pushed audience"};
}

AudienceOpening::AudienceOpening(const Job& job, audience::OpenedAudience file)
    : spec_(job.audience),
      name_(std::filesystem::absolute(job.audience.file).lexically_normal().string()),
      file_(std::move(file)) {}

AudienceOpening::AudienceOpening(const Job& job, std::unique_ptr<audience::LiveSource> live,
                                 std::string name)
    : spec_(job.audience), name_(std::move(name)), live_(std::move(live)) {}

Result<void> AudienceOpening::cut(std::uint64_t slice_bytes) {
  if (live_ != nullptr || file_.packed) return {};
  auto sliced = audience::SlicedFile::open(spec_, slice_bytes);
  if (!sliced) return sliced.error();
  if (*sliced == nullptr || (*sliced)->begins().size() == 1) return {};
  sliced_ = std::move(*sliced);
  file_.reader.reset();
  return {};
}

void AudienceOpening::describe(store::CampaignRecord& record) const {
  record.audience = name_;
  record.audience_bytes = bytes();
  record.audience_format = sliced_ ? kSlices : to_string(spec_.format);
  if (sliced_) record.audience_slices = sliced_->begins();
  record.audience_column = spec_.column;
  record.audience_separator = std::string(1, spec_.separator);
  record.audience_packed = file_.packed;
  record.audience_spooled = live_ != nullptr;
}

std::uint64_t AudienceOpening::bytes() const {
  if (sliced_) return sliced_->bytes();
  return file_.reader ? file_.reader->size() : 0;
}

Result<Audience> AudienceOpening::audience(const Config& config,
                                           const store::CampaignRecord& record,
                                           std::function<void()> on_wait) {
  if (sliced_) return several_slices(std::move(sliced_));
  if (live_ == nullptr) return one_slice(std::move(file_.reader));
  auto spooling = audience::SpoolingSource::create(
      std::move(live_), audience::spool_file(config.data_dir, record.number),
      config.ledger.durability == Durability::sync);
  if (!spooling) return spooling.error();
  (*spooling)->on_wait(std::move(on_wait));
  return one_slice(audience::make_reader(spec_, std::move(*spooling), name_));
}

std::shared_ptr<audience::Interrupt> AudienceOpening::interrupt() const {
  return live_ == nullptr ? nullptr : live_->interrupt();
}

Result<Audience> reopen_audience(const Config& config, const store::CampaignRecord& record) {
  const auto spec = spec_of(record);
  if (!spec) return spec.error();
  if (record.slices() > 1) {
    auto sliced = audience::SlicedFile::open_again(*spec, record.audience_slices);
    if (!sliced) return sliced.error();
    const std::uint64_t bytes = (*sliced)->bytes();
    if (bytes != record.audience_bytes) return other_size(record, bytes);
    return several_slices(std::move(*sliced));
  }
  auto opened =
      record.audience_spooled
          ? audience::open_spooled(*spec, audience::spool_file(config.data_dir, record.number),
                                   record.audience)
          : audience::open_reader(*spec);
  if (!opened) return opened.error();
  // What is packed may have been packed again: only the content counts.
  const bool sized = !record.audience_spooled && !record.audience_packed && !opened->packed;
  if (sized && opened->reader->size() != record.audience_bytes) {
    return other_size(record, opened->reader->size());
  }
  return one_slice(std::move(opened->reader));
}

Result<void> remove_old_spools(const Config& config, store::Store& store, base::Day today) {
  const auto records = store.campaigns();
  if (!records) return records.error();
  // As the store keeps its days.
  const auto days_kept = std::chrono::ceil<std::chrono::days>(config.ledger.retention).count();
  const auto keep_from = static_cast<base::Day>(today - days_kept);
  std::set<std::uint64_t> kept;
  for (const store::CampaignRecord& record : *records) {
    const bool over =
        record.state == CampaignState::finished || record.state == CampaignState::cancelled;
    const base::WallTime created{std::chrono::milliseconds{record.created_ms}};
    const base::Day created_day = base::calendar_of(config.ledger).day(created);
    if (record.audience_spooled && (!over || created_day >= keep_from)) {
      kept.insert(record.number);
    }
  }
  return audience::remove_spools(config.data_dir,
                                 [&](std::uint64_t campaign) { return kept.contains(campaign); });
}

}  // namespace herald
