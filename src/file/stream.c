#include "file/stream.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>
#ifdef PCIL_WITH_ZLIB
#include <zlib.h>
#endif

enum { PIECE = 1 << 16, DEFLATE_MOST = 1032 /* bytes that one byte of a deflated stream can become */ };

struct pc_stream {
    const struct pc_file *file;
    const char *path;
    uint64_t begin, end; /* the part of the file */
    uint64_t next;       /* what of it to read next */
    uint64_t position;
    enum pc_stream_form form;
#ifdef PCIL_WITH_ZLIB
    z_stream inflater;
    bool ended; /* the inflater saw its stream's end, and the checksum was right */
#endif
    uint8_t piece[PIECE];
};

static pcil_status fail(const struct pc_stream *stream, const char *what) {
    struct pc_quote quote;
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s', before byte %llu (byte %llu of the content): %s",
                   pc_quote(&quote, stream->path), (unsigned long long)stream->next,
                   (unsigned long long)stream->position, what);
}

static pcil_status read_plain(struct pc_stream *stream, void *bytes, uint64_t size) {
    if (size > stream->end - stream->next) return fail(stream, "the content ends too early");
    pcil_status status = pc_file_read_at(stream->file, NULL, stream->path, stream->next, bytes, size);
    if (status == PCIL_OK) stream->next += size;
    return status;
}

#ifdef PCIL_WITH_ZLIB
static pcil_status refill(struct pc_stream *stream) {
    uint64_t left = stream->end - stream->next;
    if (stream->inflater.avail_in > 0 || left == 0) return PCIL_OK;
    uint64_t size = left < PIECE ? left : PIECE;
    pcil_status status = pc_file_read_at(stream->file, NULL, stream->path, stream->next, stream->piece, size);
    if (status != PCIL_OK) return status;
    stream->next += size;
    stream->inflater.next_in = stream->piece;
    stream->inflater.avail_in = (uInt)size;
    return PCIL_OK;
}

/* One call of inflate; `got` receives how many bytes came. */
static pcil_status inflate_some(struct pc_stream *stream, uint8_t *bytes, uint64_t size, uint64_t *got) {
    pcil_status status = refill(stream);
    if (status != PCIL_OK) return status;
    uInt room = size < (1u << 30) ? (uInt)size : 1u << 30;
    stream->inflater.next_out = bytes;
    stream->inflater.avail_out = room;
    int result = inflate(&stream->inflater, Z_NO_FLUSH);
    *got = room - stream->inflater.avail_out;
    stream->ended = result == Z_STREAM_END;
    if (result == Z_MEM_ERROR) return pc_fail_memory(NULL, "inflating");
    if (result == Z_BUF_ERROR) return fail(stream, "the compressed data end too early");
    if (result != Z_OK && result != Z_STREAM_END) return fail(stream, "the compressed data are damaged");
    return PCIL_OK;
}

static pcil_status read_inflated(struct pc_stream *stream, uint8_t *bytes, uint64_t size) {
    while (size > 0) {
        uint64_t got = 0;
        if (stream->ended) return fail(stream, "the content ends too early");
        pcil_status status = inflate_some(stream, bytes, size, &got);
        if (status != PCIL_OK) return status;
        bytes += got;
        size -= got;
    }
    return PCIL_OK;
}

/* The end may not have been seen yet, because all bytes had come before it. */
static pcil_status finish_inflated(struct pc_stream *stream) {
    uint8_t more;
    uint64_t got = 0;
    pcil_status status = PCIL_OK;
    while (!stream->ended && got == 0 && status == PCIL_OK) status = inflate_some(stream, &more, 1, &got);
    if (status != PCIL_OK) return status;
    if (got > 0) return fail(stream, "the compressed data hold more than expected");
    bool at_end = stream->inflater.avail_in == 0 && stream->next == stream->end;
    return at_end ? PCIL_OK : fail(stream, "bytes follow the compressed data");
}

static pcil_status begin_inflating(struct pc_stream *stream) {
    enum { WINDOW = 15, GZIP_HEADER = 16 };
    int window = stream->form == PC_GZIP ? WINDOW + GZIP_HEADER : stream->form == PC_DEFLATE ? -WINDOW : WINDOW;
    return inflateInit2(&stream->inflater, window) == Z_OK ? PCIL_OK : pc_fail_memory(NULL, "inflating");
}

static void end_inflating(struct pc_stream *stream) {
    inflateEnd(&stream->inflater);
}
#else
static pcil_status begin_inflating(struct pc_stream *stream) {
    struct pc_quote quote;
    return pc_fail(NULL, PCIL_ERROR_UNSUPPORTED,
                   "'%s' is compressed, and this build cannot inflate: it was made with the option PCIL_ZLIB off",
                   pc_quote(&quote, stream->path));
}

static pcil_status read_inflated(struct pc_stream *stream, uint8_t *bytes, uint64_t size) {
    (void)bytes, (void)size;
    return begin_inflating(stream);
}

static pcil_status finish_inflated(struct pc_stream *stream) {
    return begin_inflating(stream);
}

static void end_inflating(struct pc_stream *stream) {
    (void)stream;
}
#endif

pcil_status pc_stream_open(struct pc_stream **stream, const struct pc_file *file, const char *path, uint64_t begin,
                           uint64_t end, enum pc_stream_form form) {
    struct pc_stream *made = pc_allocate(1, sizeof *made);
    if (!made) return pc_fail_memory(NULL, "a file's piece");
    made->file = file;
    made->path = path;
    made->begin = made->next = begin;
    made->end = end;
    made->form = form;
    pcil_status status = form == PC_PLAIN ? PCIL_OK : begin_inflating(made);
    if (status == PCIL_OK)
        *stream = made;
    else
        pc_release(made);
    return status;
}

void pc_stream_close(struct pc_stream *stream) {
    if (stream && stream->form != PC_PLAIN) end_inflating(stream);
    pc_release(stream);
}

pcil_status pc_stream_read(struct pc_stream *stream, void *bytes, uint64_t size) {
    pcil_status status =
        stream->form == PC_PLAIN ? read_plain(stream, bytes, size) : read_inflated(stream, bytes, size);
    if (status == PCIL_OK) stream->position += size;
    return status;
}

uint64_t pc_stream_position(const struct pc_stream *stream) {
    return stream->position;
}

/* All of the part inflated as far as can be: what the inflater holds back is counted without looking into it. */
uint64_t pc_stream_bound(const struct pc_stream *stream) {
    uint64_t bound;
    if (stream->form == PC_PLAIN) return stream->end - stream->next;
    return __builtin_mul_overflow(stream->end - stream->begin, (uint64_t)DEFLATE_MOST, &bound) ? UINT64_MAX : bound;
}

pcil_status pc_stream_finish(struct pc_stream *stream) {
    if (stream->form != PC_PLAIN) return finish_inflated(stream);
    return stream->next == stream->end ? PCIL_OK : fail(stream, "more follows than expected");
}
