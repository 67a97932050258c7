#ifndef CAIRN_FILE_ROOM_H
#define CAIRN_FILE_ROOM_H

#include <sys/types.h>

/// Sets room aside for a range of a file without changing its size (Linux's fallocate, which Glibc's module hides behind
/// _GNU_SOURCE). 0, or -1 with errno set.
int cairn_reserve_file_room(int descriptor, off_t offset, off_t count);

#endif
