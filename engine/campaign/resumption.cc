#include "engine/campaign/resumption.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/mutant.h"
#include "engine/campaign/records_digest.h"

namespace herald::campaign {

Result<Resumption> Resumption::read(store::Store& store, const store::CampaignRecord& record,
                                    Purpose purpose) {
  auto map = OutcomeMap::read(store, record, true);
  if (!map) return map.error();
  return Resumption{std::move(*map), purpose};
}

Resumption::Known Resumption::of(std::uint64_t number, std::uint32_t slice) const {
  const auto found = number < map_.records(slice) ? map_.at(number, slice) : std::nullopt;
  if (!found) return Known::nothing;
  if constexpr (base::mutant(base::Mutant::resume_sends_ambiguous)) {
    if (found->outcome == Outcome::ambiguous) return Known::nothing;
  }
  if (found->outcome == Outcome::duplicate) return Known::duplicate;
  if (found->outcome != Outcome::ambiguous || purpose_ == Purpose::finish) return Known::settled;
  // By itself herald sends once more and no oftener; who asks for it may ask again.
  const bool once = purpose_ == Purpose::finish_and_again;
  return once && map_.resent(number, slice) ? Known::settled : Known::again;
}

Result<void> check_audience(audience::RecordReader& reader,
                            const ledger::Fingerprinter& fingerprinter,
                            const store::AudienceMark& mark, const std::string& name,
                            const SeeRecords& see) {
  RecordsDigest digest;
  std::array<ledger::Fingerprint, audience::kRecordsPerBlock> tokens;
  while (digest.records() < mark.records) {
    const auto block = reader.next();
    if (!block) return block.error();
    if (block->records.empty()) {
      return Error{Errc::audience,
                   fmt::format("{}: it ends after {} records, but {} were read before: bring the "
                               "file back that the campaign began with",
                               name, digest.records(), mark.records)};
    }
    const auto size = static_cast<std::size_t>(
        std::min<std::uint64_t>(block->records.size(), mark.records - digest.records()));
    const auto records = block->records.first(size);
    fingerprinter(records, std::span{tokens});
    for (std::size_t i = 0; i < size; ++i) {
      if (records[i].malformed != Reason::none) tokens[i] = 0;
    }
    if (see) see(digest.records(), std::span{tokens}.first(size));
    digest.update(std::span{tokens}.first(size));
  }
  if (digest.mark().digest == mark.digest) return {};
  return Error{
      Errc::audience,
      fmt::format("{}: its first {} records are not those that were read before: bring the "
                  "file back that the campaign began with, or send the new one as a "
                  "campaign with another id",
                  name, mark.records)};
}

void mark_settled(const Resumption& resumption, std::uint32_t slice, std::uint64_t first,
                  std::span<const ledger::Fingerprint> records, ledger::Ledger& devices,
                  ledger::Seen& seen) {
  using Known = Resumption::Known;
  std::array<ledger::Fingerprint, audience::kRecordsPerBlock> settled;
  std::size_t count = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Known known = resumption.of(first + i, slice);
    const bool had = known == Known::settled || known == Known::again;
    if (had && records[i] != 0) settled[count++] = records[i];
  }
  if (!base::mutant(base::Mutant::resume_forgets_duplicates)) {
    devices.mark(std::span{settled}.first(count), seen);
  }
}

}  // namespace herald::campaign
