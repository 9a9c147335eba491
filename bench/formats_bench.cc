// Reading audiences of every format out of memory: lines, CSV, JSON Lines with and without what
// differs from device to device, and lines packed with gzip and zstd.
//   formats_bench [--size=RECORDS] [--repetitions=N]    (default: 200000, 5)
#include <benchmark/benchmark.h>
#include <zlib.h>
#include <zstd.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/support.h"
#include "bench/tokens.h"
#include "engine/audience/open.h"

namespace herald::bench {
namespace {

using Format = AudienceSpec::Format;
using Tokens = std::vector<std::string>;

class MemorySource final : public audience::ByteSource {
 public:
  explicit MemorySource(std::string_view content) : content_(content) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t size = std::min(into.size(), content_.size());
    std::memcpy(into.data(), content_.data(), size);
    content_.remove_prefix(size);
    return size;
  }
  std::uint64_t size() const override { return 0; }

 private:
  std::string_view content_;
};

struct Audience {
  const char* name;
  AudienceSpec spec;
  std::string content;
  std::size_t variables;  // of each record

  std::unique_ptr<audience::RecordReader> open() const {
    return audience::make_reader(spec, std::make_unique<MemorySource>(content), name);
  }
};

std::string gzip(std::string_view content) {
  z_stream stream{};
  check(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8,
                     Z_DEFAULT_STRATEGY) == Z_OK,
        "gzip does not start");
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  check(deflate(&stream, Z_FINISH) == Z_STREAM_END, "gzip does not end");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string zstd(std::string_view content) {
  std::string packed(ZSTD_compressBound(content.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), content.data(), content.size(), 3);
  check(ZSTD_isError(size) == 0, "zstd fails");
  packed.resize(size);
  return packed;
}

std::vector<Audience> audiences(const Tokens& tokens) {
  std::string lines;
  std::string csv = "name,token,city\n";
  std::string quoted = csv;
  std::string jsonl;
  std::string variables;
  for (const std::string& token : tokens) {
    lines += token + '\n';
    csv += "Al," + token + ",Shenzhen\n";
    quoted += "\"Al, B\"," + token + ",\"Shenzhen\"\n";
    jsonl += R"({"token":")" + token + "\"}\n";
    variables += R"({"token":")" + token + R"(","vars":{"name":"Al","city":"Shenzhen"}})" + '\n';
  }
  const AudienceSpec plain;
  const AudienceSpec of_csv{.format = Format::csv, .column = "token"};
  const AudienceSpec of_jsonl{.format = Format::jsonl};
  return {{"lines", plain, lines, 0},
          {"lines_gzip", plain, gzip(lines), 0},
          {"lines_zstd", plain, zstd(lines), 0},
          {"csv", of_csv, csv, 0},
          {"csv_quoted", of_csv, quoted, 0},
          {"jsonl", of_jsonl, jsonl, 0},
          {"jsonl_two_variables", of_jsonl, variables, 2}};
}

void check_records(const Audience& audience, const Tokens& tokens) {
  const auto reader = audience.open();
  std::size_t at = 0;
  for (auto block = reader->next(); !block->records.empty(); block = reader->next()) {
    for (std::size_t i = 0; i < block->records.size(); ++i, ++at) {
      const audience::Record& record = block->records[i];
      check(record.malformed == Reason::none && at < tokens.size() &&
                std::string_view(record.data, record.size) == tokens[at],
            "a record is not the token that was written");
      const std::size_t variables = block->fields.empty() ? 0 : block->fields[i].variables.size();
      check(variables == audience.variables, "variables were lost");
    }
  }
  check(at == tokens.size(), "records were lost");
}

void read_all(benchmark::State& state, const Audience& audience, std::uint64_t records) {
  for (auto _ : state) {
    const auto reader = audience.open();
    for (auto block = reader->next(); !block->records.empty(); block = reader->next()) {
      benchmark::DoNotOptimize(block->records.data());
    }
    check(reader->records() == records, "records were lost");
  }
  state.counters["record"] = time_each(records);
}

int run(const Options& options) {
  const Tokens tokens = make_tokens(options.size);
  const std::vector<Audience> all = audiences(tokens);
  for (const Audience& audience : all) {
    check_records(audience, tokens);
    add_case(audience.name, options, [&](benchmark::State& state) {
      read_all(state, audience, tokens.size());
    })->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) {
  return herald::bench::run(herald::bench::parse(argc, argv, 200'000));
}
