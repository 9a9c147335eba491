#include "tools/herald/record_count.h"

#include <unistd.h>

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

}  // namespace

Result<std::uint64_t> count_records(const AudienceSpec& spec) {
  auto reader = open(spec);
  if (!reader) return reader.error();
  for (;;) {
    const auto block = (*reader)->next();
    if (!block) return block.error();
    if (block->records.empty()) return (*reader)->records();
  }
}

}  // namespace herald::cli
