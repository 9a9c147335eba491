// Damages a copy of a store, opens it, and says what came of it; as often as asked (I26).
//
//   store_damage [--samples N] [--seed N] [--directory DIR]
//
// A sample is one kind of damage at one place of one file of all that recovery reads. What may
// follow: the same state; a refusal that names the directory and a way out, the second time too;
// or, where the witness is a second old, as a power cut leaves it, the loss of groups that are
// younger than the witness. A lower ledger, other groups, a refusal of another kind, a crash or a
// hang may not: they are printed with what brings them back, and the exit status is 1.
//
// The opening runs in a child, since RocksDB might take the process with it.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "engine/campaign/recovery.h"
#include "engine/store/campaign_record.h"
#include "engine/store/data_dir.h"
#include "engine/store/rocks_store.h"
#include "tests/store/support.h"

namespace herald::store {
namespace {

namespace fs = std::filesystem;

constexpr base::Day kToday = 20781;
constexpr std::uint64_t kBehind = 6;  // groups the witness lacks after a power cut

LedgerConfig config() {
  LedgerConfig config;
  config.min_free = 0;
  return config;
}

// --- What is damaged ---

std::string reservation(BatchId batch, CampaignNumber campaign, base::Day day, bool test) {
  std::vector<ReservedToken> tokens;
  for (std::uint32_t i = 0; i < 50; ++i) tokens.push_back({batch * 20 + i + 1, i});
  GroupWriter writer;
  writer.reservation({.campaign = campaign,
                      .batch = batch,
                      .marketing = true,
                      .test = test,
                      .days = {day, false},
                      .first_record = batch * 50,
                      .records = 50},
                     tokens, std::vector<DroppedRecord>{});
  return writer.take();
}

std::string settle(BatchId batch, CampaignNumber campaign, base::Day day) {
  const std::vector<Exception> exceptions{{7, Outcome::invalid, Reason::tokenFormatError, true}};
  GroupWriter writer;
  writer.settle({.batch = batch,
                 .campaign = campaign,
                 .outcome = Outcome::accepted,
                 .tokens = 50,
                 .request_id = "176359-0001",
                 .exceptions = exceptions},
                day);
  return writer.take();
}

template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "store_damage: {}\n", result.error().what);
    std::exit(2);
  }
  return std::move(*result);
}
void must(const Result<void>& result) {
  if (!result) must(Result<int>{result.error()});
}

void write_session(const fs::path& dir, BatchId first, base::Day day, const base::Clock& clock) {
  const auto store = must(open_rocks_store(dir, config(), clock));
  CampaignRecord record;
  record.number = first;
  record.id = fmt::format("c{}", first);
  record.project = "1234567890";
  record.created_day = day;
  must(store->put_campaign(record));
  for (BatchId batch = first; batch < first + 40; ++batch) {
    must(commit(*store, reservation(batch, first, day, batch % 20 == 0), day));
    if (batch % 10 != 0) must(commit(*store, settle(batch, first, day), day));
    if (batch != first + 30) continue;
    record.state = CampaignState::paused;
    must(store->put_campaign(record));
    const Block block{batch, base::Surface::Kind::card, base::SurfaceBlock::card_gone, 1LL << 50};
    must(store->put_blocks({&block, 1}));
  }
  // As kill -9 leaves it: no destructor tidies up.
  fflush(stdout);
  ::kill(getpid(), SIGKILL);
}

void in_child(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
}

// Three processes, each killed: tables of two days, and a log.
void make_store(const fs::path& dir) {
  StandingClock clock{kToday};
  in_child([&] { write_session(dir, 1, kToday - 1, clock); });
  in_child([&] { write_session(dir, 101, kToday, clock); });
  in_child([&] { write_session(dir, 201, kToday, clock); });
}

// --- What comes of it ---

using Charges = std::map<std::pair<ledger::Fingerprint, base::Day>, std::uint32_t>;

struct State {
  std::uint64_t seed = 0;
  std::vector<std::string> groups;  // the first is number 1
  std::vector<std::string> others;  // campaigns and blocks
  Charges charges;
};

Result<State> read_state(Store& store, const base::Clock& clock) {
  State state;
  state.seed = store.meta().fingerprint_seed;
  const auto replayed =
      store.replay(0, [&](std::uint64_t sequence, std::string_view group) -> Result<void> {
        if (sequence != state.groups.size() + 1) return Error{Errc::damaged_store, "out of order"};
        state.groups.emplace_back(group);
        return {};
      });
  if (!replayed) return replayed.error();
  auto campaigns = store.campaigns();
  if (!campaigns) return campaigns.error();
  for (const auto& record : *campaigns) state.others.push_back(encode(record));
  auto blocks = store.blocks(0);
  if (!blocks) return blocks.error();
  for (const Block& block : *blocks) state.others.push_back(std::to_string(block.surface));

  ledger::Accounts accounts;
  const auto rebuilt = campaign::rebuild_ledger(store, accounts, base::Calendar{}, clock.wall());
  if (!rebuilt) return rebuilt.error();
  accounts.devices.for_each([&](ledger::Fingerprint device, const ledger::DeviceState& charged) {
    for (base::Day i = 0; i < 2; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (charged.total[at] != 0) {
        state.charges[{device, charged.base + i}] =
            charged.total[at] + 1000u * charged.marketing[at];
      }
    }
  });
  accounts.tests.for_each([&](const std::string&, base::Day day, std::uint32_t count) {
    state.charges[{0, day}] = count;
  });
  return state;
}

bool lower(const Charges& charges, const Charges& than) {
  for (const auto& [key, count] : than) {
    const auto found = charges.find(key);
    if (found == charges.end() || found->second < count) return true;
  }
  return false;
}

enum class Came : int { same, refused, tail_lost, lower, different, other_refusal, crash, hang };
constexpr std::array kCame{"same",      "refused", "tail lost", "LOWER",
                           "DIFFERENT", "OTHER",   "CRASH",     "HANG"};

struct Reference {
  State all;                               // everything
  std::size_t promised;                    // groups that the witness vouches for
  std::map<std::size_t, Charges> charges;  // of so many groups, from promised to all
};

Came refused(const Error& error, const fs::path& dir, std::string& why) {
  why = error.what;
  const bool says_it_all = error.code == Errc::damaged_store &&
                           why.find(dir.string()) != why.npos && why.find('\n') == why.npos &&
                           (why.find("restore") != why.npos || why.find("version") != why.npos);
  return says_it_all ? Came::refused : Came::other_refusal;
}

Came judge(const State& state, const Reference& reference, std::string& why) {
  const auto& all = reference.all;
  const std::size_t size = state.groups.size();
  why = fmt::format("{} groups of {}", size, all.groups.size());
  if (size < reference.promised) return Came::lower;
  if (size > all.groups.size() || state.seed != all.seed ||
      !std::equal(state.groups.begin(), state.groups.end(), all.groups.begin())) {
    return Came::different;
  }
  const Charges& charges = reference.charges.at(size);
  if (lower(state.charges, charges)) return Came::lower;
  if (state.charges != charges) return Came::different;
  if (size < all.groups.size()) return Came::tail_lost;
  if (state.others == all.others) return Came::same;
  why = "campaign records or blocks differ";
  return Came::different;
}

// Opens it, twice: what was refused stays refused, and what was opened takes one more group.
Came open_damaged(const fs::path& dir, const Reference& reference, std::string& why) {
  const StandingClock clock{kToday};
  std::size_t groups = 0;
  Came came = Came::same;
  {
    const auto store = open_rocks_store(dir, config(), clock);
    if (!store) {
      came = refused(store.error(), dir, why);
      if (came != Came::refused) return came;
      if (!open_rocks_store(dir, config(), clock)) return came;
      why = "refused, and then not: " + why;
      return Came::different;
    }
    const auto state = read_state(**store, clock);
    if (!state) return refused(state.error(), dir, why);
    came = judge(*state, reference, why);
    groups = state->groups.size() + 1;
    if (!commit(**store, settle(5, 1, kToday), kToday)) return Came::other_refusal;
  }
  const auto again = open_rocks_store(dir, config(), clock);
  if (!again || (*again)->durable_sequence() != groups) {
    why = "does not open a second time: " + (again ? "groups lost" : again.error().what);
    return Came::different;
  }
  return came;
}

// --- Samples ---

using Random = std::mt19937_64;

enum class Damage { flip, cut, zeroes, gone };
constexpr std::array kDamages{"bit flip", "cut", "zeroes", "gone"};

struct Kind {
  const char* name;
  int turns;  // in each round: what holds the data has more
  bool (*is)(const std::string& file);
};
constexpr Kind kKinds[]{
    {"log", 4, [](const std::string& file) { return file.ends_with(".log"); }},
    {"table", 3, [](const std::string& file) { return file.ends_with(".sst"); }},
    {"MANIFEST", 3, [](const std::string& file) { return file.starts_with("MANIFEST"); }},
    {"CURRENT", 1, [](const std::string& file) { return file == "CURRENT"; }},
    {"OPTIONS", 1, [](const std::string& file) { return file.starts_with("OPTIONS"); }},
    {"IDENTITY", 1, [](const std::string& file) { return file == "IDENTITY"; }},
    {"witness", 2, [](const std::string& file) { return file == "witness"; }},
    {"lock", 1, [](const std::string& file) { return file == "lock" || file == "LOCK"; }},
};

std::vector<fs::path> files_of(const fs::path& dir, const Kind& kind) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    if (entry.is_regular_file() && kind.is(entry.path().filename().string())) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string damage_file(const fs::path& file, Damage damage, Random& random) {
  std::string bytes = content(file);
  const std::size_t at = bytes.empty() ? 0 : random() % bytes.size();
  const auto bit = static_cast<unsigned>(random() % 8);
  const auto write = [&] { std::ofstream(file, std::ios::binary) << bytes; };
  switch (damage) {
    case Damage::flip:
      if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1u << bit));
      write();
      break;
    case Damage::cut:
      fs::resize_file(file, at);
      break;
    case Damage::zeroes:  // a sector that was never written
      for (std::size_t i = at / 512 * 512; i < bytes.size() && i < at / 512 * 512 + 512; ++i) {
        bytes[i] = 0;
      }
      write();
      break;
    case Damage::gone:
      fs::remove(file);
      break;
  }
  return fmt::format("{} of {} at byte {} bit {}", kDamages[static_cast<std::size_t>(damage)],
                     file.filename().string(), at, bit);
}

Came in_child(const fs::path& dir, const Reference& reference, std::string& why) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(2);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    alarm(60);
    std::string text;
    const Came came = open_damaged(dir, reference, text);
    (void)!write(ends[1], text.data(), text.size());
    _exit(static_cast<int>(came));
  }
  close(ends[1]);
  why.clear();
  std::array<char, 512> buffer{};
  for (ssize_t got = 0; (got = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    why.append(buffer.data(), static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) return static_cast<Came>(WEXITSTATUS(status));
  return WTERMSIG(status) == SIGALRM ? Came::hang : Came::crash;
}

Charges charges_of(const fs::path& dir, const State& all, std::span<const std::string> groups) {
  const StandingClock clock{kToday};
  fs::remove_all(dir);
  const auto store = must(open_rocks_store(dir, config(), clock));
  for (const std::string& record : all.others) {
    if (const auto campaign = decode_campaign(record)) must(store->put_campaign(*campaign));
  }
  for (const std::string& group : groups) must(commit(*store, group, kToday));
  return must(read_state(*store, clock)).charges;
}

Reference read_reference(const fs::path& dir, std::uint64_t behind) {
  const StandingClock clock{kToday};
  const auto copy = dir.parent_path() / "read";
  fs::remove_all(copy);
  fs::copy(dir, copy, fs::copy_options::recursive);
  Reference reference{
      must(read_state(*must(open_rocks_store(copy, config(), clock)), clock)), 0, {}};
  const std::span<const std::string> groups{reference.all.groups};
  reference.promised = groups.size() - behind;
  for (std::size_t size = reference.promised; size <= groups.size(); ++size) {
    reference.charges[size] = charges_of(copy, reference.all, groups.first(size));
  }
  return reference;
}

using Counts = std::array<std::uint64_t, kCame.size()>;

void print_row(std::string_view name, const Counts& counts) {
  std::uint64_t all = 0;
  for (const auto count : counts) all += count;
  fmt::print("{:<22}{:>8}", name, all);
  for (std::size_t i = 0; i < counts.size(); ++i) fmt::print("{:>11}", counts[i]);
  fmt::print("\n");
}

struct Call {
  std::uint64_t samples = 2000;
  std::uint64_t seed = 1;
  // Nothing here depends on what syncing does, so where it costs nothing if there is such a place.
  fs::path directory = fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
};

int run(const Call& call) {
  std::string name = (call.directory / "herald-damage-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    fmt::print(stderr, "store_damage: cannot make a directory in {}\n", call.directory.string());
    return 2;
  }
  const fs::path top = name;
  const fs::path whole = top / "whole";
  make_store(whole);
  const Reference exact = read_reference(whole, 0);
  const Reference behind = read_reference(whole, kBehind);
  const std::uint64_t last = exact.all.groups.size();

  // Each kind of file gets its turn, with a flip, a cut, and now and then the rest.
  constexpr Damage kTurns[]{Damage::flip, Damage::cut,    Damage::flip, Damage::cut,
                            Damage::flip, Damage::zeroes, Damage::flip, Damage::gone};
  std::vector<const Kind*> round;
  for (const Kind& kind : kKinds) round.insert(round.end(), kind.turns, &kind);
  std::map<std::string, Counts> by_kind;
  Counts sum{};
  const fs::path dir = top / "damaged";
  for (std::uint64_t i = 0; i < call.samples; ++i) {
    Random random{call.seed * 1'000'003 + i};
    const bool old_witness = i % 2 == 1;
    const Kind& kind = *round[i / 2 % round.size()];
    const Damage damage = kTurns[(i / (2 * round.size()) + i / 2) % std::size(kTurns)];
    fs::remove_all(dir);
    fs::copy(whole, dir, fs::copy_options::recursive);
    if (old_witness) must(must(Witness::open(dir / "witness")).write(last - kBehind));
    const auto files = files_of(dir, kind);
    const std::string what = damage_file(files[random() % files.size()], damage, random);
    std::string why;
    const Came came = in_child(dir, old_witness ? behind : exact, why);
    ++by_kind[fmt::format("{}, {}", kind.name, kDamages[static_cast<std::size_t>(damage)])]
             [static_cast<std::size_t>(came)];
    ++sum[static_cast<std::size_t>(came)];
    // With a witness of the last moment no group may be lost at all.
    const bool wrong = came > Came::tail_lost || (came == Came::tail_lost && !old_witness);
    if (wrong) {
      fmt::print("sample {} (--seed {}): {}: {}: {}\n", i, call.seed, what,
                 kCame[static_cast<std::size_t>(came)], why);
      if (came <= Came::tail_lost) ++sum[static_cast<std::size_t>(Came::lower)];
    }
  }
  fs::remove_all(top);

  fmt::print("{:<22}{:>8}", "file, damage", "samples");
  for (const char* each : kCame) fmt::print("{:>11}", each);
  fmt::print("\n");
  for (const auto& [kind, counts] : by_kind) print_row(kind, counts);
  print_row("all", sum);
  for (std::size_t i = static_cast<std::size_t>(Came::lower); i < sum.size(); ++i) {
    if (sum[i] != 0) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace herald::store

int main(int argc, char** argv) {
  herald::store::Call call;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::string_view value = argv[i + 1];
    std::uint64_t* const number = option == "--samples" ? &call.samples
                                  : option == "--seed"  ? &call.seed
                                                        : nullptr;
    if (option == "--directory") {
      call.directory = value;
    } else if (number == nullptr ||
               std::from_chars(value.data(), value.data() + value.size(), *number).ec !=
                   std::errc{}) {
      fmt::print(stderr, "store_damage: {} {}? see the head of {}\n", option, value, __FILE__);
      return 2;
    }
  }
  return herald::store::run(call);
}
