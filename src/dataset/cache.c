#include "dataset/cache.h"

#include "base/memory.h"
#include "dataset/decode.h"
#include "file/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ATTEMPTS = 100 };

/* In the machine's own byte order: a file of another order is not recognised and made anew. */
struct header {
    char magic[16];
    uint64_t hash, count, size;
    uint32_t unused, checksum;
};

/* Bytes of a file that holds the tree's pictures. */
static uint64_t whole_size(const struct pc_tree *tree) {
    return sizeof(struct header) + (uint64_t)tree->count * sizeof(struct pc_decoded);
}

static struct header make_header(const struct pc_tree *tree) {
    struct header header = {.hash = tree->hash, .count = (uint64_t)tree->count, .size = sizeof(struct pc_decoded)};
    memcpy(header.magic, "pcil pictures 02", sizeof header.magic);
    header.checksum = pc_checksum(0, &header, offsetof(struct header, checksum));
    return header;
}

/* Whether the file of that name is the tree's; if so it is left open in the set. Its pictures' checksums are compared
 * when they are read. No link is made here: one could lead out of the tree, and gives way to a file. */
static bool use(struct pcil_dataset *set, const struct pc_tree *tree, const char *path) {
    struct header expected = make_header(tree), found;
    if (!pc_file_exists(path) || pc_file_open_itself(&set->file, NULL, path) != PCIL_OK) return false;
    char *copy = NULL;
    bool good = set->file.size == whole_size(tree) &&
                pc_file_read_at(&set->file, NULL, path, 0, &found, sizeof found) == PCIL_OK &&
                memcmp(&found, &expected, sizeof found) == 0 && (copy = pc_copy_text(path));
    if (good)
        set->path = copy;
    else
        pc_file_close(&set->file);
    return good;
}

/* Opens the file in which the next cache grows, and waits while another process or thread fills it. Its lock ends with
 * the one who holds it, so none is left behind; what a killed one left is overwritten. */
static int open_growing(const char *path) {
    for (int i = 0; i < ATTEMPTS; i++) {
        struct stat opened, named;
        int descriptor = pc_file_descriptor(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK);
        if (descriptor < 0) return -1;
        while (flock(descriptor, LOCK_EX) != 0 && errno == EINTR) {
        }
        /* the one before may have finished and renamed the file since it was opened */
        if (fstat(descriptor, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
            opened.st_dev == named.st_dev && S_ISREG(opened.st_mode))
            return descriptor;
        close(descriptor);
    }
    return -1;
}

static pcil_status fail(const char *path) {
    struct pc_quote quote;
    return pc_fail(NULL, PCIL_ERROR_IO, "cannot write '%s': %s", pc_quote(&quote, path), strerror(errno));
}

/* What came of a place. An unfit one cannot be used, whatever the pictures are like: another may do. */
struct attempt {
    bool done, unfit;
};

static pcil_status fill(const struct pc_tree *tree, int descriptor, const char *path, struct attempt *attempt) {
    struct pc_sink sink = {.descriptor = descriptor, .begin = sizeof(struct header), .path = path};
    attempt->unfit = true;
    if (ftruncate(descriptor, 0) != 0) return fail(path);
    errno = posix_fallocate(descriptor, 0, (off_t)whole_size(tree));
    if (errno != 0) return fail(path);
    pcil_status status = pc_decode(tree, &sink);
    attempt->unfit = atomic_load(&sink.refused);
    return status;
}

/* What makes a whole file of pictures a cache, and lets it take the name of one. */
static pcil_status seal(const struct pc_tree *tree, int descriptor, const char *growing, const char *path,
                        struct attempt *attempt) {
    struct header header = make_header(tree);
    attempt->unfit = true;
    if (pwrite(descriptor, &header, sizeof header, 0) != (ssize_t)sizeof header) return fail(growing);
    if (fsync(descriptor) != 0) return fail(growing);
    return rename(growing, path) == 0 ? PCIL_OK : fail(path);
}

static pcil_status make(struct pcil_dataset *set, const struct pc_tree *tree, const char *path,
                        struct attempt *attempt) {
    struct pc_text growing = {0};
    pc_text_append(&growing, "%s.tmp", path);
    if (growing.failed) return pc_fail_memory(NULL, "a path");
    pcil_status status = PCIL_OK;
    int descriptor = open_growing(growing.bytes);
    attempt->unfit = true;
    if (descriptor >= 0) {
        bool there = use(set, tree, path);
        if (!there) status = fill(tree, descriptor, growing.bytes, attempt);
        if (!there && status == PCIL_OK) status = seal(tree, descriptor, growing.bytes, path, attempt);
        if (there || status != PCIL_OK) unlink(growing.bytes);
        close(descriptor);
        attempt->done = there || (status == PCIL_OK && use(set, tree, path));
    }
    pc_text_free(&growing);
    return status;
}

static const char *part_name(const struct pc_tree *tree) {
    return tree->part == PC_TRAIN ? "train" : "test";
}

/* A folder that serves many trees: the name tells them apart by the path. */
static void name_shared(const struct pc_tree *tree, const char *folder, const char *below, struct pc_text *path) {
    char *real = realpath(tree->folder, NULL);
    const char *name = real ? real : tree->folder;
    pc_text_append(path, "%s%s", folder, below);
    if (!path->failed) (void)pc_file_make_folder(NULL, path->bytes);
    pc_text_append(path, "/tiny-imagenet-%08x-%s.cache", (unsigned)pc_checksum(0, name, strlen(name)), part_name(tree));
    free(real);
}

/* The places in turn; false after the last. */
static bool name_place(const struct pc_tree *tree, int place, struct pc_text *path) {
    const char *chosen = secure_getenv("PCIL_CACHE"), *caches = secure_getenv("XDG_CACHE_HOME");
    const char *home = secure_getenv("HOME");
    path->length = 0;
    if (chosen && *chosen) {
        if (place == 0) name_shared(tree, chosen, "", path);
        return place == 0;
    }
    if (place == 0) pc_text_append(path, "%s/pcil-%s.cache", tree->folder, part_name(tree));
    if (place == 1 && caches && caches[0] == '/') name_shared(tree, caches, "/pcil", path);
    if (place == 1 && !path->length && home && home[0] == '/') name_shared(tree, home, "/.cache/pcil", path);
    return path->length > 0;
}

/* All places are looked at before one is written: a tree that became writable must not be decoded again. */
static pcil_status keep_named(struct pcil_dataset *set, const struct pc_tree *tree, struct attempt *attempt) {
    struct pc_text path = {0};
    pcil_status status = PCIL_OK;
    for (int i = 0; !attempt->done && name_place(tree, i, &path) && !path.failed; i++)
        attempt->done = use(set, tree, path.bytes);
    for (int i = 0; !attempt->done && attempt->unfit && name_place(tree, i, &path) && !path.failed; i++)
        status = make(set, tree, path.bytes, attempt);
    if (path.failed) status = pc_fail_memory(NULL, "a path");
    attempt->unfit = attempt->unfit && !path.failed;
    pc_text_free(&path);
    return status;
}

/* The folders for a file without a name, in turn; NULL after the last. */
static const char *temporary_folder(int place) {
    const char *chosen = secure_getenv("TMPDIR"), *common = "/var/tmp";
    bool is_chosen = chosen && *chosen;
    if (place == 0) return is_chosen ? chosen : common;
    return place == 1 && is_chosen ? common : NULL;
}

/* A file without a name, which ends with the set: its pictures are decoded anew each time, but not held in memory. */
static pcil_status keep_unnamed(struct pcil_dataset *set, const struct pc_tree *tree, const char *folder,
                                struct attempt *attempt) {
    struct pc_text path = {0};
    pc_text_append(&path, "%s/pcil-XXXXXX", folder);
    if (path.failed) return pc_fail_memory(NULL, "a path");
    int made = mkostemp(path.bytes, O_CLOEXEC);
    bool is_named = made >= 0 && unlink(path.bytes) != 0;
    int descriptor = pc_file_keep_apart(made);
    pcil_status status = descriptor < 0 || is_named ? fail(path.bytes) : PCIL_OK;
    if (status == PCIL_OK) status = fill(tree, descriptor, path.bytes, attempt);
    attempt->done = status == PCIL_OK;
    if (attempt->done) {
        set->file = (struct pc_file){descriptor, whole_size(tree)};
        set->path = path.bytes;
    } else {
        if (descriptor >= 0) close(descriptor);
        pc_text_free(&path);
    }
    return status;
}

static pcil_status keep_in_memory(struct pcil_dataset *set, const struct pc_tree *tree) {
    set->bytes = pc_allocate((size_t)tree->count, PC_JPEG_BYTES);
    if (!set->bytes) return pc_fail_memory(NULL, "a data set's images");
    struct pc_sink sink = {.bytes = set->bytes, .descriptor = -1};
    return pc_decode(tree, &sink);
}

pcil_status pc_cache_open(struct pcil_dataset *set, const struct pc_tree *tree) {
    struct attempt attempt = {.unfit = true};
    const char *folder;
    pcil_status status = keep_named(set, tree, &attempt);
    for (int i = 0; !attempt.done && attempt.unfit && (folder = temporary_folder(i)); i++)
        status = keep_unnamed(set, tree, folder, &attempt);
    if (attempt.done) return PCIL_OK;
    return attempt.unfit ? keep_in_memory(set, tree) : status;
}

static pcil_status read_cached(const struct pcil_dataset *set, int64_t index, float *pixels) {
    struct pc_decoded picture;
    struct pc_quote quote;
    uint64_t place = sizeof(struct header) + (uint64_t)index * sizeof picture;
    pcil_status status = pc_file_read_at(&set->file, NULL, set->path, place, &picture, sizeof picture);
    if (status != PCIL_OK) return status == PCIL_ERROR_FORMAT ? PCIL_ERROR_IO : status;
    uint32_t sum = pc_decoded_checksum(&picture, index);
    if (sum != picture.checksum)
        return pc_fail(NULL, PCIL_ERROR_IO,
                       "'%s', picture %lld: its CRC-32 is %08x, expected %08x: the file is damaged; remove it, and it "
                       "is made anew",
                       pc_quote(&quote, set->path), (long long)index, (unsigned)sum, (unsigned)picture.checksum);
    pc_take_bytes(picture.pixels, PC_JPEG_BYTES, pixels);
    return PCIL_OK;
}

pcil_status pc_cache_read(const struct pcil_dataset *set, int64_t index, float *pixels) {
    return set->bytes ? pc_read_memory(set, index, pixels) : read_cached(set, index, pixels);
}
