#include <fmt/format.h>

#include "engine/base/escape.h"
#include "herald/config.h"
#include "herald/inspect.h"
#include "tools/herald/exit_status.h"
#include "tools/herald/output.h"
#include "tools/herald/store_access.h"
#include "tools/herald/verbs.h"

namespace herald::cli {
namespace {

std::string fingerprint_text(const LedgerLine& charge) {
  return fmt::format("{:016x}", charge.fingerprint);
}

// day, token or fingerprint, class, card or activity, count
std::string tsv_line(const LedgerLine& charge) {
  std::string line = charge.day + '\t';
  if (charge.token.empty()) {
    line += fingerprint_text(charge);
  } else {
    base::append_tsv(line, charge.token);
  }
  return line + fmt::format("\t{}\t{}\t{}\n", charge.klass, charge.surface, charge.count);
}

std::string json_line(const LedgerLine& charge) {
  std::string line = fmt::format(R"({{"day":"{}","fingerprint":"{}","token":)", charge.day,
                                 fingerprint_text(charge));
  if (charge.token.empty()) {
    line += "null";
  } else {
    base::append_json(line, charge.token);
  }
  return line +
         fmt::format(R"(,"class":"{}","surface":"{}","count":{}}})", charge.klass, charge.surface,
                     charge.count) +
         '\n';
}

}  // namespace

Result<int> ledger_dump(const CommandLine& line) {
  const auto config = Config::load(line.config);
  if (!config) return config.error();
  Output out = Output::standard();
  const auto read = read_store(*config, [&](const Reading& reading) {
    return reading.ledger(line.tokens, [&](const LedgerLine& charge) {
      out.write(line.json ? json_line(charge) : tsv_line(charge));
    });
  });
  const auto written = out.close();
  if (!read) return read.error();
  if (!written) return written.error();
  return kFinished;
}

}  // namespace herald::cli
