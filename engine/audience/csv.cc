#include "engine/audience/csv.h"

#include <fmt/format.h>

#include <algorithm>

namespace herald::audience {
namespace {

constexpr char kQuote = '"';
constexpr std::size_t kColumnsListed = 20;  // in an error
constexpr std::size_t kNameBytesListed = 40;

// Takes the second of each two quotes away, in place: a reader may change what it has read.
std::string_view halve_quotes(std::string_view text) {
  char* const begin = const_cast<char*>(text.data());
  char* out = begin;
  for (std::size_t i = 0; i < text.size(); ++i) {
    *out++ = text[i];
    if (text[i] == kQuote) ++i;
  }
  return {begin, static_cast<std::size_t>(out - begin)};
}

// A name as an error shows it: part of one line, and short.
std::string shown(std::string_view name) {
  std::string text{'"'};
  for (const char c : name.substr(0, kNameBytesListed)) {
    text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  if (name.size() > kNameBytesListed) text += "...";
  return text + '"';
}

bool is_line_end(std::string_view rest) { return rest[0] == '\n' || rest.starts_with("\r\n"); }

}  // namespace

CsvReader::CsvReader(std::unique_ptr<ByteSource> source, CsvColumn column, std::string file)
    : PiecewiseReader(std::move(source)), column_(std::move(column)), file_(std::move(file)) {}

// As much as decides about a row: what is longer is too long.
std::string_view CsvReader::window() { return ahead().substr(0, kRecordBytesMax + 1); }

// --- the header ---

bool CsvReader::take_head() {
  const std::string_view content = window();
  if (content.empty()) return all_read();
  switch (scan_row(content)) {
    case Row::whole:
      skip(row_bytes_);
      return choose_column();
    case Row::unfinished:
      if (content.size() <= kRecordBytesMax) return false;
      fail_header(fmt::format("is longer than {} bytes", kRecordBytesMax),
                  "see that it is a CSV file");
      return false;
    case Row::broken:
      break;
  }
  fail_header("has quotes that do not match", "put a field with quotes in quotes and double them");
  return false;
}

bool CsvReader::choose_column() {
  std::size_t found = 0;
  std::string names;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    std::string_view name = fields_[i].text;
    if (fields_[i].doubled) name = halve_quotes(name);
    if (name == column_.name && found++ == 0) wanted_ = i;
    if (i < kColumnsListed) names += (i == 0 ? "" : ", ") + shown(name);
    if (i == kColumnsListed) names += ", ...";
  }
  if (found == 1) return true;
  fail_header(fmt::format("{} {}; there are {}",
                          found == 0 ? "does not name the column" : "names more than once",
                          shown(column_.name), names),
              "name one of them with audience.column, and see audience.separator");
  return false;
}

void CsvReader::fail_header(std::string_view what, std::string_view way_out) {
  fail({Errc::audience, fmt::format("{}:1: the header {}: {}", file_, what, way_out)});
}

// --- rows ---

bool CsvReader::take() {
  const std::string_view content = window();
  const std::string_view line = content.substr(0, content.find('\n'));
  return line.find(kQuote) == line.npos ? take_plain() : take_quoted();
}

bool CsvReader::take_plain() {
  const auto line = next_line();
  if (!line) return false;
  if (line->too_long) {
    add_malformed(line->text(), Reason::too_long);
    return true;
  }
  std::string_view rest = line->text();
  if (rest.empty()) {
    add_malformed(rest, Reason::empty);
    return true;
  }
  for (std::size_t i = 0; i < wanted_; ++i) {
    const std::size_t separator = rest.find(column_.separator);
    if (separator == rest.npos) {
      add_malformed(line->text(), Reason::no_token);
      return true;
    }
    rest.remove_prefix(separator + 1);
  }
  rest = rest.substr(0, rest.find(column_.separator));
  add(classify(rest.data(), rest.size()));
  return true;
}

bool CsvReader::take_quoted() {
  const std::string_view content = window();
  const Row row = scan_row(content);
  if (row == Row::unfinished && content.size() <= kRecordBytesMax) return false;
  if (row != Row::whole) return take_broken();
  if (fields_.size() <= wanted_) {
    add_malformed(content.substr(0, row_bytes_), Reason::no_token);
  } else {
    const Field& field = fields_[wanted_];
    const std::string_view token = field.doubled ? halve_quotes(field.text) : field.text;
    add(classify(token.data(), token.size()));
  }
  skip(row_bytes_);
  return true;
}

bool CsvReader::take_broken() {
  const auto line = next_line();
  if (!line) return false;
  add_malformed(line->text(), line->too_long ? Reason::too_long : Reason::broken_quotes);
  return true;
}

// --- RFC 4180, 2: what a row is made of ---

CsvReader::Row CsvReader::scan_row(std::string_view content) {
  const bool all = all_read() && content.size() <= kRecordBytesMax;  // no more follows it
  fields_.clear();
  for (std::size_t at = 0;;) {
    const bool quoted = at < content.size() && content[at] == kQuote;
    const Row field = quoted ? scan_quoted(content, all, at) : scan_unquoted(content, all, at);
    if (field != Row::whole) return field;
    if (at < content.size() && content[at] == column_.separator) {
      ++at;
      continue;
    }
    if (at < content.size()) at += content[at] == '\r' ? 2 : 1;
    row_bytes_ = std::min(at, content.size());
    return Row::whole;
  }
}

// From the opening quote to what follows the closing one.
CsvReader::Row CsvReader::scan_quoted(std::string_view content, bool all, std::size_t& at) {
  Field field;
  const std::size_t begin = at + 1;
  std::size_t end = begin;
  for (;; end += 2, field.doubled = true) {
    end = content.find(kQuote, end);
    if (end == content.npos) return all ? Row::broken : Row::unfinished;
    if (end + 1 == content.size() || content[end + 1] != kQuote) break;
  }
  field.text = content.substr(begin, end - begin);
  at = end + 1;
  const std::string_view rest = content.substr(at);
  if (!all && (rest.empty() || rest == "\r")) return Row::unfinished;
  const bool closed =
      rest.empty() || (all && rest == "\r") || rest[0] == column_.separator || is_line_end(rest);
  if (!closed) return Row::broken;
  fields_.push_back(field);
  return Row::whole;
}

// To the separator or line end that follows it.
CsvReader::Row CsvReader::scan_unquoted(std::string_view content, bool all, std::size_t& at) {
  const std::size_t begin = at;
  const char ends[]{column_.separator, '\n', kQuote};
  at = std::min(content.find_first_of({ends, 3}, begin), content.size());
  if (at < content.size() && content[at] == kQuote) return Row::broken;
  if (at == content.size() && !all) return Row::unfinished;
  std::string_view text = content.substr(begin, at - begin);
  const bool last = at == content.size() || content[at] == '\n';
  if (last && text.ends_with('\r')) text.remove_suffix(1);
  fields_.push_back({text});
  return Row::whole;
}

}  // namespace herald::audience
