#include "tools/herald/record_count.h"

#include <gmock/gmock.h>

#include "tests/cli/temporary_directory.h"

namespace herald::cli {
namespace {

class RecordCount : public TemporaryDirectory {
 protected:
  std::uint64_t of(std::string_view content) {
    return count_records({write("tokens", content)}).value().records;
  }
};

TEST_F(RecordCount, IsTheNumberOfRecords) {
  EXPECT_EQ(of(""), 0u);
  EXPECT_EQ(of("\n"), 1u);
  EXPECT_EQ(of("a"), 1u);
  EXPECT_EQ(of("a\n"), 1u);
  EXPECT_EQ(of("a\nb"), 2u);
  EXPECT_EQ(of("a\r\n\r\nb\r\n"), 3u);
  EXPECT_EQ(of("\xef\xbb\xbf"), 0u);
  EXPECT_EQ(of("\xef\xbb\xbf"
               "a\n"),
            1u);
}

TEST_F(RecordCount, LinesAcrossPiecesCountOnce) {
  std::string content;
  for (int i = 0; i < 300'000; ++i) content += "token-" + std::to_string(i) + '\n';
  EXPECT_EQ(of(content), 300'000u);
  EXPECT_EQ(of(std::string(3 << 20, 'x')), 1u);
}

TEST_F(RecordCount, IsOfTheFormatThatTheJobSays) {
  AudienceSpec spec{write("tokens", "token\n\"a\nb\"\nc\n"), AudienceSpec::Format::csv, "token"};
  EXPECT_EQ(count_records(spec).value().records, 2u);
  spec.column = "tokens";
  EXPECT_EQ(count_records(spec).error().code, Errc::audience);
}

TEST_F(RecordCount, MalformedOnesAreCountedByReason) {
  const AudienceSpec spec{
      write("users", "{\"token\": \"a\"}\nplain\n{\"vars\": {}}\n{}\n{\"token\": \"b\"}\n"),
      AudienceSpec::Format::jsonl};
  const AudienceCount count = count_records(spec).value();
  EXPECT_EQ(count.records, 5u);
  EXPECT_EQ(count.malformed_records(), 3u);
  ASSERT_EQ(count.malformed.size(), 2u);
  EXPECT_EQ(count.malformed[0].reason, Reason::no_token);
  EXPECT_EQ(count.malformed[0].count, 2u);
  EXPECT_EQ(count.malformed[0].first, 3u);
  EXPECT_EQ(count.malformed[1].reason, Reason::not_json);
  EXPECT_EQ(count.malformed[1].count, 1u);
  EXPECT_EQ(count.malformed[1].first, 2u);
}

TEST_F(RecordCount, AudienceThatCannotBeReadIsAnError) {
  const auto lines = count_records({write("tokens", "\x1f\x8b\x08 rest\n")});
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code, Errc::audience);
}

TEST_F(RecordCount, MissingFileIsNamed) {
  const auto lines = count_records({directory_ / "none"});
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code, Errc::audience);
  EXPECT_THAT(lines.error().what, testing::HasSubstr("No such file or directory"));
  EXPECT_EQ(count_records({directory_}).error().code, Errc::audience);
}

}  // namespace
}  // namespace herald::cli
