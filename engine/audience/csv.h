// Reads an audience in CSV (RFC 4180): the tokens of one column, that the first row names.
//
// Fields may be in quotes, and then hold separators, line ends and, doubled, quotes; nothing else
// of a token is changed, and spaces are part of a field (RFC 4180, 2.4). Rows end with a newline,
// with or without a carriage return before it. The header is no record.
//
// A row with a quote inside an unquoted field, with anything behind a closing quote, or with a
// quote that does not close within kRecordBytesMax, is malformed and ends where its first line
// does. So a stray quote costs the records of a line, and never swallows those that follow.
#pragma once

#include <string>
#include <vector>

#include "engine/audience/piecewise.h"

namespace herald::audience {

struct CsvColumn {
  std::string name;
  char separator = ',';
};

// begin() reads the header. An audience of no bytes has none, and no records.
// Errors: audience, also when the header does not name the column exactly once.
class CsvReader final : public PiecewiseReader {  // one thread
 public:
  // `file` is what errors call it.
  CsvReader(std::unique_ptr<ByteSource> source, CsvColumn column, std::string file);

 private:
  struct Field {
    std::string_view text;  // between the quotes, if there are any
    bool doubled = false;   // has quotes that are doubled
  };
  enum class Row : std::uint8_t { whole, unfinished, broken };

  bool take_head() override;
  bool take() override;
  bool take_plain();
  bool take_quoted();
  bool take_broken();
  bool choose_column();
  void fail_header(std::string_view what, std::string_view way_out);

  std::string_view window();
  Row scan_row(std::string_view content);
  Row scan_quoted(std::string_view content, bool all, std::size_t& at);
  Row scan_unquoted(std::string_view content, bool all, std::size_t& at);

  const CsvColumn column_;
  const std::string file_;
  std::size_t wanted_ = 0;  // the column's place

  // Of the row that scan_row() went through.
  std::vector<Field> fields_;
  std::size_t row_bytes_ = 0;  // with its line end
};

}  // namespace herald::audience
