#include "base/encoding.h"
#include "base/try.h"
#include "sdk/answer.h"
#include "sdk/outlasting.h"
#include "sdk/paths.h"
#include "sdk/typed_events.h"
#include "wire/process_types.h"
#include "wye/browser_processes.h"

namespace wye {

using sdk::browser_path;
using sdk::json_request;

namespace {

Result<std::string> process_path(const std::string& id_or_name, const std::string& process_id,
                                 std::string_view tail) {
  WYE_TRY(const auto segment, sdk::path_segment(process_id, "a process is named by its id"));
  return browser_path(id_or_name, "/process/" + segment + std::string(tail));
}

Result<std::string> bytes_of(const std::string& text) {
  auto bytes = base64_decode(text);
  if (bytes) return std::move(*bytes);
  return Error{.kind = ErrorKind::invalid, .code = "bad_request", .message = "not base64"};
}

Result<ExecResult> result_of(const ExecResponse& answer) {
  ExecResult out{.exit_code = answer.exit_code,
                 .duration_ms = answer.duration_ms,
                 .truncated = answer.truncated.value_or(false)};
  WYE_TRY(out.output, bytes_of(answer.stdout_b64));
  WYE_TRY(out.errors, bytes_of(answer.stderr_b64));
  return out;
}

Result<std::optional<ProcessOutput>> read_frame(const std::string& data) {
  using Output = std::optional<ProcessOutput>;
  WYE_TRY(const auto frame, wire::from_text<wire::OutputFrame>(data));
  if (frame.event == "exit") {
    if (frame.exit_code) return Output(ProcessOutput{.exit_code = frame.exit_code});
    return Error{.kind = ErrorKind::invalid, .code = "bad_request", .message = "an exit without exit_code"};
  }
  const bool is_output = frame.stream == to_string(ProcessStream::output);
  if (!is_output && frame.stream != to_string(ProcessStream::errors)) return Output();
  WYE_TRY(auto bytes, bytes_of(frame.data_b64.value_or("")));
  return Output(ProcessOutput{.stream = is_output ? ProcessStream::output : ProcessStream::errors,
                              .bytes = std::move(bytes)});
}

}  // namespace

std::string_view to_string(ProcessStream stream) {
  return stream == ProcessStream::errors ? "stderr" : "stdout";
}

std::string_view to_string(ProcessSignal signal) {
  switch (signal) {
    case ProcessSignal::terminate:
      return "TERM";
    case ProcessSignal::kill:
      return "KILL";
    case ProcessSignal::interrupt:
      return "INT";
    case ProcessSignal::hang_up:
      return "HUP";
  }
  return "TERM";
}

Processes Browsers::process() const { return Processes(core_); }

Result<Reached<ExecResult>> Processes::exec(const std::string& id_or_name, const ExecRequest& request,
                                            CallOptions call) const {
  if (request.timeout_sec) call = sdk::outlasting(std::move(call), *core_, *request.timeout_sec);
  WYE_TRY(auto path, browser_path(id_or_name, "/process/exec"));
  WYE_TRY(const auto answer,
          core_->expect_success(json_request("POST", std::move(path), wire::to_text(request)), call));
  WYE_TRY(const auto read, sdk::decode<ExecResponse>(answer));
  auto result = result_of(read);
  if (!result) return sdk::bad_answer(answer, result.error());
  return Reached<ExecResult>(std::move(*result), answer.route);
}

Result<Reached<SpawnResponse>> Processes::spawn(const std::string& id_or_name, const SpawnRequest& request,
                                                CallOptions call) const {
  WYE_TRY(auto path, browser_path(id_or_name, "/process/spawn"));
  return sdk::decode<SpawnResponse>(
      core_->expect_success(json_request("POST", std::move(path), wire::to_text(request)), call));
}

Result<Reached<ProcessStatus>> Processes::status(const std::string& id_or_name, const std::string& process_id,
                                                 CallOptions call) const {
  WYE_TRY(auto path, process_path(id_or_name, process_id, "/status"));
  return sdk::decode<ProcessStatus>(core_->expect_success({.method = "GET", .path = std::move(path)}, call));
}

Result<std::int64_t> Processes::write_stdin(const std::string& id_or_name, const std::string& process_id,
                                            std::string_view bytes, CallOptions call) const {
  WYE_TRY(auto path, process_path(id_or_name, process_id, "/stdin"));
  const auto body = wire::to_text(wire::StdinRequest{.data_b64 = base64(bytes)});
  WYE_TRY(const auto answer, core_->expect_success(json_request("POST", std::move(path), body), call));
  WYE_TRY(const auto taken, sdk::decode<wire::StdinResponse>(answer));
  // A caller goes on behind what was taken.
  if (taken.written_bytes < 0 || static_cast<std::uint64_t>(taken.written_bytes) > bytes.size())
    return sdk::bad_answer(answer, {.message = "written_bytes is not within what was given"});
  return taken.written_bytes;
}

Result<RouteInfo> Processes::kill(const std::string& id_or_name, const std::string& process_id,
                                  ProcessSignal signal, CallOptions call) const {
  WYE_TRY(auto path, process_path(id_or_name, process_id, "/kill"));
  const auto body = wire::to_text(wire::KillRequest{.signal = std::string(to_string(signal))});
  WYE_TRY(const auto answer, core_->expect_success(json_request("POST", std::move(path), body), call));
  return answer.route;
}

Result<RouteInfo> Processes::resize(const std::string& id_or_name, const std::string& process_id,
                                    TerminalSize size, CallOptions call) const {
  WYE_TRY(auto path, process_path(id_or_name, process_id, "/resize"));
  const auto body = wire::to_text(wire::ResizeRequest{.rows = size.rows, .cols = size.cols});
  WYE_TRY(const auto answer, core_->expect_success(json_request("POST", std::move(path), body), call));
  return answer.route;
}

Result<EventStream<ProcessOutput>> Processes::output(const std::string& id_or_name,
                                                     const std::string& process_id, CallOptions call) const {
  WYE_TRY(auto path, process_path(id_or_name, process_id, "/stdout/stream"));
  return sdk::open_stream<ProcessOutput>(
      core_, std::move(path),
      {.read = read_frame,
       .is_last = [](const ProcessOutput& output) { return output.exit_code.has_value(); }},
      call);
}

}  // namespace wye
