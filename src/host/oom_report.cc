#include "host/oom_report.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <utility>

#include "base/random.h"

namespace wye::host {

namespace json = boost::json;

namespace {

constexpr std::int64_t kPageKb = 4;

std::int64_t number(std::string_view text) {
  const auto digits = text.find_first_of("0123456789");
  std::int64_t value = 0;
  if (digits != std::string_view::npos)
    std::from_chars(text.data() + digits, text.data() + text.size(), value);
  return value;
}

// Returns what follows `key`, up to one of `ends`.
std::string_view behind(std::string_view line, std::string_view key, std::string_view ends = ",") {
  const auto at = line.find(key);
  if (at == std::string_view::npos) return {};
  const auto rest = line.substr(at + key.size());
  return rest.substr(0, rest.find_first_of(ends));
}

// Returns the session whose cgroup the path leads to: `…/wye/<id>`.
std::string session_of(std::string_view cgroup) {
  constexpr std::string_view kMark = "/wye/";
  const auto at = cgroup.rfind(kMark);
  if (at == std::string_view::npos) return {};
  const auto id = cgroup.substr(at + kMark.size());
  const auto whole = id.substr(0, id.find('/'));
  return is_id(whole) ? std::string(whole) : std::string();
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto begin = text.find_first_not_of(" []");
    if (begin == std::string_view::npos) break;
    const auto end = std::min(text.find_first_of(" []", begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace

std::string oom_event_body(const OomKill& kill) {
  json::object data{{"process_name", kill.process_name}, {"pid", kill.pid}, {"rss_kb", kill.rss_kb}};
  if (!kill.constraint.empty()) data["constraint"] = kill.constraint;
  if (kill.limit_kb) data["mem_total_kb"] = *kill.limit_kb;
  if (kill.limit_kb && kill.usage_kb)
    data["mem_free_kb"] = std::max<std::int64_t>(0, *kill.limit_kb - *kill.usage_kb);
  if (kill.trigger_pid) data["trigger_pid"] = *kill.trigger_pid;
  if (!kill.trigger_name.empty()) data["trigger_process_name"] = kill.trigger_name;
  if (!kill.top_tasks.empty()) {
    json::array tasks;
    for (const auto& task : kill.top_tasks)
      tasks.push_back(json::object{{"pid", task.pid}, {"name", task.name}, {"rss_kb", task.rss_kb}});
    data["top_tasks"] = std::move(tasks);
  }
  return json::serialize(json::object{{"type", "system_oom_kill"},
                                      {"source", json::object{{"kind", "local_process"}}},
                                      {"data", std::move(data)}});
}

std::optional<OomKill> OomReport::read_line(std::string_view line) {
  constexpr std::string_view kBegin = " invoked oom-killer";
  if (const auto at = line.find(kBegin); at != std::string_view::npos)
    return begin(line.substr(0, at)), std::nullopt;
  if (!in_report_) return std::nullopt;
  if (line.starts_with("oom-kill:")) return read_verdict(line), std::nullopt;
  if (line.find("Killed process ") != std::string_view::npos) return read_end(line);
  if (line.starts_with("CPU:") && !kill_.trigger_pid) {
    if (const auto pid = behind(line, " PID: ", " "); !pid.empty()) kill_.trigger_pid = number(pid);
  } else if (line.starts_with("memory: usage ")) {
    kill_.usage_kb = number(behind(line, "usage "));
    kill_.limit_kb = number(behind(line, "limit "));
  } else if (line.starts_with("[  pid  ]")) {
    in_tasks_ = true;
    columns_ = words_of(line).size();
  } else if (in_tasks_ && line.starts_with("[")) {
    read_task(line);
  }
  return std::nullopt;
}

void OomReport::begin(std::string_view trigger) {
  kill_ = {};
  kill_.trigger_name = trigger;
  in_report_ = true;
  in_tasks_ = false;
}

// Reads a row `pid uid tgid total_vm rss … name`; the number of columns between depends on the kernel.
void OomReport::read_task(std::string_view line) {
  const auto words = words_of(line);
  if (columns_ < 6 || words.size() < columns_) return;
  const auto name_at = static_cast<std::size_t>(words[columns_ - 1].data() - line.data());
  OomKill::Task task{.pid = number(words[0]),
                     .rss_kb = number(words[4]) * kPageKb,
                     .name = std::string(line.substr(name_at))};
  auto& top = kill_.top_tasks;
  top.insert(std::upper_bound(top.begin(), top.end(), task,
                              [](const auto& a, const auto& b) { return a.rss_kb > b.rss_kb; }),
             task);
  if (top.size() > kMaxTopTasks) top.pop_back();
}

void OomReport::read_verdict(std::string_view line) {
  const auto constraint = behind(line, "constraint=CONSTRAINT_");
  for (const auto& [kernels, ours] : {std::pair{"NONE", "none"},
                                      {"MEMCG", "memcg"},
                                      {"CPUSET", "cpuset"},
                                      {"MEMORY_POLICY", "memory_policy"}})
    if (constraint == kernels) kill_.constraint = ours;
  kill_.session_id = session_of(behind(line, "task_memcg="));
  // A limit other than the VM's own: the report is about the host, and tells the VM nothing.
  if (session_of(behind(line, "oom_memcg=")) == kill_.session_id && kill_.constraint == "memcg") return;
  kill_.limit_kb.reset();
  kill_.usage_kb.reset();
  kill_.trigger_pid.reset();
  kill_.trigger_name.clear();
  kill_.top_tasks.clear();
}

std::optional<OomKill> OomReport::read_end(std::string_view line) {
  in_report_ = in_tasks_ = false;
  if (kill_.session_id.empty()) return std::nullopt;
  kill_.pid = number(behind(line, "Killed process ", " "));
  const auto open = line.find('(', line.find("Killed process ")), close = line.find(") total-vm");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  kill_.process_name = line.substr(open + 1, close - open - 1);
  for (const auto* part : {"anon-rss:", "file-rss:", "shmem-rss:"})
    kill_.rss_kb += number(behind(line, part));
  return std::move(kill_);
}

}  // namespace wye::host
