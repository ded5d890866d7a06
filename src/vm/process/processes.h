#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "vm/process/process.h"
#include "vm/process/process_request.h"

namespace wye::vm {

/// The spawned processes of a VM, those that have ended for a while included (vm-api §9). One io_context.
class Processes {
 public:
  static constexpr std::chrono::minutes kKept{10};
  /// Ended ones; beyond it, and beyond the bytes, the oldest go first.
  static constexpr std::size_t kMostEnded = 16'384;
  static constexpr std::size_t kMostOutputOfEnded = 32u << 20;

  Processes(boost::asio::io_context& io, Commands& commands, const Clock& clock);
  ~Processes();

  net::Task<Result<std::shared_ptr<Process>>> spawn(ProcessCall call);
  /// 400 for what is no id, 404 for an unknown one.
  [[nodiscard]] Result<std::shared_ptr<Process>> find(std::string_view id);

  /// How many run, and how long ago the last one ended; nothing when none has.
  struct Use {
    std::size_t running = 0;
    std::optional<std::chrono::milliseconds> ended_before;
  };
  [[nodiscard]] Use use() const;

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct All {
    std::map<std::string, std::shared_ptr<Process>, std::less<>> processes;  // with the calls that use them
    struct Ended {
      std::string id;
      Moment at;
    };
    std::deque<Ended> ended, with_output;  // the oldest first
    std::size_t output = 0;                // of those in `with_output`
    std::size_t running = 0;
    std::optional<Moment> last_end;
    void forget_old(Moment now);
    void add_ended(const std::string& id, Moment now);
  };

  boost::asio::io_context& io_;
  Commands& commands_;
  const Clock& clock_;
  std::shared_ptr<All> all_;  // shared with processes, which may end a turn after this object
};

}  // namespace wye::vm
