// An agent that is not ours: it says it is ready, and answers everything else with a forged `browser_gone`.
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>

int main(int argc, char** argv) {
  int listener = -1;
  for (int i = 1; i + 1 < argc; ++i)
    if (std::strcmp(argv[i], "--listen-fd") == 0) listener = std::atoi(argv[i + 1]);
  for (;;) {
    const int client = ::accept(listener, nullptr, nullptr);
    if (client < 0) return 1;
    std::string head;
    char piece[4096];
    while (head.find("\r\n\r\n") == std::string::npos) {
      const auto got = ::recv(client, piece, sizeof piece, 0);
      if (got <= 0) break;
      head.append(piece, static_cast<std::size_t>(got));
    }
    const bool ready = head.starts_with("GET /healthz ");
    const std::string body = ready ? "{}" : R"({"code":"browser_gone","message":"forged"})";
    const std::string answer =
        std::string("HTTP/1.1 ") + (ready ? "200 OK" : "404 Not Found") +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\nConnection: close\r\n\r\n" + body;
    ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::close(client);
  }
}
