// A fuzzer's main in the ordinary builds: runs the files of its corpus, and a fixed number of
// mutations of each that are the same in every run.
//   NAME_fuzz CORPUS [MUTATIONS]      (of each file; default 1000)
// An input that ends the program is left in the file `crash` of the working directory.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/base/random.h"
#include "tests/fuzz/fuzz.h"

namespace herald::fuzz {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::size_t kBytesMax = 64 << 10;  // that a mutation grows to

std::string current;  // input

// Only calls that a signal handler may make.
extern "C" void on_crash(int signal) {
  const int file = open("crash", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  const bool kept = file >= 0 && write(file, current.data(), current.size()) >= 0;
  constexpr std::string_view kSaid = "the input that did it is in the file crash\n";
  if (kept && write(STDERR_FILENO, kSaid.data(), kSaid.size()) < 0) _exit(1);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(std::string input) {
  current = std::move(input);
  // A copy of exactly the size, so that a sanitizer sees what reads behind it.
  const std::vector<std::uint8_t> bytes(current.begin(), current.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string mutated(std::string input, const std::vector<std::string>& corpus,
                    base::Random& random) {
  const auto below = [&](std::size_t bound) { return bound == 0 ? 0 : random.next() % bound; };
  for (std::uint64_t times = 1 + below(6); times > 0; --times) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t size = below(std::min<std::size_t>(input.size() - at, 32) + 1);
    const std::string& other = corpus[below(corpus.size())];
    switch (below(6)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(random.next());
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        break;
      case 2:
        input.erase(at, size);
        break;
      case 3:
        input.insert(at, size, static_cast<char>(random.next()));
        break;
      case 4:
        input.insert(below(input.size() + 1), input.substr(at, size));
        break;
      default:
        input.insert(at, other.substr(below(other.size() + 1), 1 + below(64)));
    }
  }
  input.resize(std::min(input.size(), kBytesMax));
  return input;
}

std::vector<std::string> read_corpus(const char* folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& each : std::filesystem::directory_iterator(folder)) files.push_back(each);
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

int replay(const char* folder, unsigned long mutations) {
  const std::vector<std::string> corpus = read_corpus(folder);
  require(!corpus.empty(), "there is a corpus");
  for (const int signal : {SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGTRAP}) {
    std::signal(signal, on_crash);
  }
  base::Random random(kSeed);
  for (const std::string& input : corpus) {
    run(input);
    for (unsigned long i = 0; i < mutations; ++i) run(mutated(input, corpus, random));
  }
  std::printf("%zu inputs, %lu mutations of each\n", corpus.size(), mutations);
  return 0;
}

}  // namespace
}  // namespace herald::fuzz

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS [MUTATIONS]\n", argv[0]);
    return 2;
  }
  return herald::fuzz::replay(argv[1], argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1000);
}
