// What reads as a row of CSV (RFC 4180), and what a broken one costs.
#include <gmock/gmock.h>

#include "tests/audience/formats.h"

namespace herald::audience {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Rows under a header of three columns, the token in the middle.
Records rows(const std::string& content) { return read_csv("name,token,city\n" + content); }

std::string error_of(std::string_view content, CsvColumn column = {"token"}) {
  CsvReader reader(std::make_unique<MemorySource>(content), std::move(column), "a.csv");
  const auto begun = reader.begin();
  EXPECT_FALSE(begun.has_value());
  if (begun) return "";
  EXPECT_EQ(begun.error().code, Errc::audience);
  EXPECT_EQ(reader.next().error().what, begun.error().what);
  return begun.error().what;
}

TEST(Csv, GivesTheFieldsOfTheColumn) {
  EXPECT_THAT(rows("ann,t1,oslo\nbob,t2,rome\n"), ElementsAre("t1", "t2"));
  EXPECT_THAT(read_csv("token\nt1\nt2"), ElementsAre("t1", "t2"));
  EXPECT_THAT(read_csv("a,token\r\nx,t1\r\ny,t2\r\n"), ElementsAre("t1", "t2"));
  EXPECT_THAT(read_csv("\xef\xbb\xbftoken,a\nt1,x\n"), ElementsAre("t1"));
}

TEST(Csv, QuotedFieldsHoldSeparatorsLineEndsAndDoubledQuotes) {
  EXPECT_THAT(rows("\"ann, the first\",t1,\"oslo\nnorway\"\n\"\",\"t2\",\"\"\"\"\n"),
              ElementsAre("t1", "t2"));
  EXPECT_THAT(rows("x,\"a\"\"b\",y\n"), ElementsAre("a\"b escape"));
  EXPECT_THAT(rows("x,\"t1\",y"), ElementsAre("t1"));
  EXPECT_THAT(rows("x,y,\"z\"\r\nx,\"t\"\"\",\"z\"\r\n"), ElementsAre("y", "t\" escape"));
  EXPECT_THAT(read_csv("\"a \"\"b\"\"\",\"token\"\r\nx,t1\r\n"), ElementsAre("t1"));
}

// I65: what is between the separators is the token, to the byte.
TEST(Csv, NothingElseOfATokenIsChanged) {
  EXPECT_THAT(rows("x, t1,y\nx,\" t2\",y\nx,a\\b,y\nx,\xe5\x8d\x8e,y\n"),
              ElementsAre(" t1 !space_inside", " t2 !space_inside", "a\\b escape", "\xe5\x8d\x8e"));
  EXPECT_THAT(rows("x,t\r,y\n"), ElementsAre("t\r !control_byte"));
  EXPECT_THAT(read_csv("token\nt1\r\r\n"), ElementsAre("t1\r !control_byte"));
}

TEST(Csv, TokensAreHeldToTheRulesOfLines) {
  const std::string nul(1, '\0');
  EXPECT_THAT(rows("x,,y\nx,\"\",y\nx,a" + nul + ",y\nx,\xff,y\nx,\"a\nb\",y\n"),
              ElementsAre(" !empty", " !empty", "a" + nul + " !control_byte", "\xff !not_utf8",
                          "a\nb !control_byte"));
  EXPECT_THAT(rows("x," + std::string(600, 'a') + ",y\nx,t,y\n"),
              ElementsAre(std::string(512, 'a') + " !too_long", "t"));
}

TEST(Csv, RowWithoutTheColumnHasNoToken) {
  EXPECT_THAT(rows("x\nx,t1\n\nx,t2,y,z,more\n\"x\"\n"),
              ElementsAre("x !no_token", "t1", " !empty", "t2", "\"x\"\n !no_token"));
}

TEST(Csv, BrokenQuotesCostTheirLineOnly) {
  EXPECT_THAT(rows("a\"b,t1,y\n\"ann\"x,t2,y\nx,t3,y\n"),
              ElementsAre("a\"b,t1,y !broken_quotes", "\"ann\"x,t2,y !broken_quotes", "t3"));
}

TEST(Csv, QuoteThatNeverClosesDoesNotSwallowTheRest) {
  EXPECT_THAT(rows("x,\"t1,y\nx,t2,y\nx,t3,y\n"),
              ElementsAre("x,\"t1,y !broken_quotes", "t2", "t3"));
  EXPECT_THAT(rows("x,\"t1"), ElementsAre("x,\"t1 !broken_quotes"));
  // Not within kRecordBytesMax, and another quote long after it.
  std::string content = "x,\"t0,y\n";
  for (int i = 0; i < 9000; ++i) content += "x,token,y\n";
  const Records records = rows(content + "\"x\",\"t1\",y\n");
  ASSERT_EQ(records.size(), 9002u);
  EXPECT_EQ(records.front(), "x,\"t0,y !broken_quotes");
  EXPECT_EQ(records[1], "token");
  EXPECT_EQ(records.back(), "t1");
}

TEST(Csv, RowsLongerThanTheLimitAreMalformedAndTheRestGoesOn) {
  const std::string most = "x,t1," + std::string(kRecordBytesMax - 5, 'y');
  EXPECT_THAT(rows(most + "\nx,t2,y\n"), ElementsAre("t1", "t2"));
  EXPECT_THAT(rows(most), ElementsAre("t1"));
  const std::string start = (most + "y").substr(0, 512) + " !too_long";
  EXPECT_THAT(rows(most + "y\nx,t2,y\n"), ElementsAre(start, "t2"));
  EXPECT_THAT(rows(most + "y"), ElementsAre(start));
  // With a quote early on, and of any length.
  const std::string quoted = "\"x\",t1," + std::string(3 << 20, 'z');
  EXPECT_THAT(rows(quoted + "\nx,t2,y\n"), ElementsAre(quoted.substr(0, 512) + " !too_long", "t2"));
}

TEST(Csv, OtherSeparators) {
  EXPECT_THAT(read_csv("a;token\nx,1;t1\n\"x;2\";\"t2\"\n", {}, {"token", ';'}),
              ElementsAre("t1", "t2"));
  EXPECT_THAT(read_csv("a\ttoken\nx\tt1\n", {}, {"token", '\t'}), ElementsAre("t1"));
}

TEST(Csv, EmptyContentHasNoRecords) {
  EXPECT_THAT(read_csv(""), IsEmpty());
  EXPECT_THAT(read_csv("\xef\xbb\xbf"), IsEmpty());
  EXPECT_THAT(read_csv("token"), IsEmpty());
  EXPECT_THAT(read_csv("token\n"), IsEmpty());
}

TEST(Csv, HeaderMustNameTheColumnOnce) {
  EXPECT_EQ(error_of("id,tokens\n1,t\n"),
            "a.csv:1: the header does not name the column \"token\"; there are \"id\", \"tokens\": "
            "name one of them with audience.column, and see audience.separator");
  EXPECT_THAT(error_of("token,id,token\n"), HasSubstr("names more than once \"token\""));
  EXPECT_THAT(error_of("Token\n"), HasSubstr("there are \"Token\""));
  EXPECT_THAT(error_of("\n"), HasSubstr("there are \"\""));
  EXPECT_THAT(error_of("\"to\nken\"\n"), HasSubstr("there are \"to?ken\""));
  EXPECT_THAT(error_of("\"a\"b,token\n"), HasSubstr("quotes that do not match"));
  EXPECT_THAT(error_of(std::string(1 << 20, 'a')), HasSubstr("longer than 65536 bytes"));
  std::string many;
  for (int i = 0; i < 10000; ++i) many += "c,";
  EXPECT_LT(error_of(many).size(), 400u);
}

}  // namespace
}  // namespace herald::audience
