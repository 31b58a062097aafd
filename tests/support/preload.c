// Loaded into each process of a program under test (LD_PRELOAD), before its sandbox: lets allocations fail and moves the wall
// clock, as the table says that SALLYPORT_PRELOAD_TABLE names. preload.py writes that table while the processes run.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

enum { rows_max = 4096, word_bytes = 32 };

struct row {
    int64_t pid;     // in the namespace of the test
    int64_t armed;   // whether the two below count
    int64_t left;    // allocations that succeed before the first one that fails
    int64_t burst;   // how many fail then
    int64_t failed;  // how many have failed
};

struct table {
    int64_t rows;
    int64_t clock_seconds;   // added to the wall clock
    int64_t start_left;      // for the next process that is started as `start_word`
    int64_t start_burst;
    int64_t start_armed;
    char start_word[word_bytes];
    struct row row[rows_max];
};

static struct table* table;
static struct row* row;
static int (*real_clock)(clockid_t, struct timespec*);

static int fails(void) {
    if (row == NULL || !__atomic_load_n(&row->armed, __ATOMIC_RELAXED)) return 0;
    const int64_t left = __atomic_sub_fetch(&row->left, 1, __ATOMIC_RELAXED);
    if (left >= 0) return 0;
    if (left < -row->burst) {
        __atomic_store_n(&row->armed, 0, __ATOMIC_RELAXED);
        return 0;
    }
    __atomic_add_fetch(&row->failed, 1, __ATOMIC_RELAXED);
    errno = ENOMEM;
    return 1;
}

void* malloc(size_t bytes) {
    return fails() ? NULL : __libc_malloc(bytes);
}

void* calloc(size_t count, size_t bytes) {
    return fails() ? NULL : __libc_calloc(count, bytes);
}

void* realloc(void* old, size_t bytes) {
    return fails() ? NULL : __libc_realloc(old, bytes);
}

void* memalign(size_t alignment, size_t bytes) {
    return fails() ? NULL : __libc_memalign(alignment, bytes);
}

void* aligned_alloc(size_t alignment, size_t bytes) {
    return memalign(alignment, bytes);
}

int posix_memalign(void** result, size_t alignment, size_t bytes) {
    void* const memory = memalign(alignment, bytes);
    if (memory == NULL) return ENOMEM;
    *result = memory;
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec* time) {
    const int result =
        real_clock != NULL ? real_clock(clock, time) : (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && table != NULL && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += __atomic_load_n(&table->clock_seconds, __ATOMIC_RELAXED);
    return result;
}

int gettimeofday(struct timeval* restrict time, void* restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t* result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result != NULL) *result = now.tv_sec;
    return now.tv_sec;
}

static void word_of(char word[word_bytes]) {
    char line[512] = {0};
    const int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    const ssize_t bytes = read(file, line, sizeof(line) - 1);
    close(file);
    const size_t first = strlen(line) + 1;
    if (bytes > 0 && first < (size_t)bytes) strncpy(word, line + first, word_bytes - 1);
}

__attribute__((constructor)) static void begin(void) {
    *(void**)&real_clock = dlsym(RTLD_NEXT, "clock_gettime");
    const char* const path = getenv("SALLYPORT_PRELOAD_TABLE");
    const int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void* const memory = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) return;
    table = memory;
    const int64_t index = __atomic_fetch_add(&table->rows, 1, __ATOMIC_SEQ_CST);
    if (index >= rows_max) return;
    struct row* const own = &table->row[index];
    char pid[32] = {0};
    const ssize_t digits = readlink("/proc/self", pid, sizeof(pid) - 1);  // getpid() is 1 in a namespace of its own
    char word[word_bytes] = {0};
    word_of(word);
    if (strcmp(word, table->start_word) == 0 && __atomic_exchange_n(&table->start_armed, 0, __ATOMIC_SEQ_CST)) {
        own->left = table->start_left;
        own->burst = table->start_burst;
        own->armed = 1;
    }
    own->pid = digits > 0 ? atoll(pid) : 0;
    row = own;
}
