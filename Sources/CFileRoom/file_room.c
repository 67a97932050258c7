#define _GNU_SOURCE
#include "file_room.h"

#include <fcntl.h>

int cairn_reserve_file_room(int descriptor, off_t offset, off_t count) {
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, count);
}
