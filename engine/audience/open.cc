#include "engine/audience/open.h"

#include <fmt/format.h>

#include <array>

#include "engine/audience/csv.h"
#include "engine/audience/jsonl.h"
#include "engine/audience/lines.h"

namespace herald::audience {
namespace {

// Errors when the name promises more than the content holds.
Result<Packing> packing_of_file(const FileSource& file, const std::filesystem::path& path) {
  std::array<std::byte, kMagicBytes> head;
  const auto got = file.peek(head);
  if (!got) return got.error();
  const Packing packing = packing_of(std::span(head).first(*got));
  const std::string extension = path.extension().string();
  if (packing == Packing::none && (extension == ".gz" || extension == ".zst")) {
    return Error{Errc::audience,
                 fmt::format("{}: is named {} but is not compressed: give it the name of what it "
                             "is, or compress it",
                             path.string(), extension)};
  }
  return packing;
}

// `source` gives the content, unpacked.
std::unique_ptr<RecordReader> reader_of(const AudienceSpec& spec,
                                        std::unique_ptr<ByteSource> source,
                                        const std::string& name) {
  switch (spec.format) {
    case AudienceSpec::Format::csv:
      return std::make_unique<CsvReader>(std::move(source), CsvColumn{spec.column, spec.separator},
                                         name);
    case AudienceSpec::Format::jsonl:
      return std::make_unique<JsonLinesReader>(std::move(source));
    case AudienceSpec::Format::lines:
      break;
  }
  return std::make_unique<LineReader>(std::move(source));
}

}  // namespace

Result<OpenedAudience> open_reader(const AudienceSpec& spec) {
  const std::string name = spec.file.string();
  auto file = FileSource::open(spec.file);
  if (!file) return file.error();
  if (!(*file)->regular()) return OpenedAudience{make_reader(spec, std::move(*file), name), false};
  const auto packing = packing_of_file(**file, spec.file);
  if (!packing) return packing.error();
  std::unique_ptr<ByteSource> source = std::move(*file);
  const bool packed = *packing != Packing::none;
  if (packed) source = std::make_unique<UnpackingSource>(std::move(source), *packing, name);
  OpenedAudience opened{reader_of(spec, std::move(source), name), packed};
  if (auto* const csv = dynamic_cast<CsvReader*>(opened.reader.get())) {
    if (auto begun = csv->begin(); !begun) return begun.error();
  }
  return opened;
}

Result<OpenedAudience> open_spooled(const AudienceSpec& spec, const std::filesystem::path& spool,
                                    const std::string& name) {
  auto file = FileSource::open(spool);
  if (!file) return file.error();
  auto unspooled =
      std::make_unique<UnpackingSource>(std::move(*file), Packing::zstd, spool.string());
  return OpenedAudience{make_reader(spec, std::move(unspooled), name), true};
}

std::unique_ptr<RecordReader> make_reader(const AudienceSpec& spec,
                                          std::unique_ptr<ByteSource> source,
                                          const std::string& name) {
  return reader_of(spec, std::make_unique<SniffingSource>(std::move(source), name), name);
}

}  // namespace herald::audience
