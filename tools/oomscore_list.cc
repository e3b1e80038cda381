// oomscore without a command: processes in the order in which the kernel would kill them.
//
// Tested by tests/tools/oomscore_test.cc.

#include <sys/ioctl.h>
#include <unistd.h>

#include <cctype>
#include <cmath>
#include <ctime>
#include <memory>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/oomscore_commands.h"
#include "tools/run/oom_ranking.h"
#include "tools/view/json_processes.h"
#include "tools/view/oom_list.h"

namespace glassheap::tools {
namespace {

constexpr size_t kLinesAround = 4;  // of the table on a terminal: its headlines, what is left out, the prompt
constexpr char kClearScreen[] = "\x1b[H\x1b[2J";

// As typed.
struct ListOptions {
  std::vector<std::string> pids;
  std::optional<std::string> pid_list;
  RankingRequest request;
  std::string count;
  std::string sort = "rank";
  std::string fields;
  std::string watch;
  bool json = false;
};

struct Window {
  size_t columns = 0;  // 0: no terminal, what goes to a file or a pipe is not cut
  size_t rows = 0;
};

Window OutputWindow() {
  winsize size{};
  if (!::isatty(STDOUT_FILENO) || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  return {size.ws_col, size.ws_row};
}

// "1,2,3", as ps and top have it.
std::vector<std::string> SplitList(const std::string& list) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= list.size();) {
    const size_t comma = std::min(list.find(',', at), list.size());
    parts.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

// What was typed as a request; an error is one of usage.
Result<RankingRequest> ParseRequest(const ListOptions& options, const ProcessFields& fields, const Window& window) {
  RankingRequest request = options.request;
  std::vector<std::string> pids = options.pids;
  for (const std::string& word : pids) {
    if (!word.empty() && std::isalpha(static_cast<unsigned char>(word[0]))) {
      return Error{word, "not a command, nor a process id; see --help"};
    }
  }
  if (options.pid_list) {  // empty is an error: the output of a pgrep that found nothing means no process, not all
    for (std::string& pid : SplitList(*options.pid_list)) pids.push_back(std::move(pid));
  }
  Result<std::vector<pid_t>> parsed = ParsePids(pids);
  if (!parsed) return parsed.error();
  request.pids = *std::move(parsed);
  const auto count = ParseNumber<size_t>(options.count);
  if (!options.count.empty() && !count) return Error{"-n " + options.count, "not a number of processes"};
  if (count) request.count = *count;
  if (!count && !request.all && window.rows > kLinesAround && !options.json) request.count = window.rows - kLinesAround;
  const Result<ProcessSort> sort = ParseProcessSort(options.sort);
  if (!sort) return Error{"--sort " + options.sort, "no such column; --sort help lists them"};
  request.sort = *sort;
  request.needs = NeedsOf(fields) | sort->column->needs;
  return request;
}

std::string TextOf(const OomRanking& ranking, const std::vector<Process>& processes, const ProcessFields& fields,
                   const Window& window) {
  if (processes.empty() && !ranking.missing.empty()) return "";
  std::vector<OomRowNote> notes;
  for (const RankingRow& row : ranking.rows) notes.push_back({row.depth, row.shares_with});
  std::string text = OomHeadline(ranking.memory) + OomTable(processes, fields, window.columns, notes);
  if (ranking.left_out > 0 && window.rows > 0) {
    text += "and " + std::to_string(ranking.left_out) + " more; -a shows all\n";
  }
  return text;
}

// One look. The exit code is for a list that was not printed in full, or of pids that are not there.
int Show(const Root& root, const ListOptions& options, const RankingRequest& request, const ProcessFields& fields,
         bool& go_on) {
  const Window window = OutputWindow();
  Result<OomRanking> ranking = RankForOom(root, request);
  if (!ranking) return go_on = false, Failed(kOomscore, ranking.error());
  int exit_code = kExitOk;
  for (const pid_t pid : ranking->missing) {
    exit_code = Failed(kOomscore, {"pid " + std::to_string(pid), "no such process"});
  }
  std::vector<Process> processes;
  processes.reserve(ranking->rows.size());
  for (RankingRow& row : ranking->rows) processes.push_back(std::move(row.process));
  const ProcessFields shown = options.fields.empty() ? WithoutEmptyHeaps(fields, processes) : fields;
  std::string text = options.json ? OomJson(processes, fields) : TextOf(*ranking, processes, shown, window);
  if (!options.watch.empty() && window.rows > 0 && !options.json) text = kClearScreen + text;
  const std::optional<int> stop = WriteOutput(kOomscore, text);
  if (stop) go_on = false;
  return stop.value_or(exit_code);
}

void Sleep(double seconds) {
  const timespec pause{static_cast<time_t>(seconds), static_cast<long>((seconds - std::floor(seconds)) * 1e9)};
  ::nanosleep(&pause, nullptr);
}

Result<ProcessFields> FieldsOf(const ListOptions& options) {
  if (options.fields.empty()) return options.json ? OomJsonFields() : OomTableFields();
  return ParseOomFields(options.fields);
}

int List(const Root& root, const ListOptions& options) {
  if (options.sort == "help" || options.fields == "help")
    return WriteOutput(kOomscore, ProcessColumnsHelp()).value_or(kExitOk);
  const auto seconds = ParseSeconds(options.watch);
  if (!options.watch.empty() && !seconds) {
    return Misused(kOomscore, {"--watch " + options.watch, "not a number of seconds; 0.1 to 3600"});
  }
  const Result<ProcessFields> fields = FieldsOf(options);
  if (!fields) return Misused(kOomscore, fields.error());
  const Result<RankingRequest> request = ParseRequest(options, *fields, OutputWindow());
  if (!request) return Misused(kOomscore, request.error());
  bool go_on = seconds.has_value();
  int exit_code = Show(root, options, *request, *fields, go_on);
  while (go_on) {
    Sleep(*seconds);
    if (OutputWindow().rows == 0 && !options.json && WriteOutput(kOomscore, "\n")) break;
    exit_code = Show(root, options, *request, *fields, go_on);
  }
  return exit_code;
}

}  // namespace

ToolAction SetUpOomList(CLI::App& app) {
  auto options = std::make_shared<ListOptions>();
  RankingRequest& request = options->request;
  app.add_option("PID", options->pids, "only these processes");
  app.add_option("-p", options->pid_list, "only these, parted by commas")->type_name("PID,...");
  app.add_option("-u", request.users, "only those of this user")->type_name("USER")->expected(1)->take_all();
  app.add_option("--name", request.names, "only those of this name")->type_name("NAME")->expected(1)->take_all();
  app.add_option("-n", options->count, "only the first N")->type_name("N");
  app.add_flag("-a,--all", request.all, "kernel threads and zombies too, and more than the window holds");
  app.add_option("-o,--fields", options->fields,
                 "these columns, as ps has it; only what they need is read; help lists them")
      ->type_name("FIELD,...");
  app.add_option("--sort", options->sort,
                 "by this column (rank); +FIELD largest first, -FIELD smallest; help lists them")
      ->type_name("FIELD");
  app.add_flag("--tree", request.tree, "children below their parents; says who shares memory");
  app.add_option("--watch", options->watch, "again every S seconds")->type_name("S");
  app.add_flag("-J,--json", options->json, "JSON, bytes as whole numbers");
  return [options](const ToolInput& input) { return List(input.root, *options); };
}

}  // namespace glassheap::tools
