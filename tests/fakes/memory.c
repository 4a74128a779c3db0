/* A machine with little memory: no allocation of ggml that is larger than $MOST_BYTES succeeds. For LD_PRELOAD. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

int posix_memalign(void **memory, size_t alignment, size_t size) {
    static int (*real)(void **, size_t, size_t);
    const char *most = getenv("MOST_BYTES");
    if (most && size > strtoull(most, NULL, 10))
        return ENOMEM;
    if (!real)
        real = (int (*)(void **, size_t, size_t))dlsym(RTLD_NEXT, "posix_memalign");
    return real(memory, alignment, size);
}
