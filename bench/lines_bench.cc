// Reading an audience of tokens of 115 bytes: the read alone, the read with the lines, and with the
// fingerprints. The difference is what a record costs.
//   lines_bench [--size=RECORDS] [--repetitions=N]    (default: 1 million, 5)
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/support.h"
#include "engine/audience/lines.h"
#include "engine/base/random.h"
#include "engine/ledger/fingerprint.h"

namespace herald::bench {
namespace {

constexpr std::size_t kTokenBytes = 115;

// A file of its own, gone with the program.
class TokenFile {
 public:
  explicit TokenFile(std::uint64_t records) : records_(records) {
    path_ = std::filesystem::temp_directory_path() /
            ("herald-lines-bench-" + std::to_string(getpid()) + ".txt");
    std::FILE* const file = std::fopen(path_.c_str(), "wb");
    check(file != nullptr, "cannot write a file of tokens");
    base::Random random(115);
    for (std::uint64_t i = 0; i < records; ++i) {
      std::string line(kTokenBytes, '\0');
      for (char& byte : line) byte = kAlphabet[random.next() % kAlphabet.size()];
      line += '\n';
      check(std::fwrite(line.data(), 1, line.size(), file) == line.size(), "disk is full");
    }
    check(std::fclose(file) == 0, "disk is full");
  }
  ~TokenFile() { std::filesystem::remove(path_); }
  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;

  std::unique_ptr<audience::FileSource> open() const {
    return std::move(audience::FileSource::open(path_)).value();
  }
  std::uint64_t records() const { return records_; }

 private:
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  std::uint64_t records_;
  std::filesystem::path path_;
};

struct alignas(4096) Page {
  std::byte bytes[4096];
};

void read_only(benchmark::State& state, const TokenFile& file) {
  std::vector<Page> piece(64);
  for (auto _ : state) {
    const auto source = file.open();
    while (source->read(std::as_writable_bytes(std::span(piece))).value() != 0) {
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * file.records()));
}

void digest_only(benchmark::State& state, const TokenFile& file) {
  std::vector<Page> piece(64);
  for (auto _ : state) {
    const auto source = file.open();
    audience::ContentDigest digest;
    const auto bytes = std::as_writable_bytes(std::span(piece));
    while (const std::size_t got = source->read(bytes).value()) digest.update(bytes.first(got));
    benchmark::DoNotOptimize(digest.value());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * file.records()));
}

void read_lines(benchmark::State& state, const TokenFile& file,
                const ledger::Fingerprinter* fingerprinter) {
  std::vector<ledger::Fingerprint> fingerprints(audience::kRecordsPerBlock);
  for (auto _ : state) {
    audience::LineReader reader(file.open());
    for (auto block = reader.next(); !block->records.empty(); block = reader.next()) {
      if (fingerprinter != nullptr) (*fingerprinter)(block->records, std::span(fingerprints));
      benchmark::DoNotOptimize(fingerprints.data());
    }
    check(reader.records() == file.records(), "records were lost");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * file.records()));
}

void check_records(const TokenFile& file) {
  audience::LineReader reader(file.open());
  for (auto block = reader.next(); !block->records.empty(); block = reader.next()) {
    for (const audience::Record& record : block->records) {
      check(record.size == kTokenBytes && record.malformed == Reason::none && !record.escape,
            "a record is not the token that was written");
    }
  }
  check(reader.records() == file.records(), "records were lost");
}

int run(const Options& options) {
  const TokenFile file(options.size);
  const ledger::Fingerprinter fingerprinter(1, "", "bench");
  check_records(file);
  const auto repeat = [&](benchmark::internal::Benchmark* each) {
    each->Repetitions(static_cast<int>(options.repetitions))->Unit(benchmark::kMillisecond);
    if (options.repetitions == 1) each->Iterations(1);
  };
  repeat(benchmark::RegisterBenchmark("read",
                                      [&](benchmark::State& state) { read_only(state, file); }));
  repeat(benchmark::RegisterBenchmark("read_digest",
                                      [&](benchmark::State& state) { digest_only(state, file); }));
  repeat(benchmark::RegisterBenchmark(
      "read_lines", [&](benchmark::State& state) { read_lines(state, file, nullptr); }));
  repeat(benchmark::RegisterBenchmark("read_lines_fingerprint", [&](benchmark::State& state) {
    read_lines(state, file, &fingerprinter);
  }));
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) {
  return herald::bench::run(herald::bench::parse(argc, argv, 1'000'000));
}
