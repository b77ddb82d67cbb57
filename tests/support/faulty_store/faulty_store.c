/* A store that fails on purpose.
 *
 * Preloaded into a process, this library stands between the process and the files of one directory. It counts what is
 * done to them, and at the Nth operation it kills the process, tears a write or reports an error. It can also record
 * every operation in a trace, from which power_loss.py builds what a disk may hold after the power went.
 *
 * It stands in the way of the C library's functions, so it sees what SQLite and CPython do through them. It does not
 * see stores into mapped memory as they happen: the index of a write-ahead log (-shm) is neither counted nor recorded.
 * What has changed in other mapped files is recorded together with the next operation.
 *
 * Nothing is ever really synced: what a killed process has written is there anyway, and what power loss would take
 * away is the business of the trace. The library opens and closes no file of the directory: to close one would take
 * the locks away that the process holds on it.
 *
 * shim.py is its other half: the numbers of kinds, places and ways are the same there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8, "only where open and open64 are the same");

/* What is done. The last two stand in traces only. */
enum kind { OPEN, WRITE, TRUNCATE, SYNC, UNLINK, RENAME, LINK, MAP, COUNTED, MARK = COUNTED, CREATE };
/* To which file: the log, its write-ahead log, or any other in the directory. */
enum place { IN_LOG, IN_WAL, ELSEWHERE, PLACES };
/* How it goes wrong. */
enum way { NOT_AT_ALL, KILL_BEFORE, KILL_AFTER, TEAR, FAIL_ONCE, FAIL_FROM_THEN_ON };
/* What an operation is told by begin. */
enum plan { GO, GO_AND_DIE, HALF_AND_DIE, HALF, FAIL };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char directory[PATH_MAX], the_log[PATH_MAX];
static size_t directory_length;
static long counts[COUNTED][PLACES];

static struct {
    unsigned kinds, places;
    long left;
    enum way way;
    int error;
    int fired;
    char what[PATH_MAX + 64];
} fault;

/* The functions that really do it. */

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int);
static int (*real_unlinkat)(int, const char *, int);
static int (*real_renameat)(int, const char *, int, const char *);
static int (*real_linkat)(int, const char *, int, const char *, int);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);
static int (*real_munmap)(void *, size_t), (*real_msync)(void *, size_t, int);

__attribute__((constructor)) static void find_the_real_ones(void) {
    real_openat = REAL(openat);
    real_write = REAL(write);
    real_pwrite = REAL(pwrite);
    real_ftruncate = REAL(ftruncate);
    real_fsync = REAL(fsync);
    real_fdatasync = REAL(fdatasync);
    real_unlinkat = REAL(unlinkat);
    real_renameat = REAL(renameat);
    real_linkat = REAL(linkat);
    real_mmap = REAL(mmap);
    real_munmap = REAL(munmap);
    real_msync = REAL(msync);
}

/* Which files are ours. */

static int watched(const char *path) {
    return directory_length && strncmp(path, directory, directory_length) == 0 &&
           (path[directory_length] == '/' || path[directory_length] == 0);
}

/* The name under which a file was opened, or to which it was renamed since. */
static int watched_fd(int fd, char path[PATH_MAX]) {
    char link[64];
    static const char gone[] = " (deleted)";
    int before = errno;
    if (!directory_length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    errno = before;
    if (length < 0) return 0;
    path[length] = 0;
    char *end = path + length - (sizeof gone - 1);
    if (end > path && strcmp(end, gone) == 0) *end = 0;
    return watched(path);
}

/* Make one path of a directory's descriptor and a name in it. */
static const char *joined(int at, const char *path, char whole[PATH_MAX]) {
    if (*path == '/' || at == AT_FDCWD || !watched_fd(at, whole)) return path;
    strncat(whole, "/", PATH_MAX - strlen(whole) - 1);
    strncat(whole, path, PATH_MAX - strlen(whole) - 1);
    return whole;
}

static enum place place_of(const char *path) {
    size_t length = strlen(the_log);
    if (strncmp(path, the_log, length) != 0) return ELSEWHERE;
    return path[length] == 0 ? IN_LOG : strcmp(path + length, "-wal") == 0 ? IN_WAL : ELSEWHERE;
}

static int is_index(const char *path) {
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, "-shm") == 0;
}

/* The trace. Files are told apart by numbers of our own: the numbers of inodes are used again. */

enum { FILES = 4096, MAPPINGS = 64 };
static int trace = -1;
static struct { ino_t inode; uint32_t number; } files[FILES];
static uint32_t files_seen;

static struct { char *memory, *copy; size_t length; off_t offset; uint32_t file; char *path; } mappings[MAPPINGS];

static uint32_t number_of(const struct stat *status, int is_new) {
    uint32_t index = 0;
    while (index < files_seen && files[index].inode != status->st_ino) index++;
    if (index == FILES) abort();
    if (index == files_seen || is_new) {
        static uint32_t numbers;
        files[index].inode = status->st_ino;
        files[index].number = ++numbers;
    }
    if (index == files_seen) files_seen++;
    return files[index].number;
}

static uint32_t number_of_path(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 ? number_of(&status, 0) : 0;
}

static uint32_t number_of_fd(int fd, int is_new) {
    struct stat status;
    return fstat(fd, &status) == 0 ? number_of(&status, is_new) : 0;
}

struct __attribute__((packed)) entry {
    uint8_t kind;
    uint16_t path_length, other_length;
    uint32_t file;
    int64_t offset;
    uint32_t length;
};

static void record(enum kind kind, uint32_t file, const char *path, const char *other, off_t offset, const void *data,
                   size_t length) {
    if (trace < 0 || is_index(path)) return;
    struct entry entry = {kind, strlen(path), other ? strlen(other) : 0, file, offset, length};
    struct iovec parts[] = {{&entry, sizeof entry},
                            {(void *)path, entry.path_length},
                            {(void *)other, entry.other_length},
                            {(void *)data, length}};
    ssize_t size = sizeof entry + entry.path_length + entry.other_length + length;
    if (writev(trace, parts, 4) != size) abort();
}

/* Record what was stored in mapped files since the last look. */
static void record_stores(void) {
    for (int index = 0; trace >= 0 && index < MAPPINGS; index++) {
        char *memory = mappings[index].memory, *copy = mappings[index].copy;
        size_t length = mappings[index].length, first = 0;
        if (!memory || memcmp(memory, copy, length) == 0) continue;
        while (memory[first] == copy[first]) first++;
        while (memory[length - 1] == copy[length - 1]) length--;
        memcpy(copy + first, memory + first, length - first);
        record(WRITE, mappings[index].file, mappings[index].path, NULL, mappings[index].offset + first, copy + first,
               length - first);
    }
}

/* The fault. */

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static int matches(enum kind kind, enum place place) {
    return fault.kinds & 1u << kind && fault.places & 1u << place;
}

/* The turn is ours from here to end: the trace has the order in which things happened. */
static enum plan begin(enum kind kind, const char *path, int takes_space) {
    enum place place = place_of(path);
    pthread_mutex_lock(&turn);
    record_stores();
    counts[kind][place]++;
    if (fault.fired && fault.way == FAIL_FROM_THEN_ON && (takes_space || fault.error != ENOSPC)) return FAIL;
    if (fault.way == NOT_AT_ALL || fault.fired || !matches(kind, place) || --fault.left) return GO;
    fault.fired = 1;
    snprintf(fault.what, sizeof fault.what, "%d %s", kind, path);
    switch (fault.way) {
    case KILL_BEFORE: die(); break;
    case KILL_AFTER: return GO_AND_DIE;
    case TEAR: return HALF_AND_DIE;
    /* What is left of the disk is filled before it is full. */
    case FAIL_FROM_THEN_ON: return kind == WRITE && fault.error == ENOSPC ? HALF : FAIL;
    default: break;
    }
    return FAIL;
}

static void end(enum plan plan) {
    int before = errno;
    if (plan == GO_AND_DIE || plan == HALF_AND_DIE) die();
    pthread_mutex_unlock(&turn);
    errno = plan == FAIL ? fault.error : before;
}

static int failed(enum plan plan) {
    end(plan);
    return -1;
}

/* What Python calls. */

void faulty_watch(const char *log) {
    snprintf(the_log, sizeof the_log, "%s", log);
    snprintf(directory, sizeof directory, "%s", log);
    *strrchr(directory, '/') = 0;
    directory_length = strlen(directory);
}

void faulty_arm(unsigned kinds, unsigned places, long number, int way, int error) {
    fault.kinds = kinds;
    fault.places = places;
    fault.left = number;
    fault.way = way;
    fault.error = error;
    fault.fired = 0;
}

/* At what the fault struck; nothing if it did not. */
const char *faulty_struck(void) { return fault.what; }

long faulty_count(int kind, int place) { return counts[kind][place]; }

int faulty_record(const char *path) {
    trace = real_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return trace < 0 ? errno : 0;
}

void faulty_mark(const char *data, size_t length) {
    pthread_mutex_lock(&turn);
    record_stores();
    record(MARK, 0, "", NULL, 0, data, length);
    pthread_mutex_unlock(&turn);
}

/* What stands in the way. */

static int faulty_openat(int at, const char *name, int flags, mode_t mode) {
    char whole[PATH_MAX];
    const char *path = joined(at, name, whole);
    if (!watched(path)) return real_openat(at, name, flags, mode);
    struct stat status;
    int existed = stat(path, &status) == 0, creates = flags & O_CREAT && !existed;
    enum plan plan = begin(OPEN, path, creates);
    if (plan == FAIL) return failed(plan);
    int fd = real_openat(at, name, flags, mode);
    if (fd >= 0 && creates) record(CREATE, number_of_fd(fd, 1), path, NULL, 0, NULL, 0);
    if (fd >= 0 && existed && flags & O_TRUNC) record(TRUNCATE, number_of_fd(fd, 0), path, NULL, 0, NULL, 0);
    end(plan);
    return fd;
}

#define OPENS(name, at, ...)                                              \
    int name(__VA_ARGS__ const char *path, int flags, ...) {              \
        va_list more;                                                     \
        va_start(more, flags);                                            \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0; \
        va_end(more);                                                     \
        return faulty_openat(at, path, flags, mode);                      \
    }
OPENS(open, AT_FDCWD, )
OPENS(open64, AT_FDCWD, )
OPENS(openat, directory_fd, int directory_fd,)
OPENS(openat64, directory_fd, int directory_fd,)

static off_t end_of_file(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? status.st_size : 0;
}

static off_t place_to_write(int fd) {
    return fcntl(fd, F_GETFL) & O_APPEND ? end_of_file(fd) : lseek(fd, 0, SEEK_CUR);
}

static ssize_t really_write(int fd, const void *data, size_t size, off_t offset) {
    return offset < 0 ? real_write(fd, data, size) : real_pwrite(fd, data, size, offset);
}

/* At an offset, or where the file stands if that is negative. */
static ssize_t faulty_write(int fd, const void *data, size_t size, off_t offset) {
    char path[PATH_MAX];
    if (!watched_fd(fd, path)) return really_write(fd, data, size, offset);
    enum plan plan = begin(WRITE, path, 1);
    if (plan == HALF && size < 2) plan = FAIL;
    if (plan == FAIL) return failed(plan);
    if (plan == HALF || plan == HALF_AND_DIE) size /= 2;
    off_t place = offset < 0 ? place_to_write(fd) : offset;
    ssize_t written = really_write(fd, data, size, offset);
    if (written > 0) record(WRITE, number_of_fd(fd, 0), path, NULL, place, data, written);
    end(plan);
    return written;
}

ssize_t write(int fd, const void *data, size_t size) { return faulty_write(fd, data, size, -1); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return faulty_write(fd, data, size, offset); }
ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset) { return faulty_write(fd, data, size, offset); }

int ftruncate(int fd, off_t length) {
    char path[PATH_MAX];
    if (!watched_fd(fd, path)) return real_ftruncate(fd, length);
    enum plan plan = begin(TRUNCATE, path, length > end_of_file(fd));
    if (plan == FAIL) return failed(plan);
    int result = real_ftruncate(fd, length);
    if (result == 0) record(TRUNCATE, number_of_fd(fd, 0), path, NULL, length, NULL, 0);
    end(plan);
    return result;
}
int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

static int faulty_sync(int fd, int (*really)(int)) {
    char path[PATH_MAX];
    if (!watched_fd(fd, path)) return really(fd);
    enum plan plan = begin(SYNC, path, 0);
    if (plan == FAIL) return failed(plan);
    record(SYNC, number_of_fd(fd, 0), path, NULL, 0, NULL, 0);
    end(plan);
    return 0;
}

int fsync(int fd) { return faulty_sync(fd, real_fsync); }
int fdatasync(int fd) { return faulty_sync(fd, real_fdatasync); }

int unlinkat(int at, const char *name, int flags) {
    char whole[PATH_MAX];
    const char *path = joined(at, name, whole);
    if (!watched(path)) return real_unlinkat(at, name, flags);
    enum plan plan = begin(UNLINK, path, 0);
    if (plan == FAIL) return failed(plan);
    uint32_t file = number_of_path(path);
    int result = real_unlinkat(at, name, flags);
    if (result == 0) record(UNLINK, file, path, NULL, 0, NULL, 0);
    end(plan);
    return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int renameat(int at, const char *from, int other_at, const char *to) {
    char whole[PATH_MAX], other[PATH_MAX];
    const char *path = joined(at, from, whole), *target = joined(other_at, to, other);
    if (!watched(path)) return real_renameat(at, from, other_at, to);
    enum plan plan = begin(RENAME, path, 1);
    if (plan == FAIL) return failed(plan);
    int result = real_renameat(at, from, other_at, to);
    if (result == 0) record(RENAME, number_of_path(target), path, target, 0, NULL, 0);
    end(plan);
    return result;
}
int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

int linkat(int at, const char *from, int other_at, const char *to, int flags) {
    char whole[PATH_MAX], other[PATH_MAX];
    const char *path = joined(at, from, whole), *target = joined(other_at, to, other);
    if (!watched(target)) return real_linkat(at, from, other_at, to, flags);
    enum plan plan = begin(LINK, target, 1);
    if (plan == FAIL) return failed(plan);
    int result = real_linkat(at, from, other_at, to, flags);
    if (result == 0) record(LINK, number_of_path(target), path, target, 0, NULL, 0);
    end(plan);
    return result;
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

static void remember(char *memory, size_t length, int fd, off_t offset, const char *path) {
    int index = 0;
    while (index < MAPPINGS && mappings[index].memory) index++;
    if (index == MAPPINGS) abort();
    mappings[index].copy = malloc(length);
    memcpy(mappings[index].copy, memory, length);
    mappings[index].length = length;
    mappings[index].offset = offset;
    mappings[index].file = number_of_fd(fd, 0);
    mappings[index].path = strdup(path);
    mappings[index].memory = memory;
}

void *mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset) {
    char path[PATH_MAX];
    int shared = flags & MAP_SHARED && protection & PROT_WRITE;
    if (!shared || fd < 0 || !watched_fd(fd, path)) return real_mmap(hint, length, protection, flags, fd, offset);
    enum plan plan = begin(MAP, path, 0);
    if (plan == FAIL) return failed(plan), MAP_FAILED;
    char *memory = real_mmap(hint, length, protection, flags, fd, offset);
    if (memory != MAP_FAILED && !is_index(path)) remember(memory, length, fd, offset, path);
    end(plan);
    return memory;
}
void *mmap64(void *hint, size_t length, int protection, int flags, int fd, off_t offset) {
    return mmap(hint, length, protection, flags, fd, offset);
}

static int mapping_at(const void *memory) {
    for (int index = 0; memory && index < MAPPINGS; index++)
        if (mappings[index].memory == memory) return index;
    return -1;
}

int munmap(void *memory, size_t length) {
    pthread_mutex_lock(&turn);
    int index = mapping_at(memory);
    if (index >= 0) {
        record_stores();
        free(mappings[index].copy);
        free(mappings[index].path);
        mappings[index].memory = NULL;
    }
    pthread_mutex_unlock(&turn);
    return real_munmap(memory, length);
}

/* A mapping is synced as a whole. */
int msync(void *memory, size_t length, int flags) {
    int index = mapping_at(memory);
    if (index < 0) return real_msync(memory, length, flags);
    enum plan plan = begin(SYNC, mappings[index].path, 0);
    if (plan == FAIL) return failed(plan);
    if (flags & MS_SYNC) record(SYNC, mappings[index].file, mappings[index].path, NULL, 0, NULL, 0);
    end(plan);
    return 0;
}
