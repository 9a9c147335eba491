#include "tools/herald/outcome_writer.h"

#include "engine/base/escape.h"

namespace herald::cli {

void OutcomeWriter::append_jsonl(const OutcomeRecord& record) {
  line_ += "{\"number\":";
  line_ += std::to_string(record.record);
  line_ += ",\"token\":";
  base::append_json(line_, record.token);
  line_ += ",\"outcome\":\"";
  line_ += to_string(record.outcome);
  line_ += "\",\"reason\":\"";
  if (record.reason != Reason::none) line_ += to_string(record.reason);
  line_ += '"';
  if (record.outcome == Outcome::malformed) {
    line_ += ",\"detail\":";
    base::append_json(line_, record.detail.empty() ? way_out(record.reason) : record.detail);
  }
  line_ += "}\n";
}

void OutcomeWriter::append_tsv_line(const OutcomeRecord& record) {
  line_ += std::to_string(record.record);
  line_ += '\t';
  base::append_tsv(line_, record.token);
  line_ += '\t';
  line_ += to_string(record.outcome);
  line_ += '\t';
  line_ += record.reason == Reason::none ? "-" : to_string(record.reason);
  line_ += '\n';
}

void OutcomeWriter::on_outcomes(std::span<const OutcomeRecord> records) noexcept {
  for (const OutcomeRecord& record : records) {
    line_.clear();
    if (format_ == OutcomeFormat::jsonl) {
      append_jsonl(record);
    } else {
      append_tsv_line(record);
    }
    output_.write(line_);
  }
}

}  // namespace herald::cli
