/* Bytes of a part of a file in order, inflated on the way if they are compressed. */
#ifndef PC_FILE_STREAM_H
#define PC_FILE_STREAM_H

#include "file/file.h"

#include <stdbool.h>

enum pc_stream_form { PC_PLAIN, PC_ZLIB, PC_GZIP, PC_DEFLATE /* bare, as in zip files */ };

struct pc_stream;

/* `file` and `path` must outlive the stream. PCIL_ERROR_UNSUPPORTED if the build lacks zlib and the form needs it. */
pcil_status pc_stream_open(struct pc_stream **stream, const struct pc_file *file, const char *path, uint64_t begin,
                           uint64_t end, enum pc_stream_form form);
void pc_stream_close(struct pc_stream *stream);

/* Reads exactly `size` bytes; fewer are PCIL_ERROR_FORMAT. */
pcil_status pc_stream_read(struct pc_stream *stream, void *bytes, uint64_t size);

/* Bytes read so far. */
uint64_t pc_stream_position(const struct pc_stream *stream);

/* The most bytes that can still come: what may be reserved for them. */
uint64_t pc_stream_bound(const struct pc_stream *stream);

/* Checks that nothing follows what was read, and the compressed form's own checksum. */
pcil_status pc_stream_finish(struct pc_stream *stream);

#endif
