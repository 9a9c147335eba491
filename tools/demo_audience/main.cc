// Writes the demo's audience, and what three campaigns over it must come to.
//
//   demo_audience DIR [--records N] [--seed N]
//
// DIR/all.txt is the audience, DIR/most.txt the same without every fifth token. The campaigns, with
// a quota of 2, go to all, most and all: so in the third the devices of `most` are over their quota
// and the others get their second message. DIR/expected.json says how each record must end.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "tools/demo_audience/audience.h"

namespace demo {
namespace {

class File {
 public:
  explicit File(const std::string& name) : name_(name), file_(std::fopen(name.c_str(), "wb")) {
    if (file_ == nullptr) fail();
  }
  ~File() {
    if (file_ != nullptr) std::fclose(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail();
  }
  void close() {
    if (std::fclose(std::exchange(file_, nullptr)) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw std::runtime_error(fmt::format("cannot write {} ({})", name_, std::strerror(errno)));
  }

  const std::string name_;
  std::FILE* file_;
};

std::string campaign_json(const Counts& counts, std::uint64_t over_quota) {
  std::string kinds;
  for (std::size_t i = 0; i < kMalformedNames.size(); ++i) {
    kinds +=
        fmt::format("{}\"{}\": {}", i == 0 ? "" : ", ", kMalformedNames[i], counts.malformed[i]);
  }
  return fmt::format(
      "{{\"records\": {}, \"accepted\": {}, \"invalid\": {}, \"over_quota\": {}, \"duplicate\": "
      "{}, "
      "\"malformed\": {}, \"malformed_kinds\": {{{}}}}}",
      counts.records(), counts.devices - over_quota, counts.invalid, over_quota, counts.duplicate,
      counts.malformed_all(), kinds);
}

std::string expected_json(const Counts& all, const Counts& most) {
  return fmt::format("{{\"quota\": 2, \"devices\": {}, \"campaigns\": [\n  {},\n  {},\n  {}\n]}}\n",
                     all.devices, campaign_json(all, 0), campaign_json(most, 0),
                     campaign_json(all, most.devices));
}

void write_all(const std::string& directory, std::uint64_t records, std::uint64_t seed) {
  File all(directory + "/all.txt");
  File most(directory + "/most.txt");
  File expected(directory + "/expected.json");
  Audience audience(seed);
  for (std::uint64_t i = 0; i < records; ++i) {
    const Audience::Line line = audience.next();
    for (File* file : {&all, &most}) {
      if (file == &most && !line.most) continue;
      file->write(line.text);
      file->write("\n");
    }
  }
  expected.write(expected_json(audience.all(), audience.most()));
  for (File* file : {&all, &most, &expected}) file->close();
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) {
  CLI::App app{"Writes the demo's audience, and what three campaigns over it must come to."};
  std::string directory;
  std::uint64_t records = 1'000'000;
  std::uint64_t seed = 1;
  app.add_option("DIR", directory, "Folder for all.txt, most.txt and expected.json")->required();
  app.add_option("--records", records, "Lines of all.txt")->capture_default_str();
  app.add_option("--seed", seed, "The same seed gives the same files")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    demo::write_all(directory, records, seed);
  } catch (const std::exception& failed) {
    fmt::print(stderr, "demo_audience: {}\n", failed.what());
    return 1;
  }
  return 0;
}
