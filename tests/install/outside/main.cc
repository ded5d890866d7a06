#include <wye/client.h>

int main() {
  return wye::Client({.base_url = "http://127.0.0.1:1"}).request({.path = "/browsers"}, {.max_retries = 0})
             ? 1
             : 0;
}
