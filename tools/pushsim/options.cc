#include "tools/pushsim/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/pushsim/receipt_client.h"
#include "tools/pushsim/setup_error.h"
#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

// Options that are texts on the command line and something else in `Options`.
struct Texts {
  std::string listen = "127.0.0.1:8443";
  std::string utc_offset = "+08:00";
  std::string latency = "0ms";
  std::string rate_window = "fixed";
  std::string size_rule = "body";
  std::string illegal = "0";
  std::string reset = "0";
  std::string stall = "0";
  std::string receipt_secret_form = "base64";
  std::uint32_t window = 0;
  std::vector<std::string> faults;
  std::vector<std::string> errors;
  std::vector<std::string> receipts;
};

std::pair<std::string, std::string> split_at_last_colon(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

template <typename T>
T must(std::optional<T> value, std::string_view option, const std::string& text,
       std::string_view wanted) {
  if (!value) throw SetupError(fmt::format("{}: \"{}\" is no {}", option, text, wanted));
  return *value;
}

double must_rate(std::string_view option, const std::string& text) {
  return must(parse_rate(text), option, text, "rate: give a number from 0 to 1, such as 0.01");
}

void read_listen(const std::string& text, Options& options) {
  auto [host, port_text] = split_at_last_colon(text);
  const auto port = parse_integer(port_text);
  if (host.empty() || !port || *port > 65535) {
    throw SetupError(fmt::format(
        "--listen: \"{}\" is no HOST:PORT, such as 127.0.0.1:8443 or 127.0.0.1:0", text));
  }
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  options.host = host;
  options.port = static_cast<std::uint16_t>(*port);
}

void require(const std::string& value, const char* option) {
  if (value.empty()) {
    throw SetupError(fmt::format(
        "{} is missing; `pushsim keygen DIR` makes the key, the certificate and the public key",
        option));
  }
}

void finish_receipts(const Texts& texts, ReceiptOptions& receipts) {
  for (const std::string& text : texts.receipts) receipts.rules.push_back(parse_receipt(text));
  receipts.secret_form =
      texts.receipt_secret_form == "text" ? SecretForm::text : SecretForm::base64;
  if (receipts.user.empty() != receipts.secret_file.empty()) {
    throw SetupError(
        "--receipt-user and --receipt-secret-file go together: receipts are signed "
        "if both are given");
  }
  if (!receipts.url.empty()) {
    parse_receipt_url(receipts.url);
  } else if (!receipts.rules.empty() || !receipts.user.empty() || !receipts.ca_file.empty()) {
    throw SetupError("--receipts URL is missing: it says where the receipts go");
  }
}

void finish(const Texts& texts, Options& options) {
  require(options.certificate_file, "--cert");
  require(options.key_file, "--key");
  require(options.public_key_file, "--jwk");
  read_listen(texts.listen, options);
  options.utc_offset = must(parse_utc_offset(texts.utc_offset), "--utc-offset", texts.utc_offset,
                            "offset: give one such as +08:00");
  options.latency = must(parse_duration(texts.latency), "--latency", texts.latency,
                         "duration: give one such as 20ms or 1.5s");
  options.rate_window = texts.rate_window == "sliding" ? RateWindow::sliding : RateWindow::fixed;
  options.size_rule =
      texts.size_rule == "payload" ? SizeRule::payload_only : SizeRule::body_without_tokens;
  options.illegal_rate = must_rate("--illegal", texts.illegal);
  if (texts.window != 0) options.stream_window = options.connection_window = texts.window;
  for (const std::string& text : texts.faults) options.faults.push_back(parse_fault(text));
  for (const std::string& text : texts.errors) options.faults.push_back(parse_error(text));
  const double reset = must_rate("--reset", texts.reset);
  if (reset > 0) options.faults.push_back({Fault::rst_after, reset, {}});
  const double stall = must_rate("--stall", texts.stall);
  if (stall > 0) options.faults.push_back({Fault::never, stall, {}});
  finish_receipts(texts, options.receipts);
  if (options.log_tokens && options.log_file.empty()) {
    throw SetupError("--log-tokens: --log FILE is missing; it says where they go");
  }
  if (options.sink && (!options.dump_devices_file.empty() || options.illegal_rate > 0 ||
                       options.tokens_per_second > 0 || !options.receipts.url.empty())) {
    throw SetupError(
        "--sink reads no tokens: it does not go with --dump-devices, --illegal, --qps and "
        "--receipts");
  }
}

void add_place(CLI::App& app, Options& options, Texts& texts) {
  const char* group = "Where and as whom";
  app.add_option("--listen", texts.listen, "HOST:PORT; port 0 takes a free one")
      ->capture_default_str()
      ->group(group);
  app.add_option("--port-file", options.port_file, "Write the port there once it is open")
      ->group(group);
  app.add_option("--cert", options.certificate_file, "TLS certificate, PEM")->group(group);
  app.add_option("--key", options.key_file, "TLS key, PEM")->group(group);
  app.add_option("--jwk", options.public_key_file,
                 "Public key of the service account, PEM: bearer tokens must be signed by it")
      ->group(group);
  app.add_option("--project", options.project, "Project id of the URL")
      ->capture_default_str()
      ->group(group);
  app.add_option("--client-id", options.client_id,
                 "The only client id that the URL of a revoke may name; default: any")
      ->group(group);
  app.add_option("--iss", options.issuer,
                 "The only issuer (sub_account) that bearer tokens may name; default: any")
      ->group(group);
}

void add_account(CLI::App& app, Options& options, Texts& texts) {
  const char* group = "Account";
  app.add_option("--limit", options.marketing_limit,
                 "Marketing messages of the app to a device in a natural day; what is over is "
                 "counted as over_limit, and answered 80000000 as the service does")
      ->capture_default_str()
      ->group(group);
  app.add_option("--form-limit", options.form_limit, "The same for a card (push type 1)")
      ->capture_default_str()
      ->group(group);
  app.add_option("--total-limit", options.total_limit,
                 "The same for everything of the app to a device, test messages left out")
      ->capture_default_str()
      ->group(group);
  app.add_option("--test-limit", options.test_limit,
                 "Test messages of the project in a natural day, counted in tokens")
      ->capture_default_str()
      ->group(group);
  app.add_option("--utc-offset", texts.utc_offset, "Of the natural day")
      ->capture_default_str()
      ->group(group);
  app.add_option_function<std::int64_t>(
         "--clock-skew",
         [&options](std::int64_t ms) { options.clock_skew = std::chrono::milliseconds(ms); },
         "Milliseconds the service's clock is ahead (negative: behind)")
      ->group(group);
  app.add_option("--entitlements", options.entitlements,
                 "Categories the app holds, as IM,EXPRESS; messages of others count as MARKETING")
      ->delimiter(',')
      ->group(group);
  app.add_option("--no-push-type-right", options.push_types_without_right,
                 "Push types the app has no right to, as 2,10: noPushTypeRight for every token")
      ->delimiter(',')
      ->group(group);
  app.add_option("--no-event-right", options.events_without_right,
                 "Live view events the app has no right to, as TAXI,SCORE")
      ->delimiter(',')
      ->group(group);
  app.add_option("--devices", options.expected_devices,
                 "Make room for so many devices at once (16 bytes each, rounded up)")
      ->group(group);
  app.add_flag("--sink", options.sink,
               "No accounts: check path and bearer token, read the body, answer 80000000")
      ->group(group);
}

void add_output(CLI::App& app, Options& options) {
  const char* group = "Output";
  app.add_option("--dump", options.dump_file,
                 "Write what was counted (JSON) at SIGUSR1 and at the end")
      ->group(group);
  app.add_option("--dump-devices", options.dump_devices_file,
                 "Then also: day, device, class, card or activity or -, count; tab-separated. The "
                 "device is the token's hash, or the token with --keep-tokens")
      ->group(group);
  app.add_flag("--keep-tokens", options.keep_tokens, "Remember tokens for --dump-devices")
      ->group(group);
  app.add_option("--log", options.log_file,
                 "Append a line per accepted request: time in ms, request id, push type, tokens, "
                 "biTag; tab-separated")
      ->group(group);
  app.add_flag("--log-tokens", options.log_tokens,
               "After the biTag each line of --log has the accepted tokens, a field each")
      ->group(group);
}

void add_behaviour(CLI::App& app, Options& options, Texts& texts) {
  const char* group = "Behaviour";
  app.add_option("--latency", texts.latency, "Hold every answer back: 20ms, 1s")
      ->capture_default_str()
      ->group(group);
  app.add_option("--qps", options.tokens_per_second,
                 "Tokens a second; a request above it is answered 503 and not counted")
      ->group(group);
  app.add_option("--qps-window", texts.rate_window, "fixed (full seconds) or sliding")
      ->check(CLI::IsMember({"fixed", "sliding"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--size-rule", texts.size_rule,
                 "What the 4096 bytes measure: body (without its tokens) or payload")
      ->check(CLI::IsMember({"body", "payload"}))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--status-200", options.always_status_200,
               "Answer business codes with HTTP status 200 always")
      ->group(group);
  app.add_flag("--verify-images", options.verify_images,
               "Refuse messages (80100022) with an image that was not verified before")
      ->group(group);
  app.add_option("--max-streams", options.streams_max, "SETTINGS_MAX_CONCURRENT_STREAMS")
      ->check(CLI::Range(0U, 0x7fffffffU))
      ->capture_default_str()
      ->group(group);
  app.add_option("--window", texts.window,
                 "Flow-control window of a stream and of the connection, bytes; default 16 MiB and "
                 "64 MiB")
      ->check(CLI::Range(1U, 0x7fffffffU))
      ->group(group);
  app.add_option("--frame-size", options.frame_size, "SETTINGS_MAX_FRAME_SIZE")
      ->check(CLI::Range(16384U, 16777215U))
      ->capture_default_str()
      ->group(group);
  app.add_option("--goaway-every", options.goaway_every,
                 "Close a connection gracefully after so many requests")
      ->group(group);
  app.add_flag("--http1", options.http1_only, "Never HTTP/2, though a client offers it")
      ->group(group);
}

void add_receipts(CLI::App& app, ReceiptOptions& receipts, Texts& texts) {
  const char* group = "Receipts";
  app.add_option(
         "--receipts", receipts.url,
         "Post a status for every accepted token there: http:// or https:// of this machine")
      ->group(group);
  app.add_option("--receipt", texts.receipts,
                 "RESULT:RATE, repeatable: so many of all tokens get this result, as 2:0.01")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
  app.add_option("--receipt-user", receipts.user, "User name of X-HUAWEI-CALLBACK-ID")
      ->group(group);
  app.add_option("--receipt-secret-file", receipts.secret_file, "File with its secret")
      ->group(group);
  app.add_option("--receipt-secret-form", texts.receipt_secret_form,
                 "What signs: the bytes that the secret is the base64 of, or its text")
      ->check(CLI::IsMember({"base64", "text"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--receipt-ca", receipts.ca_file,
                 "Certificates to trust (PEM); default: the machine's")
      ->group(group);
  app.add_option("--receipt-queue", receipts.queue_max,
                 "Statuses that may wait; what is above is dropped and counted")
      ->capture_default_str()
      ->group(group);
  app.add_option("--package", receipts.package, "appPackageName of the receipts")
      ->capture_default_str()
      ->group(group);
}

void add_faults(CLI::App& app, Options& options, Texts& texts) {
  const char* group = "Faults (a rate is from 0 to 1; each is counted in the dump)";
  app.add_option("--seed", options.seed, "Of every decision below")
      ->capture_default_str()
      ->group(group);
  app.add_option("--fault", texts.faults,
                 "NAME:RATE, repeatable. Not counted by the account: refused, goaway, rst-before, "
                 "drop-before, redirect. Counted: goaway-last, rst-after, drop-after, late (3 s), "
                 "never, badjson, dupkeys, html, drip")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
  app.add_option("--error", texts.errors,
                 "CODE:RATE, repeatable: an HTTP status (503) or a business code (80300002) "
                 "instead of processing; not counted by the account")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
  app.add_option("--illegal", texts.illegal,
                 "So many of all tokens are invalid, the same ones for the same seed. A token that "
                 "begins with invalid- always is")
      ->group(group);
  app.add_option("--reset", texts.reset, "Short for --fault rst-after:RATE")->group(group);
  app.add_option("--stall", texts.stall, "Short for --fault never:RATE")->group(group);
}

}  // namespace

FaultRule parse_fault(const std::string& text) {
  const auto [name, rate] = split_at_last_colon(text);
  const Fault fault = fault_named(name);
  if (fault == Fault::none) {
    throw SetupError(fmt::format("--fault: \"{}\" is no fault; there are {}", name, fault_names()));
  }
  return {fault, must_rate("--fault " + name, rate), {}};
}

FaultRule parse_error(const std::string& text) {
  const auto [code, rate] = split_at_last_colon(text);
  const auto number = parse_integer(code);
  const bool status = number && code.size() == 3 && *number >= 300 && *number <= 599;
  const bool business = number && code.size() == 8 && code[0] == '8';
  if (!status && !business) {
    throw SetupError(fmt::format(
        "--error: \"{}\" is neither an HTTP status from 300 to 599 nor a business code such as "
        "80300002",
        code));
  }
  if (code == "80000000" || code == "80100000" || code == "80300007") {
    throw SetupError(fmt::format(
        "--error: {} tells which tokens were accepted; --illegal makes such answers", code));
  }
  return {Fault::error, must_rate("--error " + code, rate), code};
}

ReceiptRule parse_receipt(const std::string& text) {
  const auto [result, rate] = split_at_last_colon(text);
  const auto number = parse_integer(result);
  if (!number || *number < 1 || *number > 999) {
    throw SetupError(fmt::format(
        "--receipt: \"{}\" is no result; give RESULT:RATE with a number of the service's, such as "
        "2:0.01",
        text));
  }
  return {static_cast<int>(*number), must_rate("--receipt " + result, rate)};
}

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine result;
  Texts texts;
  KeygenOptions keygen;
  CLI::App app(
      "pushsim: a simulator of Huawei Push Kit's send service. It checks what the service checks "
      "and "
      "keeps its own account of what every device was sent.");
  app.get_formatter()->column_width(34);
  add_place(app, result.options, texts);
  add_account(app, result.options, texts);
  add_output(app, result.options);
  add_behaviour(app, result.options, texts);
  add_faults(app, result.options, texts);
  add_receipts(app, result.options.receipts, texts);
  CLI::App* keys = app.add_subcommand(
      "keygen", "Make a service-account file, its public key and a TLS certificate for localhost");
  keys->add_option("DIR", keygen.directory, "Folder for the four files")->required();
  keys->add_option("--project", keygen.project, "project_id of the account")->capture_default_str();
  keys->add_option("--bits", keygen.bits, "Of the RSA key")
      ->check(CLI::Range(2048, 8192))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    result.exit_status = app.exit(help);
    return result;
  } catch (const CLI::ParseError& mistake) {
    throw SetupError(std::string(mistake.what()) + " (pushsim --help lists the options)");
  }
  if (keys->parsed()) {
    result.keygen = keygen;
  } else {
    finish(texts, result.options);
  }
  return result;
}

}  // namespace pushsim
