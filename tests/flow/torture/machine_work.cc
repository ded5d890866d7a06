#include "machine_work.h"

#include "wye/browser_files.h"
#include "wye/browser_playwright.h"
#include "wye/browser_processes.h"

namespace wye::torture {

namespace {

constexpr int kSteps = 6;
constexpr int kTries = 500;  // of a process's output, through every cut
constexpr std::size_t kFileBytes = 48 * 1024;

std::string path_of(std::size_t file) { return "/tmp/torture-" + std::to_string(file); }

std::string filled(const std::string& line, std::size_t size) {
  std::string out;
  while (out.size() < size) out += line;
  return out;
}

}  // namespace

void MachineWork::run() {
  using Step = void (MachineWork::*)(int);
  constexpr std::array<Step, kSteps> kAll{&MachineWork::write_file,   &MachineWork::run_code,
                                          &MachineWork::run_command,  &MachineWork::read_file,
                                          &MachineWork::read_process, &MachineWork::read_file};
  for (int n = parts_.first; !gone_; ++n) {
    (this->*kAll[static_cast<std::size_t>(n) % kSteps])(n);
    if (!parts_.more()) return;
  }
}

void MachineWork::write_file(int n) {
  const auto at = static_cast<std::size_t>(n / kSteps) % kFiles;
  auto body = filled(parts_.label + ' ' + std::to_string(n) + '\n', kFileBytes);
  const auto done =
      parts_.client.browsers().fs().write(parts_.id, {.path = path_of(at), .body = body}, parts_.call());
  files_[at] = done ? std::move(body) : "";  // one that failed may have been done
  if (!done) return failed("a write", done.error());
  parts_.world.count("files written");
}

void MachineWork::read_file(int n) {
  auto at = static_cast<std::size_t>(n) % kFiles;
  for (std::size_t i = 0; i < kFiles && files_[at].empty(); ++i) at = (at + 1) % kFiles;
  if (files_[at].empty()) return;
  auto opened = parts_.client.browsers().fs().read(parts_.id, path_of(at), {}, parts_.call());
  if (!opened) return failed("a read", opened.error());
  std::string seen;
  for (std::array<char, 16384> piece;;) {
    const auto got = opened->read(piece);
    if (!got) return failed("a read", got.error());
    if (*got == 0) break;
    seen.append(piece.data(), *got);
  }
  if (seen != files_[at]) violated("a file is not what was written: " + seen.substr(0, 100));
  parts_.world.count("files read back");
}

void MachineWork::run_command(int n) {
  const auto word = parts_.label + '-' + std::to_string(n);
  const auto done = parts_.client.browsers().process().exec(
      parts_.id, {.command = "sh", .args = {"-c", "echo $0; exit 7", word}}, parts_.call());
  if (!done) return failed("exec", done.error());
  if (done->exit_code != 7 || done->output != word + '\n')
    violated("exec answers " + std::to_string(done->exit_code) + " and " + done->output);
  parts_.world.count("commands run");
}

void MachineWork::read_process(int n) {
  const auto word = parts_.label + '-' + std::to_string(n);
  const auto begun = parts_.client.browsers().process().spawn(
      parts_.id, {.command = "sh", .args = {"-c", "for i in 1 2 3; do echo $0 $i; sleep 0.05; done", word}},
      parts_.call());
  if (!begun) return failed("spawn", begun.error());
  const auto expected = word + " 1\n" + word + " 2\n" + word + " 3\n";
  for (int i = 0; i < kTries && !gone_; ++i) {
    if (read_to_the_end(begun->process_id, expected))
      return parts_.world.count("processes read to their end");
    if (!parts_.more()) return;
  }
}

// Whether the exit came.
bool MachineWork::read_to_the_end(const std::string& process_id, const std::string& expected) {
  auto opened = parts_.client.browsers().process().output(parts_.id, process_id, parts_.call());
  if (!opened) {
    failed("stdout/stream", opened.error());
    return false;
  }
  std::string seen;
  for (;;) {
    const auto next = opened->next();
    if (!next) {
      failed("stdout/stream", next.error());
      return false;
    }
    if (!*next) return false;
    if (!(*next)->exit_code) {
      seen += (*next)->bytes;
      continue;
    }
    if (seen != expected || *(*next)->exit_code != 0)
      violated("a process ended with " + std::to_string(*(*next)->exit_code) +
               " and is said to have written " + seen);
    return true;
  }
}

void MachineWork::run_code(int n) {
  const auto number = std::to_string(n);
  const auto done = parts_.client.browsers().playwright().execute(
      parts_.id, {.code = "return " + number + " + 1", .timeout_sec = 10}, parts_.call());
  if (!done) return failed("playwright/execute", done.error());
  parts_.world.count(done->success ? "code run" : "code refused by its browser");
  if (done->success && (!done->result || *done->result != n + 1)) violated(number + " + 1 is something else");
}

void MachineWork::failed(const std::string& what, const Error& error) {
  parts_.world.count(what + " failed: " + error.code);
  if (error.status == 404) {
    const auto browser = parts_.client.request({.path = "/browsers/" + parts_.id}, parts_.call());
    gone_ = true;
    if (browser && browser->status == 200) violated(what + " knows nothing of it: " + error.message);
  }
  if (error.status == 401 || error.status == 400 || error.status == 500)
    violated(what + " is answered " + std::to_string(error.status) + ' ' + error.code + ": " + error.message);
}

void MachineWork::violated(const std::string& what) { parts_.ledger.violated(parts_.id + ": " + what); }

}  // namespace wye::torture
