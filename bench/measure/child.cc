#include "child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_use.h"

namespace wye::bench {

Child::Child(const std::function<void()>& body) {
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  body();
  ::_exit(1);
}

Child::~Child() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

double Child::cpu_seconds() const { return bench::cpu_seconds(pid_); }

}  // namespace wye::bench
