/* Lets the disk fail on demand, for the files of a log only.
 *
 * While the file named by LOG_SHIM_FULL exists, writing finds no room. While the file named by LOG_SHIM_EIO exists,
 * syncing fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int wanted(const char *variable, int fd) {
    const char *trigger = getenv(variable);
    if (!trigger || access(trigger, F_OK) != 0) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, ".sqlite") != NULL;
}

#define NO_ROOM(fd) \
    if (wanted("LOG_SHIM_FULL", fd)) { \
        errno = ENOSPC; \
        return -1; \
    }
#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

ssize_t write(int fd, const void *bytes, size_t count) {
    NO_ROOM(fd)
    return REAL(ssize_t, "write", int, const void *, size_t)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    NO_ROOM(fd)
    return REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    NO_ROOM(fd)
    return REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)(fd, bytes, count, at);
}

int fsync(int fd) {
    if (wanted("LOG_SHIM_EIO", fd)) {
        errno = EIO;
        return -1;
    }
    return REAL(int, "fsync", int)(fd);
}

int fdatasync(int fd) {
    if (wanted("LOG_SHIM_EIO", fd)) {
        errno = EIO;
        return -1;
    }
    return REAL(int, "fdatasync", int)(fd);
}
