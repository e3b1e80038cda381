// What fork_server.cc and its client agree on.

#ifndef GLASSHEAP_TESTS_END_TO_END_FORK_SERVER_H_
#define GLASSHEAP_TESTS_END_TO_END_FORK_SERVER_H_

inline constexpr int kRequests = 198;
inline constexpr int kAnswers = 199;

#endif  // GLASSHEAP_TESTS_END_TO_END_FORK_SERVER_H_
