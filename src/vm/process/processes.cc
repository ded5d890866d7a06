#include "vm/process/processes.h"

#include <array>

#include "base/encoding.h"
#include "base/random.h"
#include "base/timestamp.h"
#include "base/try.h"

namespace wye::vm {
namespace {

std::string new_uuid() {
  SystemRandom random;
  std::array<std::uint8_t, 16> bytes;
  random.fill(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  auto text = hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (const auto at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace

Processes::Processes(boost::asio::io_context& io, Commands& commands, const Clock& clock)
    : io_(io), commands_(commands), clock_(clock), all_(std::make_shared<All>()) {}

Processes::~Processes() {
  for (const auto& [id, process] : all_->processes) process->close();
}

void Processes::All::forget_old(Moment now) {
  while (!ended.empty() && (ended.size() > kMostEnded || now - ended.front().at >= kKept)) {
    const auto& id = ended.front().id;
    if (!with_output.empty() && with_output.front().id == id) {
      output -= processes.at(id)->ring().cost();
      with_output.pop_front();
    }
    processes.erase(id);
    ended.pop_front();
  }
}

void Processes::All::add_ended(const std::string& id, Moment now) {
  ended.push_back({id, now});
  last_end = now;
  --running;
  if (const auto cost = processes.at(id)->ring().cost(); cost > 0) {
    with_output.push_back({id, now});
    output += cost;
  }
  while (output > kMostOutputOfEnded) {
    auto& ring = processes.at(with_output.front().id)->ring();
    output -= ring.cost();
    ring.clear();
    with_output.pop_front();
  }
  forget_old(now);
}

net::Task<Result<std::shared_ptr<Process>>> Processes::spawn(ProcessCall call) {
  const auto all = all_;
  const bool has_terminal = call.spec.terminal.has_value();
  WYE_CO_TRY(auto command, co_await commands_.start(std::move(call.spec)));
  const auto id = new_uuid();
  auto process =
      std::make_shared<Process>(io_, id, rfc3339(clock_.unix_micros()), std::move(command), has_terminal);
  all->processes.emplace(id, process);
  ++all->running;
  process->follow(call.timeout, [all, id, &clock = clock_] { all->add_ended(id, clock.steady()); });
  co_return std::move(process);
}

Processes::Use Processes::use() const {
  Use out{.running = all_->running, .ended_before = {}};
  if (all_->last_end)
    out.ended_before =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - *all_->last_end);
  return out;
}

Result<std::shared_ptr<Process>> Processes::find(std::string_view id) {
  if (!is_uuid(id))
    return Error{.kind = ErrorKind::invalid, .code = "bad_request", .message = "a process id is a UUID"};
  all_->forget_old(clock_.steady());
  const auto found = all_->processes.find(ascii_lower(id));
  if (found == all_->processes.end())
    return Error{.kind = ErrorKind::not_found, .code = "not_found", .message = "no such process"};
  return found->second;
}

}  // namespace wye::vm
