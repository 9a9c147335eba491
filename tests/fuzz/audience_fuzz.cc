// The records of an audience do not depend on the pieces in which its bytes come, whatever they
// are: lines, CSV or JSON Lines, plain, packed, or packed and damaged.
//
// Input: a byte of the format and packing, the sizes of the pieces, the content.
#include <gtest/gtest-spi.h>

#include "engine/audience/open.h"
#include "tests/audience/formats.h"
#include "tests/audience/packed.h"
#include "tests/fuzz/fuzz.h"

namespace herald::audience {
namespace {

using fuzz::require;
using Format = AudienceSpec::Format;

struct Read {
  Records records;
  bool failed = false;  // then the last of the records is the error
  std::uint64_t digest = 0;
};

Read read(const AudienceSpec& spec, std::string_view content, std::vector<std::size_t> sizes) {
  const auto reader = make_reader(
      spec, std::make_unique<MemorySource>(content, fuzz::in_turn(std::move(sizes))), "a");
  Read read;
  read.records = records_of(*reader);
  read.failed = read.records.size() != reader->records();
  require(!read.failed || (read.records.size() == reader->records() + 1 &&
                           read.records.back().starts_with("error: ")),
          "every record counts once");
  read.digest = reader->digest().value();
  return read;
}

// What was read of a damaged content before that was noticed may depend on the pieces; not what
// the records are.
void require_same_start(Read one, Read other) {
  one.records.pop_back();
  other.records.pop_back();
  const auto [at, end] = std::mismatch(one.records.begin(), one.records.end(),
                                       other.records.begin(), other.records.end());
  require(at == one.records.end() || end == other.records.end(),
          "both start with the same records");
}

std::size_t lines_in(std::string_view content) {
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  const auto newlines = std::count(content.begin(), content.end(), '\n');
  return static_cast<std::size_t>(newlines) + (content.empty() || content.back() == '\n' ? 0 : 1);
}

void run(std::uint8_t how, const std::vector<std::size_t>& sizes, std::string_view content) {
  constexpr std::array kSeparators{',', ';', '\t', '|'};
  AudienceSpec spec{.format = static_cast<Format>(how % 3), .column = "token"};
  spec.separator = kSeparators[how / 3 % kSeparators.size()];
  const int packing = how / 12 % 3;
  const std::string packed = packing == 1 ? gzip(content) : packing == 2 ? zstd(content) : "";
  const Read whole = read(spec, packing == 0 ? content : packed, {});
  const Read pieces = read(spec, packing == 0 ? content : packed, sizes);
  require(whole.failed == pieces.failed, "both can be read, or none");
  if (whole.failed) return require_same_start(whole, pieces);
  require(whole.records == pieces.records, "the same records");
  require(whole.digest == pieces.digest, "the same digest");

  if (packing_of(std::as_bytes(std::span(content))) != Packing::none) return;
  require(packing == 0 || whole.records == read(spec, content, {}).records, "as unpacked");
  if (spec.format != Format::csv) {
    require(whole.records.size() == lines_in(content), "a record for each line");
  }
}

}  // namespace
}  // namespace herald::audience

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  testing::GTEST_FLAG(break_on_failure) = true;  // of what the tests' readers expect
  herald::fuzz::Input input(data, size);
  const std::uint8_t how = input.byte();
  const std::vector<std::size_t> sizes = input.sizes();
  herald::audience::run(how, sizes, input.rest());
  return 0;
}
