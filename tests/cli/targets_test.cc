// What a run writes is none of the files that it reads.
#include "tools/herald/targets.h"

#include <gmock/gmock.h>

#include "tests/cli/temporary_directory.h"

namespace herald::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Targets : public TemporaryDirectory {
 protected:
  Targets() {
    line_.subject = write("job.json", "{}").string();
    line_.config = write("herald.toml", "");
    job_.audience.file = write("tokens.txt", "a\n");
    config_.endpoint.ca_file = write("ca.pem", "");
    config_.apps.emplace_back();
    config_.apps.back().name = "demo";
    config_.apps.back().key_file = write("key.json", "{}");
  }
  std::string mistake(const std::optional<std::filesystem::path>& report,
                      const std::optional<std::filesystem::path>& outcomes) {
    line_.report_file = report;
    line_.outcomes_file = outcomes;
    const auto fine = check_targets(line_, config_, job_);
    if (fine) return "";
    EXPECT_EQ(fine.error().code, Errc::usage);
    return fine.error().what;
  }

  CommandLine line_;
  Config config_;
  Job job_;
};

TEST_F(Targets, NoInputIsOverwritten) {
  for (const auto& [name, what] :
       {std::pair{"job.json", "the job"}, std::pair{"tokens.txt", "the audience"},
        std::pair{"herald.toml", "the configuration"}, std::pair{"ca.pem", "endpoint.ca_file"},
        std::pair{"key.json", "the key_file of app \"demo\""}}) {
    const auto file = directory_ / name;
    EXPECT_EQ(mistake(file, {}),
              "--report " + file.string() + " would overwrite " + what + ": name another file");
    EXPECT_THAT(mistake({}, file), AllOf(HasSubstr("--outcomes"), HasSubstr(what)));
  }
}

TEST_F(Targets, OtherSpellingsAndLinksAreTheSameFile) {
  std::filesystem::create_directory(directory_ / "below");
  std::filesystem::create_symlink(directory_ / "tokens.txt", directory_ / "link");
  std::filesystem::create_hard_link(directory_ / "tokens.txt", directory_ / "hard");
  EXPECT_NE(mistake(directory_ / "below" / ".." / "tokens.txt", {}), "");
  EXPECT_NE(mistake(directory_ / "link", {}), "");
  EXPECT_NE(mistake({}, directory_ / "hard"), "");
}

TEST_F(Targets, ReportAndOutcomesDiffer) {
  EXPECT_THAT(mistake(directory_ / "out", directory_ / "." / "out"),
              HasSubstr("--outcomes " + (directory_ / "." / "out").string() +
                        " would overwrite the file of --report"));
  write("there", "");
  EXPECT_NE(mistake(directory_ / "there", directory_ / "there"), "");
  EXPECT_EQ(mistake(directory_ / "one", directory_ / "other"), "");
}

TEST_F(Targets, DevicesKeepNothing) { EXPECT_EQ(mistake("/dev/null", "/dev/null"), ""); }

TEST_F(Targets, MissingInputsAreLeftToThoseWhoReadThem) {
  config_.apps.back().key_file = directory_ / "none.json";
  config_.endpoint.ca_file.clear();
  job_.audience.file = "-";
  EXPECT_EQ(mistake(directory_ / "report.json", directory_ / "outcomes.jsonl"), "");
  EXPECT_NE(mistake(directory_ / "none.json", {}), "");
}

}  // namespace
}  // namespace herald::cli
