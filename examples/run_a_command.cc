// Runs a command in a browser's VM to its end. Argument: a browser's name.
#include <iostream>

#include "wye/browser_processes.h"
#include "wye/client.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  // [run-a-command]
  wye::Client client;
  const auto done = client.browsers().process().exec(
      argv[1], {.command = "sh", .args = {"-c", "uname; echo to nobody >&2; exit 3"}, .timeout_sec = 10});
  if (!done) {
    std::cerr << done.error().code << ": " << done.error().message << '\n';
    return 125;
  }
  std::cout << done->output;
  std::cerr << done->errors;
  return static_cast<int>(done->exit_code);
  // [run-a-command]
}
