// What a reader of any format makes of a content: its records with their fields, as text.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/audience/csv.h"
#include "engine/audience/jsonl.h"
#include "tests/audience/support.h"

namespace herald::audience {

// "token", "bytes !reason", and for fields " formId=7 $name=value".
inline std::string to_text(const Record& record, const base::RecordFields* fields) {
  std::string text(record.data, record.size);
  if (record.malformed != Reason::none) {
    text.append(" !").append(to_string(record.malformed));
  }
  if (record.escape) text += " escape";
  if (fields == nullptr) return text;
  for (std::size_t i = 0; i < base::kRecordFields; ++i) {
    if (fields->json[i].empty()) continue;
    text.append(" ").append(base::kRecordFieldNames[i]).append("=").append(fields->json[i]);
  }
  for (const base::Variable& variable : fields->variables) {
    text.append(" $").append(variable.name).append("=").append(variable.value);
  }
  return text;
}

// The records, and last the error, if there is one.
inline std::vector<std::string> records_of(RecordReader& reader) {
  std::vector<std::string> records;
  for (;;) {
    const auto block = reader.next();
    if (!block) {
      records.push_back("error: " + block.error().what);
      return records;
    }
    EXPECT_LE(block->records.size(), kRecordsPerBlock);
    EXPECT_TRUE(block->fields.empty() || block->fields.size() == block->records.size());
    if (block->records.empty()) return records;
    for (std::size_t i = 0; i < block->records.size(); ++i) {
      const base::RecordFields* const fields = block->fields.empty() ? nullptr : &block->fields[i];
      records.push_back(to_text(block->records[i], fields));
    }
    EXPECT_EQ(reader.records(), records.size());
  }
}

using Chunk = std::function<std::size_t()>;
using Records = std::vector<std::string>;

inline Records read_csv(std::string_view content, Chunk chunk = {}, CsvColumn column = {"token"}) {
  CsvReader reader(std::make_unique<MemorySource>(content, std::move(chunk)), std::move(column),
                   "a.csv");
  return records_of(reader);
}

inline Records read_jsonl(std::string_view content, Chunk chunk = {}) {
  JsonLinesReader reader(std::make_unique<MemorySource>(content, std::move(chunk)));
  return records_of(reader);
}

}  // namespace herald::audience
