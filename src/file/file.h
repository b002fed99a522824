/* Files: whole, bounded reading of hostile ones; writing that leaves the old file or the new, never half of one. */
#ifndef PC_FILE_FILE_H
#define PC_FILE_FILE_H

#include "base/status.h"

#include <stdbool.h>

struct pc_bytes {
    unsigned char *bytes; /* released by pc_bytes_free */
    uint64_t size;
};

/* Reads a regular file of at most `most` bytes; a zero byte follows the content, uncounted. */
pcil_status pc_file_read(struct pc_error *own, const char *path, uint64_t most, struct pc_bytes *content);
void pc_bytes_free(struct pc_bytes *bytes);

/* Replaces a file as a whole: temporary beside it, fsync, rename, fsync of the folder. */
pcil_status pc_file_write(struct pc_error *own, const char *path, const void *bytes, uint64_t size);

/* The same for content in parts, one after the other. With `keep` the old file stays, as PATH.previous. */
struct pc_file_part {
    const void *bytes;
    uint64_t size;
};
pcil_status pc_file_write_parts(struct pc_error *own, const char *path, const struct pc_file_part *parts, int32_t count,
                                bool keep);

/* A regular file opened for reading by position; any number of threads may read. */
struct pc_file {
    int descriptor;
    uint64_t size;
};
pcil_status pc_file_open(struct pc_file *file, struct pc_error *own, const char *path);
/* The same of a name that is no link. */
pcil_status pc_file_open_itself(struct pc_file *file, struct pc_error *own, const char *path);
/* Reads all of an opened file of at most `most` bytes, as pc_file_read does. */
pcil_status pc_file_read_all(const struct pc_file *file, struct pc_error *own, const char *path, uint64_t most,
                             struct pc_bytes *content);
/* Reads exactly `size` bytes; a shorter file is PCIL_ERROR_FORMAT. `path` is for the message. */
pcil_status pc_file_read_at(const struct pc_file *file, struct pc_error *own, const char *path, uint64_t offset,
                            void *bytes, uint64_t size);
void pc_file_close(struct pc_file *file);

/* open(2), again where a signal interrupts it, kept apart from the streams; what it makes has mode 0666. */
int pc_file_descriptor(const char *path, int flags);
/*
 * The descriptor, or another in its place (it is closed then) if its number is a standard stream's, for whom a caller
 * has closed that: what is printed must not land in a file. -1 with errno if there is none.
 */
int pc_file_keep_apart(int descriptor);

/* Joins folder and name; NULL if there is no memory. Released by pc_release. */
char *pc_file_join(const char *folder, const char *name);

/* Whether something of that name exists, or may: errno is 0, or says why that cannot be told. */
int pc_file_exists(const char *path);

/* Whether an errno says that there is nothing of a name. */
bool pc_file_is_absent(int error);

/* For errno: PCIL_ERROR_IO, "cannot look at ...". */
pcil_status pc_file_fail_look(struct pc_error *own, const char *path);

/* Makes a folder, with its missing parents. One that exists is fine. */
pcil_status pc_file_make_folder(struct pc_error *own, const char *path);

#endif
