// Sources that a test owns, and what a reader made of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/audience/lines.h"

namespace herald::audience {

// Gives `content` in chunks of the sizes that `chunk` says, then `end`: the end, or an error.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view content, std::function<std::size_t()> chunk = {},
                        Result<std::size_t> end = std::size_t{0})
      : content_(content), chunk_(std::move(chunk)), end_(std::move(end)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (content_.empty()) return end_;
    const std::size_t wanted = chunk_ ? chunk_() : into.size();
    const std::size_t size = std::min({wanted, into.size(), content_.size()});
    std::memcpy(into.data(), content_.data(), size);
    content_.remove_prefix(size);
    return size;
  }
  std::uint64_t size() const override { return 0; }

 private:
  std::string_view content_;
  std::function<std::size_t()> chunk_;
  Result<std::size_t> end_;
};

struct Line {
  std::string data;
  Reason malformed = Reason::none;
  bool escape = false;

  bool operator==(const Line&) const = default;
  friend void PrintTo(const Line& line, std::ostream* out) {
    *out << testing::PrintToString(line.data.substr(0, 80)) << " (" << line.data.size() << ") "
         << to_string(line.malformed) << (line.escape ? " escape" : "");
  }
};

inline std::vector<Line> read_all(RecordReader& reader) {
  std::vector<Line> lines;
  for (;;) {
    const auto block = reader.next();
    if (!block) {
      ADD_FAILURE() << block.error().what;
      return lines;
    }
    EXPECT_LE(block->records.size(), kRecordsPerBlock);
    if (block->records.empty()) return lines;
    for (const Record& record : block->records) {
      lines.push_back({std::string(record.data, record.size), record.malformed, record.escape});
    }
    EXPECT_EQ(reader.records(), lines.size());
  }
}

inline std::vector<Line> read_all(std::string_view content,
                                  std::function<std::size_t()> chunk = {}) {
  LineReader reader(std::make_unique<MemorySource>(content, std::move(chunk)));
  std::vector<Line> lines = read_all(reader);
  EXPECT_EQ(reader.bytes(), content.size());
  return lines;
}

}  // namespace herald::audience
