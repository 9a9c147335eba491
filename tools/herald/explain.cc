#include "herald/explain.h"

#include <fmt/format.h>

#include <iostream>
#include <string>
#include <string_view>

#include "engine/audience/token.h"
#include "herald/config.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/explain_text.h"
#include "tools/herald/output.h"
#include "tools/herald/store_access.h"
#include "tools/herald/verbs.h"

namespace herald::cli {

namespace {

// Who does not want a token in the list of processes pipes it in.
Result<std::string> read_token(std::istream& in) {
  std::string token;
  if (!std::getline(in, token)) {
    return Error{Errc::usage, "explain -: standard input gave no token"};
  }
  if (std::string rest; std::getline(in, rest)) {
    return Error{Errc::usage, "explain -: standard input has more than one line: give one token"};
  }
  if (token.ends_with('\r')) token.pop_back();
  return token;
}

std::string_view flaw_of(Reason malformed) {
  switch (malformed) {
    case Reason::empty:
      return "it is empty";
    case Reason::too_long:
      return "it has more than 512 bytes";
    case Reason::space_inside:
      return "there is a space in it";
    case Reason::control_byte:
      return "there is a control byte in it";
    default:
      return "it is no UTF-8";
  }
}

}  // namespace

Result<int> explain(const CommandLine& line) {
  auto token = line.subject == "-" ? read_token(std::cin) : Result<std::string>{line.subject};
  if (!token) return token.error();
  // Campaigns call such a record malformed and know no device by it.
  const audience::Record record = audience::classify(token->data(), token->size());
  if (record.malformed != Reason::none) {
    return Error{Errc::usage, fmt::format("explain: that cannot be a token: {}; give it as it "
                                          "stands in the audience",
                                          flaw_of(record.malformed))};
  }
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  Result<std::vector<DeviceAccount>> accounts = std::vector<DeviceAccount>{};
  const auto read = read_store(*config, [&](const Reading& reading) -> Result<void> {
    accounts = reading.explain(*token);
    return accounts ? Result<void>{} : accounts.error();
  });
  if (!read) return read.error();
  Output out = Output::standard();
  out.write(line.json ? explain_json(*accounts) + '\n'
                      : explain_text(*accounts, config->ledger.utc_offset));
  if (const auto written = out.close(); !written) return written.error();
  return kFinished;
}

}  // namespace herald::cli
