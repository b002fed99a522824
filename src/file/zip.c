/* Reading ZIP files that may be hostile. */
#include "file/zip.h"

#include "base/memory.h"
#include "base/text.h"
#include "file/zip_parts.h"

#include <stdlib.h>
#include <string.h>

enum { ENCRYPTED = 1 };

pcil_status pc_zip_fail(const struct pc_zip *zip, const char *entry, const char *problem) {
    struct pc_quote path, name;
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s'%s%s: %s", pc_quote(&path, zip->path), entry ? ", entry " : "",
                   entry ? pc_quote(&name, entry) : "", problem);
}

static uint32_t read2(const unsigned char *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t read4(const unsigned char *bytes) {
    return read2(bytes) | read2(bytes + 2) << 16;
}

/* The last 22 bytes: where the directory is, and that it ends where they begin. */
static pcil_status read_directory(struct pc_zip *zip) {
    unsigned char end[ZIP_END];
    if (zip->file.size < ZIP_END) return pc_zip_fail(zip, NULL, "is too short for a zip file");
    uint64_t place = zip->file.size - ZIP_END;
    pcil_status status = pc_file_read_at(&zip->file, NULL, zip->path, place, end, sizeof end);
    if (status != PCIL_OK) return status;
    if (read4(end) != ZIP_END_MARK) return pc_zip_fail(zip, NULL, "does not end as a zip file does");
    uint64_t size = read4(end + 12), begin = read4(end + 16);
    zip->count = (int32_t)read2(end + 10);
    if (read4(end + 4) != 0 || read2(end + 8) != read2(end + 10) || read2(end + 20) != 0)
        return pc_zip_fail(zip, NULL, "is a part of a zip file, or has a comment");
    if (zip->count == 0xffff || size > PC_ZIP_DIRECTORY_MOST)
        return pc_zip_fail(zip, NULL, "has too large a directory (over 4 MiB or 65534 entries)");
    if (begin + size != place) return pc_zip_fail(zip, NULL, "its directory does not end where its end begins");
    zip->directory.bytes = pc_allocate((size_t)size + 1, 1);
    if (!zip->directory.bytes) return pc_fail_memory(NULL, "a zip file's directory");
    zip->directory.size = size;
    return pc_file_read_at(&zip->file, NULL, zip->path, begin, zip->directory.bytes, size);
}

static pcil_status read_entry(const struct pc_zip *zip, const unsigned char *bytes, struct pc_zip_entry *entry) {
    uint32_t method = read2(bytes + 10), packed = read4(bytes + 20), size = read4(bytes + 24);
    entry->header = read4(bytes + 42);
    entry->sum = read4(bytes + 16);
    entry->size = size;
    entry->end = packed; /* a length until its place is known */
    entry->deflated = method == ZIP_DEFLATED;
    if (read2(bytes + 8) & ENCRYPTED) return pc_zip_fail(zip, NULL, "an entry is encrypted");
    if (method != ZIP_STORED && method != ZIP_DEFLATED)
        return pc_zip_fail(zip, NULL, "an entry is compressed otherwise than by deflate");
    if (packed == UINT32_MAX || size == UINT32_MAX || entry->header == UINT32_MAX)
        return pc_zip_fail(zip, NULL, "an entry of 4 GiB or more");
    if (method == ZIP_STORED && packed != size) return pc_zip_fail(zip, NULL, "a stored entry has two sizes");
    return PCIL_OK;
}

/* Reads all of the directory; names are ended afterwards, for each one's end is another's beginning. */
static pcil_status read_entries(struct pc_zip *zip) {
    uint64_t at = 0, left = zip->directory.size;
    zip->entries = pc_allocate((size_t)zip->count, sizeof *zip->entries);
    if (!zip->entries) return pc_fail_memory(NULL, "a zip file's directory");
    for (int32_t i = 0; i < zip->count; i++) {
        unsigned char *bytes = zip->directory.bytes + at;
        if (left < ZIP_ENTRY || read4(bytes) != ZIP_ENTRY_MARK)
            return pc_zip_fail(zip, NULL, "its directory is damaged");
        uint64_t name = read2(bytes + 28), whole = ZIP_ENTRY + name + read2(bytes + 30) + read2(bytes + 32);
        if (whole > left || name == 0 || name > PC_ZIP_NAME_MOST)
            return pc_zip_fail(zip, NULL, "its directory is damaged");
        pcil_status status = read_entry(zip, bytes, &zip->entries[i]);
        if (status != PCIL_OK) return status;
        zip->entries[i].name = (char *)bytes + ZIP_ENTRY;
        zip->entries[i].begin = name; /* a length until its place is known */
        at += whole;
        left -= whole;
    }
    return left == 0 ? PCIL_OK : pc_zip_fail(zip, NULL, "its directory is damaged");
}

static pcil_status end_names(struct pc_zip *zip) {
    for (int32_t i = 0; i < zip->count; i++) {
        char *end = (char *)zip->directory.bytes + (zip->entries[i].name - (char *)zip->directory.bytes);
        end[zip->entries[i].begin] = '\0';
        if (strlen(zip->entries[i].name) != zip->entries[i].begin)
            return pc_zip_fail(zip, zip->entries[i].name, "its name holds a zero byte");
    }
    return PCIL_OK;
}

/* numpy keeps room for sizes of 4 GiB and more in an entry's own header, also where they are not: the sizes are told
 * as 2^32 - 1 then, and truly in what follows the name (ZIP64), in the other order. */
static pcil_status read_own_sizes(const struct pc_zip *zip, const unsigned char *own, uint64_t behind,
                                  unsigned char sizes[8]) {
    enum { EXTRA = 4 + 16 };
    static const unsigned char large[8] = {255, 255, 255, 255, 255, 255, 255, 255}, zip64[] = {1, 0, 16, 0};
    unsigned char extra[EXTRA];
    memcpy(sizes, own + 18, 8);
    if (memcmp(sizes, large, sizeof large) != 0 || read2(own + 28) < EXTRA) return PCIL_OK;
    pcil_status status = pc_file_read_at(&zip->file, NULL, zip->path, behind, extra, sizeof extra);
    bool told = status == PCIL_OK && memcmp(extra, zip64, sizeof zip64) == 0;
    if (!told || read4(extra + 8) != 0 || read4(extra + 16) != 0) return status;
    memcpy(sizes, extra + 12, 4);
    memcpy(sizes + 4, extra + 4, 4);
    return PCIL_OK;
}

/* Whether an entry's own header says what the directory does: flags and method, and sum and sizes, unless the flags say
 * that they follow the bytes. */
static pcil_status compare_headers(const struct pc_zip *zip, const struct pc_zip_entry *entry, const unsigned char *own,
                                   uint64_t behind) {
    enum { FOLLOW = 8 };
    const unsigned char *listed = (const unsigned char *)entry->name - ZIP_ENTRY;
    unsigned char sizes[8];
    bool same = memcmp(own + 6, listed + 8, 4) == 0;
    if (same && !(read2(own + 6) & FOLLOW)) {
        pcil_status status = read_own_sizes(zip, own, behind, sizes);
        if (status != PCIL_OK) return status;
        same = memcmp(own + 14, listed + 16, 4) == 0 && memcmp(sizes, listed + 20, sizeof sizes) == 0;
    }
    return same ? PCIL_OK
                : pc_zip_fail(zip, entry->name,
                              "flags, method, CRC-32 or sizes in its own header are not the directory's");
}

/* An entry's own header tells its name again, and by that where its bytes begin. */
static pcil_status place_entry(const struct pc_zip *zip, struct pc_zip_entry *entry) {
    unsigned char bytes[ZIP_HEADER + PC_ZIP_NAME_MOST];
    uint64_t name = entry->begin, packed = entry->end, directory = zip->file.size - ZIP_END - zip->directory.size;
    if (entry->header + ZIP_HEADER + name > directory) return pc_zip_fail(zip, entry->name, "lies outside the file");
    pcil_status status = pc_file_read_at(&zip->file, NULL, zip->path, entry->header, bytes, ZIP_HEADER + name);
    if (status != PCIL_OK) return status;
    if (read4(bytes) != ZIP_HEADER_MARK || read2(bytes + 26) != name ||
        memcmp(bytes + ZIP_HEADER, entry->name, (size_t)name) != 0)
        return pc_zip_fail(zip, entry->name, "its own header is not the directory's");
    status = compare_headers(zip, entry, bytes, entry->header + ZIP_HEADER + name);
    if (status != PCIL_OK) return status;
    entry->begin = entry->header + ZIP_HEADER + name + read2(bytes + 28);
    entry->end = entry->begin + packed;
    return entry->end <= directory ? PCIL_OK : pc_zip_fail(zip, entry->name, "lies outside the file");
}

static int by_place(const void *left, const void *right) {
    const struct pc_zip_entry *a = left, *b = right;
    return (a->header > b->header) - (a->header < b->header);
}

/* Entries that share bytes are how a small file becomes a huge one. */
static pcil_status place_entries(struct pc_zip *zip) {
    pcil_status status = PCIL_OK;
    qsort(zip->entries, (size_t)zip->count, sizeof *zip->entries, by_place);
    for (int32_t i = 0; i < zip->count && status == PCIL_OK; i++) {
        status = place_entry(zip, &zip->entries[i]);
        if (status == PCIL_OK && i > 0 && zip->entries[i].header < zip->entries[i - 1].end)
            status = pc_zip_fail(zip, zip->entries[i].name, "overlaps another entry");
    }
    return status;
}

pcil_status pc_zip_open(struct pc_zip *zip, const char *path) {
    *zip = (struct pc_zip){.path = path};
    pcil_status status = pc_file_open(&zip->file, NULL, path);
    if (status != PCIL_OK) return status;
    status = read_directory(zip);
    if (status == PCIL_OK) status = read_entries(zip);
    if (status == PCIL_OK) status = end_names(zip);
    if (status == PCIL_OK) status = place_entries(zip);
    if (status != PCIL_OK) pc_zip_close(zip);
    return status;
}

void pc_zip_close(struct pc_zip *zip) {
    pc_file_close(&zip->file);
    pc_bytes_free(&zip->directory);
    pc_release(zip->entries);
    zip->entries = NULL;
}

pcil_status pc_zip_stream(const struct pc_zip *zip, const struct pc_zip_entry *entry, struct pc_stream **stream) {
    return pc_stream_open(stream, &zip->file, zip->path, entry->begin, entry->end,
                          entry->deflated ? PC_DEFLATE : PC_PLAIN);
}
