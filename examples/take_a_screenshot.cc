// Types into a page, and takes a picture of it. Arguments: a browser's name and a file.
#include <fstream>
#include <iostream>

#include "wye/browser_computer.h"
#include "wye/browser_playwright.h"
#include "wye/client.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  // [take-a-screenshot]
  wye::Client client;
  const std::string page =
      "data:text/html,<input style='position:fixed;left:0;top:0;width:200px;height:50px'>";
  client.browsers().playwright().execute(argv[1], {.code = "await page.goto(\"" + page + "\")"}).value();

  const auto computer = client.browsers().computer();
  computer.click(argv[1], {.x = 100, .y = 25}).value();
  computer.type(argv[1], {.text = "Zürich"}).value();
  computer.press(argv[1], {.keys = {"Ctrl+a", "Ctrl+c"}}).value();
  std::cout << computer.read_clipboard(argv[1]).value() << '\n';

  const auto picture = computer.screenshot(argv[1], wye::ScreenRegion{0, 0, 200, 50}).value();
  std::ofstream(argv[2], std::ios::binary) << picture.png;
  std::cout << picture.width << " x " << picture.height << '\n';
  // [take-a-screenshot]
}
