#include "tools/herald/outcome_writer.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/cli/temporary_directory.h"

namespace herald::cli {
namespace {

class OutcomeLines : public TemporaryDirectory {
 protected:
  std::string write_all(OutcomeFormat format, const std::vector<OutcomeRecord>& records) {
    Output output = Output::open(directory_ / "out", 0600).value();
    OutcomeWriter writer(output, format);
    writer.on_outcomes(records);
    EXPECT_TRUE(output.close());
    return read("out");
  }
};

TEST_F(OutcomeLines, JsonHasAnObjectALine) {
  EXPECT_EQ(
      write_all(OutcomeFormat::jsonl, {{1, "AB", Outcome::accepted, Reason::none},
                                       {7, "C\"D", Outcome::invalid, Reason::tokenFormatError}}),
      R"({"number":1,"token":"AB","outcome":"accepted","reason":""})"
      "\n"
      R"({"number":7,"token":"C\"D","outcome":"invalid","reason":"tokenFormatError"})"
      "\n");
}

TEST_F(OutcomeLines, TsvHasFourFieldsALineWhateverTheToken) {
  EXPECT_EQ(write_all(OutcomeFormat::tsv, {{1, "AB", Outcome::accepted, Reason::none},
                                           {2, "a\tb", Outcome::malformed, Reason::control_byte},
                                           {3, "", Outcome::malformed, Reason::empty}}),
            "1\tAB\taccepted\t-\n"
            "2\ta\\tb\tmalformed\tcontrol_byte\n"
            "3\t\tmalformed\tempty\n");
}

TEST_F(OutcomeLines, ManyMoreThanABufferHolds) {
  std::vector<OutcomeRecord> records;
  for (std::uint64_t i = 1; i <= 10'000; ++i) {
    records.push_back({i, "token", Outcome::duplicate, Reason::none});
  }
  const std::string text = write_all(OutcomeFormat::tsv, records);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10'000);
  EXPECT_TRUE(text.ends_with("10000\ttoken\tduplicate\t-\n"));
}

}  // namespace
}  // namespace herald::cli
