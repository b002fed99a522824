/*
 * What of ZIP (PKWARE APPNOTE 6.3) arrays need: one disk, entries stored or deflated, no encryption, no ZIP64, no
 * comment. A file is believed only where its directory, its entries' own headers and its length agree.
 */
#ifndef PC_FILE_ZIP_H
#define PC_FILE_ZIP_H

#include "file/stream.h"

#include <stdbool.h>

enum { PC_ZIP_DIRECTORY_MOST = 4 << 20, PC_ZIP_NAME_MOST = 1024 };

struct pc_zip_entry {
    const char *name;    /* belongs to the archive */
    uint64_t header;     /* where its own header begins */
    uint64_t begin, end; /* its bytes in the file */
    uint64_t size;       /* once inflated */
    uint32_t sum;
    bool deflated;
};

struct pc_zip {
    struct pc_file file;
    const char *path; /* lent */
    struct pc_bytes directory;
    struct pc_zip_entry *entries; /* in the order of the file */
    int32_t count;
};

pcil_status pc_zip_open(struct pc_zip *zip, const char *path);
void pc_zip_close(struct pc_zip *zip);

/* A stream of an entry's bytes; whoever has read them all compares their CRC-32 with `sum`. */
pcil_status pc_zip_stream(const struct pc_zip *zip, const struct pc_zip_entry *entry, struct pc_stream **stream);

pcil_status pc_zip_fail(const struct pc_zip *zip, const char *entry, const char *problem);

/* Appending to a zip in memory: each entry's header and bytes, then the directory. */
struct pc_zip_making {
    unsigned char *bytes; /* released by pc_release */
    uint64_t size, capacity;
    struct pc_zip_entry *entries;
    int32_t count;
};

/* Reserves room for `count` entries of `names` bytes of names, each at most PC_ZIP_NAME_MOST, and `content` bytes of
 * content in all; refuses what pc_zip_open would. */
pcil_status pc_zip_make(struct pc_zip_making *making, int32_t count, uint64_t names, uint64_t content);
void pc_zip_make_free(struct pc_zip_making *making);

/* Begins an entry; its content is then put, and the entry ended. */
void pc_zip_begin(struct pc_zip_making *making, const char *name);
unsigned char *pc_zip_put(struct pc_zip_making *making, uint64_t size);
void pc_zip_end(struct pc_zip_making *making);
void pc_zip_finish(struct pc_zip_making *making);

#endif
