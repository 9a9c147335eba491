#include "engine/audience/jsonl.h"

namespace herald::audience {

JsonLinesReader::JsonLinesReader(std::unique_ptr<ByteSource> source)
    : PiecewiseReader(std::move(source)),
      parser_(variables_),
      fields_(std::make_unique<std::array<base::RecordFields, kRecordsPerBlock>>()) {}

bool JsonLinesReader::take() {
  const auto line = next_line();
  if (!line) return false;
  base::RecordFields& fields = (*fields_)[block_size()];
  fields = {};
  if (line->too_long || line->size == 0) {
    add_malformed(line->text(), line->too_long ? Reason::too_long : Reason::empty);
    return true;
  }
  // simdjson looks at the byte behind a text. Behind a last line without an end lies what was read
  // before, on which nothing may depend.
  line->data[line->size] = '\n';
  JsonRecord record;
  const Reason wrong = parser_.parse(line->data, line->size, kPaddingBytes, record);
  if (wrong != Reason::none) {
    add_malformed(line->text(), wrong);
    return true;
  }
  fields = record.fields;
  add(classify(record.token.data(), record.token.size()));
  return true;
}

}  // namespace herald::audience
