// Writes outcomes, one line a record: its number, token, outcome and reason.
#pragma once

#include <string>

#include "herald/outcome.h"
#include "tools/herald/command_line.h"
#include "tools/herald/output.h"

namespace herald::cli {

// The same records give the same bytes.
//   jsonl  {"number":7,"token":"AB…","outcome":"invalid","reason":"tokenFormatError"}
//   tsv    7<tab>AB…<tab>invalid<tab>tokenFormatError
// In jsonl a malformed record has a "detail", too: what is wrong, where, and the way out.
// Where the outcome says it all the reason is "" or, in tsv, "-".
class OutcomeWriter final : public OutcomeSink {
 public:
  OutcomeWriter(Output& output, OutcomeFormat format) : output_(output), format_(format) {}

  // One thread, as read_outcomes calls. Failures to write show at Output::close.
  void on_outcomes(std::span<const OutcomeRecord> records) noexcept override;

 private:
  void append_jsonl(const OutcomeRecord& record);
  void append_tsv_line(const OutcomeRecord& record);

  Output& output_;
  OutcomeFormat format_;
  std::string line_;  // kept for its memory
};

}  // namespace herald::cli
