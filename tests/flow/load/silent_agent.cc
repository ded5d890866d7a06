// An agent that never answers: a VM in which Chromium does not start.
#include <unistd.h>

int main() {
  for (;;) ::pause();
}
