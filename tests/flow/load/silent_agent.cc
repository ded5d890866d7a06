// An agent that never says anything: a VM in which Chromium does not come up.
#include <unistd.h>

int main() {
  for (;;) ::pause();
}
