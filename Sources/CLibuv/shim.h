// The door to libuv, and nothing more. What Swift cannot import (macros, unions, variadic calls) gets a static
// inline function here. No state, no policy.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

// Numeric address to sockaddr; 0 or a negative libuv code.
static inline int uvs_address(const char *text, int port, struct sockaddr_storage *out) {
  memset(out, 0, sizeof *out);
  int rc = uv_ip4_addr(text, port, (struct sockaddr_in *)out);
  return rc == 0 ? 0 : uv_ip6_addr(text, port, (struct sockaddr_in6 *)out);
}
static inline const struct sockaddr *uvs_sockaddr(const struct sockaddr_storage *s) { return (const struct sockaddr *)s; }

// Makes the loop add up the time that it sleeps (libuv 1.39).
static inline int uvs_measure_idle(uv_loop_t *loop) { return uv_loop_configure(loop, UV_METRICS_IDLE_TIME); }

// CPU time of the calling thread, nanoseconds.
static inline uint64_t uvs_thread_cpu(void) {
  struct timespec t;
  return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0 ? (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec : 0;
}

// The local port of a bound socket, or a negative libuv code.
static inline int uvs_local_port(const uv_tcp_t *tcp) {
  struct sockaddr_storage s;
  int n = sizeof s, rc = uv_tcp_getsockname(tcp, (struct sockaddr *)&s, &n);
  if (rc != 0) return rc;
  return ntohs(s.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&s)->sin6_port : ((struct sockaddr_in *)&s)->sin_port);
}

// The user and process at the other end of a unix socket (SO_PEERCRED); 0 or a negative code.
static inline int uvs_peer(const uv_handle_t *handle, uint32_t *uid, int32_t *pid) {
  uv_os_fd_t fd;
  int rc = uv_fileno(handle, &fd);
  if (rc != 0) return rc;
  struct { int32_t pid; uint32_t uid, gid; } c;
  socklen_t n = sizeof c;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) != 0) return -errno;
  *uid = c.uid;
  *pid = c.pid;
  return 0;
}

// A one-shot nanosecond alarm on CLOCK_MONOTONIC.
static inline int uvs_alarm_open(void) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}
// Arms for the absolute instant (one in the past fires at once); 0 disarms. Either way what was readable is readable no more.
static inline int uvs_alarm_set(int fd, uint64_t nanoseconds) {
  struct itimerspec t = {{0, 0}, {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)}};
  return timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, 0) != 0 ? -errno : 0;
}

static inline void uvs_stdio_ignore(uv_stdio_container_t *c) { c->flags = UV_IGNORE; }
static inline void uvs_stdio_inherit(uv_stdio_container_t *c, int fd) {
  c->flags = UV_INHERIT_FD;
  c->data.fd = fd;
}

// Memory that processes share: a file mapped whole.
static inline void *uvs_map_shared(int fd, size_t size) {
  void *p = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return p == MAP_FAILED ? 0 : p;
}
static inline uint32_t uvs_add32(uint32_t *p, uint32_t n) { return __atomic_add_fetch(p, n, __ATOMIC_ACQ_REL); }
static inline uint32_t uvs_load32(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
