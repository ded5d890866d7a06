// Streams a download through the browser's own network stack. Arguments: a browser's name and a URL.
#include <array>
#include <iostream>

#include "wye/client.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  // [stream-a-download]
  wye::Client client;
  const auto browser = client.browsers().retrieve(argv[1]).value();  // teaches the client the way to its VM
  auto download = client.browsers().fetch(browser.session_id, argv[2]).value();
  std::array<char, 65536> piece;
  while (const auto size = download.read(piece).value())
    std::cout.write(piece.data(), static_cast<std::streamsize>(size));
  // [stream-a-download]
}
