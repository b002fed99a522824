#include "dataset/decode.h"

#include "base/memory.h"
#include "base/threads.h"
#include "file/checksum.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_THREADS = 16, PICTURES_PER_THREAD = 64 };

struct decoding {
    const struct pc_tree *tree;
    struct pc_sink *sink;
    _Atomic int64_t next, stop; /* pictures from `stop` on are not worth the work any more */
    pthread_mutex_t mutex;      /* of what follows */
    pcil_status status;
    int64_t failed; /* the first picture that failed */
    struct pc_error error;
};

uint32_t pc_decoded_checksum(const struct pc_decoded *picture, int64_t index) {
    return pc_checksum((uint32_t)index, picture->pixels, sizeof picture->pixels);
}

static pcil_status write_at(struct pc_sink *sink, uint64_t offset, const void *content, uint64_t size) {
    struct pc_quote quote;
    const uint8_t *bytes = content;
    while (size > 0) {
        ssize_t done = pwrite(sink->descriptor, bytes, size, (off_t)offset);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) {
            atomic_store(&sink->refused, true);
            return pc_fail(NULL, PCIL_ERROR_IO, "cannot write '%s': %s", pc_quote(&quote, sink->path),
                           strerror(done < 0 ? errno : EIO));
        }
        bytes += done;
        offset += (uint64_t)done;
        size -= (uint64_t)done;
    }
    return PCIL_OK;
}

static pcil_status keep(struct pc_sink *sink, struct pc_decoded *decoded, int64_t picture) {
    uint64_t place = (uint64_t)picture;
    decoded->checksum = pc_decoded_checksum(decoded, picture);
    if (!sink->bytes) return write_at(sink, sink->begin + place * sizeof *decoded, decoded, sizeof *decoded);
    memcpy(sink->bytes + place * PC_JPEG_BYTES, decoded->pixels, PC_JPEG_BYTES);
    return PCIL_OK;
}

/* By now the name, or a folder on the way, may lead to a file that nobody looked at, out of the tree. */
static pcil_status check_picture(const struct pc_picture *picture, const struct pc_file *file, const char *path) {
    struct stat opened;
    struct pc_quote quote;
    if (fstat(file->descriptor, &opened) != 0) return pc_file_fail_look(NULL, path);
    if (opened.st_dev == picture->device && opened.st_ino == picture->node) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_IO, "'%s' was replaced while the data set was opened: open it again",
                   pc_quote(&quote, path));
}

static pcil_status read_picture(const struct pc_picture *picture, const char *path, struct pc_bytes *content) {
    struct pc_file file;
    pcil_status status = pc_file_open(&file, NULL, path);
    if (status != PCIL_OK) return status;
    status = check_picture(picture, &file, path);
    if (status == PCIL_OK) status = pc_file_read_all(&file, NULL, path, PC_JPEG_MOST, content);
    pc_file_close(&file);
    return status;
}

static pcil_status decode_one(const struct decoding *decoding, void *decoder, struct pc_text *path, int64_t picture) {
    struct pc_decoded decoded;
    struct pc_bytes content;
    path->length = 0;
    pc_tree_path(decoding->tree, picture, path);
    if (path->failed) return pc_fail_memory(NULL, "a path");
    pcil_status status = read_picture(&decoding->tree->pictures[picture], path->bytes, &content);
    if (status != PCIL_OK) return status;
    status = pc_jpeg_decode(decoder, path->bytes, &content, decoded.pixels);
    pc_bytes_free(&content);
    return status == PCIL_OK ? keep(decoding->sink, &decoded, picture) : status;
}

static void report(struct decoding *decoding, int64_t picture, pcil_status status) {
    pthread_mutex_lock(&decoding->mutex);
    if (decoding->status == PCIL_OK || picture < decoding->failed) {
        decoding->failed = picture;
        decoding->status = pc_fail_again(&decoding->error, status);
        atomic_store(&decoding->stop, picture);
    }
    pthread_mutex_unlock(&decoding->mutex);
}

static void *work(void *argument) {
    struct decoding *decoding = argument;
    struct pc_text path = {0};
    void *decoder = NULL;
    pcil_status status = pc_jpeg_decoder(&decoder);
    if (status != PCIL_OK) report(decoding, -1, status);
    while (status == PCIL_OK) {
        int64_t picture = atomic_fetch_add(&decoding->next, 1);
        if (picture >= atomic_load(&decoding->stop)) break;
        status = decode_one(decoding, decoder, &path, picture);
        if (status != PCIL_OK) report(decoding, picture, status);
    }
    pc_jpeg_free(decoder);
    pc_text_free(&path);
    return NULL;
}

/* The caller works, too: without any further thread all is done all the same. */
static void work_together(struct decoding *decoding) {
    pthread_t threads[MOST_THREADS];
    long most = pc_threads_chosen() > 0 ? pc_threads_chosen() : sysconf(_SC_NPROCESSORS_ONLN);
    int64_t wanted = decoding->tree->count / PICTURES_PER_THREAD;
    if (wanted > most - 1) wanted = most - 1;
    if (wanted > MOST_THREADS) wanted = MOST_THREADS;
    int32_t started = 0;
    while (started < wanted && pc_thread_start(&threads[started], work, decoding)) started++;
    work(decoding);
    for (int32_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
}

pcil_status pc_decode(const struct pc_tree *tree, struct pc_sink *sink) {
    struct decoding decoding = {.tree = tree, .sink = sink};
    atomic_store(&decoding.stop, tree->count);
    pthread_mutex_init(&decoding.mutex, NULL);
    work_together(&decoding);
    pthread_mutex_destroy(&decoding.mutex);
    if (decoding.status == PCIL_OK) return PCIL_OK;
    return pc_fail(NULL, decoding.status, "%s", decoding.error.text);
}
