// A hostile agent: it reports that it is ready, abuses its descriptors as the request's target asks (`do=…`),
// and answers everything else with a forged `browser_gone`.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr std::size_t kMiB = 1 << 20;

bool write_all(int fd, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto wrote = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (wrote <= 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return true;
}

// Writes heads of frames that claim a megabyte each and continue any log.
bool poison(int spool) {
  std::string head("WYE1\x40\x42\x0f\0\1\0\0\0", 12);
  head += std::string("\0\0\0\1\0\0\0\0", 8) + std::string("\0\0\0\0\0\0\x10\0", 8) + "\1\1";
  std::string bytes;
  while (bytes.size() < 32 * kMiB) bytes += head;
  return ::lseek(spool, 0, SEEK_END) >= 0 && write_all(spool, bytes);
}

// Takes blocks beyond the file's length, or by a mapping: neither is a write. Each piece is as large as the
// VM's filter of system calls allows.
bool reserve(int spool) {
  for (std::size_t at = 0; at < 400 * kMiB; at += kMiB)
    if (::fallocate(spool, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(at), kMiB) != 0) return false;
  return true;
}
bool map(int spool) {
  constexpr auto kSize = 320 * kMiB;
  if (::ftruncate(spool, kSize) != 0) return false;
  auto* at = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, spool, 0);
  if (at == MAP_FAILED) return false;
  for (std::size_t i = 0; i < kSize; i += 4096) static_cast<volatile char*>(at)[i] = 1;
  return ::munmap(at, kSize) == 0;
}

bool do_as_asked(const std::string& head, int spool) {
  if (head.find("do=poison") != head.npos) return poison(spool);
  if (head.find("do=reserve") != head.npos) return reserve(spool);
  if (head.find("do=map") != head.npos) return map(spool);
  if (head.find("do=log") != head.npos) return write_all(STDERR_FILENO, std::string(40 * kMiB, 'x'));
  return false;
}

std::string read_head(int client) {
  std::string head;
  char piece[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const auto got = ::recv(client, piece, sizeof piece, 0);
    if (got <= 0) break;
    head.append(piece, static_cast<std::size_t>(got));
  }
  return head;
}

}  // namespace

int main(int argc, char** argv) {
  int listener = -1, spool = -1;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--listen-fd") == 0) listener = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--spool-fd") == 0) spool = std::atoi(argv[i + 1]);
  }
  for (;;) {
    const int client = ::accept(listener, nullptr, nullptr);
    if (client < 0) return 1;
    const auto head = read_head(client);
    const bool fine = head.starts_with("GET /healthz ") || do_as_asked(head, spool);
    const std::string body = fine ? "{}" : R"({"code":"browser_gone","message":"forged"})";
    const std::string answer =
        std::string("HTTP/1.1 ") + (fine ? "200 OK" : "404 Not Found") +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\nConnection: close\r\n\r\n" + body;
    ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::close(client);
  }
}
