#pragma once
#include <pthread.h>
#include <uv.h>

// Declared by the system's headers for GNU sources only, which Swift's import of them is not.
extern int pthread_setname_np(pthread_t thread, const char *name);

static inline int cairn_name_current_thread(const char *name) {
    return pthread_setname_np(pthread_self(), name);
}
