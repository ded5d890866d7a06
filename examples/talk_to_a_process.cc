// Starts a program in a browser's VM, types to it and reads what it says. Argument: a browser's name.
#include <iostream>

#include "wye/browser_processes.h"
#include "wye/client.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  // [talk-to-a-process]
  wye::Client client;
  const auto process = client.browsers().process();
  const auto made =
      process.spawn(argv[1], {.command = "sh", .args = {"-c", "read name; echo hello $name"}}).value();
  auto output = process.output(argv[1], made.process_id).value();  // a stream that is pulled
  process.write_stdin(argv[1], made.process_id, "world\n").value();
  for (const auto& piece : output) {
    if (piece.value().exit_code) return static_cast<int>(*piece->exit_code);  // always the last one
    std::cout << piece->bytes;
  }
  // [talk-to-a-process]
  return 1;
}
