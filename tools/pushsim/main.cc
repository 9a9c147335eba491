// pushsim: the Push Kit simulator. See README.md beside this file.
#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "tools/pushsim/clock.h"
#include "tools/pushsim/dump.h"
#include "tools/pushsim/files.h"
#include "tools/pushsim/keygen.h"
#include "tools/pushsim/options.h"
#include "tools/pushsim/receipt_poster.h"
#include "tools/pushsim/server.h"
#include "tools/pushsim/service.h"
#include "tools/pushsim/setup_error.h"

namespace pushsim {
namespace {

constexpr int kUsageError = 2;
constexpr int kDiskError = 70;
// What is queued at the end is posted for so long.
constexpr std::chrono::seconds kReceiptsAtEnd{5};

std::string url(const Options& options, std::uint16_t port) {
  const bool v6 = options.host.find(':') != std::string::npos;
  return fmt::format("https://{}{}{}:{}", v6 ? "[" : "", options.host, v6 ? "]" : "", port);
}

bool tell(const std::string& failure) {
  if (!failure.empty()) fmt::print(stderr, "pushsim: {}\n", failure);
  return failure.empty();
}

int serve(const Options& options) {
  Server::block_signals();
  const SystemClock clock(options.clock_skew);
  Service service(options, read_file(options.public_key_file), clock);
  std::optional<ReceiptPoster> receipts;
  if (!options.receipts.url.empty()) {
    receipts.emplace(options.receipts, clock);
    service.send_receipts_to(&*receipts);
  }
  Server server(service, clock);
  if (!options.port_file.empty() &&
      !tell(replace_file(options.port_file, fmt::format("{}\n", server.port())))) {
    return kUsageError;
  }
  fmt::print("pushsim: listening on {}\n", url(options, server.port()));
  std::fflush(stdout);
  server.run([&] {
    service.flush_log();  // a dump says no more than the log
    tell(write_dumps(service));
  });
  if (receipts) receipts->finish(kReceiptsAtEnd);
  return tell(write_dumps(service)) ? 0 : kDiskError;
}

int run(int argc, char** argv) {
  const CommandLine line = parse_command_line(argc, argv);
  if (line.exit_status) return *line.exit_status;
  if (!line.keygen) return serve(line.options);
  generate_keys(*line.keygen);
  fmt::print(
      "pushsim: made service-account.json, service-account.pub.pem, tls.key and tls.crt in {}\n",
      line.keygen->directory);
  return 0;
}

}  // namespace
}  // namespace pushsim

int main(int argc, char** argv) {
  try {
    return pushsim::run(argc, argv);
  } catch (const pushsim::SetupError& error) {
    fmt::print(stderr, "pushsim: {}\n", error.what());
    return pushsim::kUsageError;
  }
}
