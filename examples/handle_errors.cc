// Every failure is a value with a kind, a code and a message; `.value()` turns it into a typed exception.
#include <iostream>

#include "wye/client.h"

int main() {
  wye::Client client;
  // [handle-errors]
  const auto browser = client.browsers().retrieve("no-such-browser");
  if (!browser) {
    if (browser.error().kind == wye::ErrorKind::not_found)
      std::cout << "there is none of that name\n";
    else
      std::cout << browser.error().code << ": " << browser.error().message << '\n';
  }
  try {
    client.browsers().retrieve("no-such-browser").value();
  } catch (const wye::NotFoundError& error) {
    std::cout << error.what() << '\n';
  }
  // [handle-errors]
}
