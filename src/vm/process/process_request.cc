#include "vm/process/process_request.h"

#include <signal.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/try.h"
#include "wire/process_types.h"

namespace wye::vm {
namespace {

constexpr std::int64_t kLongest = 31'536'000;  // a year
constexpr std::int64_t kMostCells = 65'535;

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

template <class Request>
Result<Request> read(std::string_view body) {
  return wire::from_text<Request>(body.empty() ? "{}" : body);
}

Result<void> check_environment(const std::map<std::string, std::string>& env) {
  for (const auto& [name, value] : env) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name))
      return bad("env holds a name that is empty or has = or NUL in it");
    if (has_nul(value)) return bad("env holds a value with NUL in it");
  }
  return {};
}

template <class Request>
Result<ProcessCall> read_command(const VmUsers& users, Request request) {
  if (request.command.empty() || has_nul(request.command)) return bad("command must name a program");
  if (std::any_of(request.args.begin(), request.args.end(), has_nul))
    return bad("args holds a word with NUL in it");
  WYE_CHECK(check_environment(request.env));
  ProcessCall call;
  call.spec.directory = request.cwd.value_or("");
  if (!call.spec.directory.empty() && (call.spec.directory.front() != '/' || has_nul(call.spec.directory)))
    return bad("cwd must be an absolute path");
  if (request.timeout_sec && (*request.timeout_sec < 1 || *request.timeout_sec > kLongest))
    return bad("timeout_sec must be from 1 to 31536000");
  if (request.timeout_sec) call.timeout = std::chrono::seconds(*request.timeout_sec);
  WYE_TRY(call.spec.user, command_user(users, request.as_user.value_or(""), request.as_root.value_or(false)));
  call.spec.words = std::move(request.args);
  call.spec.words.insert(call.spec.words.begin(), std::move(request.command));
  call.spec.env = std::move(request.env);
  return call;
}

Result<TerminalSize> read_size(std::int64_t rows, std::int64_t columns) {
  if (rows < 1 || rows > kMostCells || columns < 1 || columns > kMostCells)
    return bad("rows and cols must be from 1 to 65535");
  return TerminalSize{static_cast<std::uint16_t>(rows), static_cast<std::uint16_t>(columns)};
}

}  // namespace

Result<ProcessCall> read_exec(const VmUsers& users, std::string_view body) {
  WYE_TRY(auto request, read<ExecRequest>(body));
  return read_command(users, std::move(request));
}

Result<ProcessCall> read_spawn(const VmUsers& users, std::string_view body) {
  WYE_TRY(auto request, read<SpawnRequest>(body));
  const TerminalSize usual;
  WYE_TRY(const auto size,
          read_size(request.rows.value_or(usual.rows), request.cols.value_or(usual.columns)));
  const bool has_terminal = request.allocate_tty.value_or(false);
  WYE_TRY(auto call, read_command(users, std::move(request)));
  call.spec.takes_input = true;
  if (has_terminal) call.spec.terminal = size;
  return call;
}

Result<std::string> read_stdin(std::string_view body) {
  WYE_TRY(const auto request, read<wire::StdinRequest>(body));
  auto bytes = base64_decode(request.data_b64);
  if (!bytes || request.data_b64.empty()) return bad("data_b64 must be base64, and not empty");
  return std::move(*bytes);
}

Result<int> read_kill(std::string_view body) {
  WYE_TRY(const auto request, read<wire::KillRequest>(body));
  constexpr std::array<std::pair<std::string_view, int>, 4> kSignals{
      {{"TERM", SIGTERM}, {"KILL", SIGKILL}, {"INT", SIGINT}, {"HUP", SIGHUP}}};
  for (const auto& [name, number] : kSignals)
    if (request.signal == name) return number;
  return bad("signal must be TERM, KILL, INT or HUP");
}

Result<TerminalSize> read_resize(std::string_view body) {
  WYE_TRY(const auto request, read<wire::ResizeRequest>(body));
  return read_size(request.rows.value_or(0), request.cols.value_or(0));
}

Result<std::optional<TerminalSize>> read_attach_message(std::string_view text) {
  WYE_TRY(const auto message, wire::from_text<wire::AttachMessage>(text));
  if (message.type != "resize") return std::optional<TerminalSize>();
  WYE_TRY(const auto size, read_size(message.rows.value_or(0), message.cols.value_or(0)));
  return std::optional(size);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const auto c = static_cast<unsigned char>(text[i]);
    if (dash ? c != '-' : std::isxdigit(c) == 0) return false;
  }
  return true;
}

}  // namespace wye::vm
