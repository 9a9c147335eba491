#include "tools/herald/record_count.h"

#include <unistd.h>

#include <algorithm>

#include "engine/audience/live.h"
#include "engine/audience/open.h"

namespace herald::cli {
namespace {

constexpr const char* kStandardInput = "standard input";

Result<std::unique_ptr<audience::RecordReader>> open(const AudienceSpec& spec) {
  if (!spec.is_standard_input()) {
    auto opened = audience::open_reader(spec);
    if (!opened) return opened.error();
    return std::move(opened->reader);
  }
  auto source = audience::DescriptorSource::open(STDIN_FILENO, kStandardInput);
  if (!source) return source.error();
  return audience::make_reader(spec, std::move(*source), kStandardInput);
}

void add(std::vector<MalformedCount>& counts, Reason reason, std::uint64_t record) {
  for (MalformedCount& each : counts) {
    if (each.reason != reason) continue;
    ++each.count;
    return;
  }
  counts.push_back({reason, 1, record});
}

}  // namespace

std::uint64_t AudienceCount::malformed_records() const {
  std::uint64_t sum = 0;
  for (const MalformedCount& each : malformed) sum += each.count;
  return sum;
}

Result<AudienceCount> count_records(const AudienceSpec& spec) {
  auto reader = open(spec);
  if (!reader) return reader.error();
  AudienceCount count;
  for (;;) {
    const auto block = (*reader)->next();
    if (!block) return block.error();
    if (block->records.empty()) break;
    for (const audience::Record& record : block->records) {
      ++count.records;
      if (record.malformed != Reason::none) add(count.malformed, record.malformed, count.records);
    }
  }
  std::stable_sort(count.malformed.begin(), count.malformed.end(),
                   [](const auto& one, const auto& other) { return one.count > other.count; });
  return count;
}

}  // namespace herald::cli
