#pragma once

#include <array>
#include <functional>
#include <string>

#include "ledger.h"
#include "world.h"
#include "wye/process.h"

namespace wye::torture {

/// A client that uses a browser's machine: it writes files and reads them back, runs commands, reads all that
/// a process has written, runs code. What is acknowledged must stay for as long as the browser lives.
class MachineWork {
 public:
  struct Parts {
    World& world;
    Ledger& ledger;
    Client client;
    std::string id;                     ///< The browser's.
    std::string label;                  ///< Names this round and browser.
    int first = 0;                      ///< The step to begin with: rounds are short.
    std::function<CallOptions()> call;  ///< The bounds of each call.
    std::function<bool()> more;         ///< Waits a while; false when it is time to end.
  };
  explicit MachineWork(Parts parts) : parts_(std::move(parts)) {}
  /// Goes on until `more` is false or the browser is gone.
  void run();

 private:
  void write_file(int n);
  void read_file(int n);
  void run_command(int n);
  void read_process(int n);
  void run_code(int n);
  bool read_to_the_end(const std::string& process_id, const std::string& expected);
  /// Counts a failure that may be, and reports one that may not.
  void failed(const std::string& what, const Error& error);
  void violated(const std::string& what);

  static constexpr std::size_t kFiles = 4;
  const Parts parts_;
  std::array<std::string, kFiles> files_;  // what each holds; "" when that is not known
  bool gone_ = false;
};

}  // namespace wye::torture
