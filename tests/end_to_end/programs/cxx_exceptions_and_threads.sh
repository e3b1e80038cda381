cat >work.cc <<'END'
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
std::string Deep(int n) {
  std::string own(n, 'd');
  if (n == 0) throw std::runtime_error("bottom");
  return own + Deep(n - 1);
}
int main() {
  std::vector<long> caught(8);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) threads.emplace_back([&caught, t] {
    std::map<int, std::string> kept;
    for (int i = 0; i < 3000; ++i) {
      try { kept[i % 100] = Deep(i % 60); } catch (const std::exception& e) {
        kept[i % 100] = e.what() + std::to_string(i);
        ++caught[t];
      }
    }
  });
  for (std::thread& t : threads) t.join();
  long sum = 0;
  for (long n : caught) sum += n;
  std::cout << sum << std::endl;
  throw std::logic_error("uncaught");
}
END
g++ -std=c++20 -O0 -pthread work.cc -o work
status=0
./work 2>error || status=$?
echo $status
grep -c 'what():  uncaught' error
