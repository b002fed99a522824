/* Making ZIP files: stored entries, and a date that never changes, so that the same content gives the same bytes. */
#include "base/memory.h"
#include "file/checksum.h"
#include "file/zip.h"
#include "file/zip_parts.h"

#include <string.h>

enum { VERSION = 20, FIRST_OF_1980 = 0x21, MOST_ENTRIES = 0xfffe, UTF8_NAME = 1 << 11 };

pcil_status pc_zip_make(struct pc_zip_making *making, int32_t count, uint64_t names, uint64_t content) {
    uint64_t size = (uint64_t)count * (ZIP_HEADER + ZIP_ENTRY) + 2 * names + content + ZIP_END;
    *making = (struct pc_zip_making){.capacity = size};
    if (count > MOST_ENTRIES || size >= UINT32_MAX)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a zip file of %llu bytes in %d entries; at most 4 GiB in %d",
                       (unsigned long long)size, count, MOST_ENTRIES);
    uint64_t directory = (uint64_t)count * ZIP_ENTRY + names;
    if (directory > PC_ZIP_DIRECTORY_MOST)
        return pc_fail(
            NULL, PCIL_ERROR_ARGUMENT,
            "a zip file of %d entries whose directory has %llu bytes, expected at most %d: shorten the names", count,
            (unsigned long long)directory, PC_ZIP_DIRECTORY_MOST);
    making->bytes = pc_allocate((size_t)size, 1);
    making->entries = pc_allocate((size_t)count, sizeof *making->entries);
    if (making->bytes && making->entries) return PCIL_OK;
    pc_zip_make_free(making);
    return pc_fail_memory(NULL, "a zip file");
}

void pc_zip_make_free(struct pc_zip_making *making) {
    pc_release(making->bytes);
    pc_release(making->entries);
    *making = (struct pc_zip_making){0};
}

unsigned char *pc_zip_put(struct pc_zip_making *making, uint64_t size) {
    unsigned char *place = making->bytes + making->size;
    making->size += size;
    return place;
}

static void put(struct pc_zip_making *making, uint64_t value, int bytes) {
    unsigned char *place = pc_zip_put(making, (uint64_t)bytes);
    for (int i = 0; i < bytes; i++) place[i] = (unsigned char)(value >> 8 * i);
}

/* Without the flag a name is taken for the characters of 1981. */
static int flags_of(const char *name) {
    while (*name && (unsigned char)*name < 0x80) name++;
    return *name ? UTF8_NAME : 0;
}

/* What an entry's own header and the directory's say alike: from the version needed to the name's length. */
static void put_facts(struct pc_zip_making *making, const struct pc_zip_entry *entry) {
    put(making, VERSION, 2);
    put(making, (uint64_t)flags_of(entry->name), 2);
    put(making, ZIP_STORED, 2);
    put(making, 0, 2);
    put(making, FIRST_OF_1980, 2);
    put(making, entry->sum, 4);
    put(making, entry->size, 4);
    put(making, entry->size, 4);
    put(making, strlen(entry->name), 2);
    put(making, 0, 2);
}

static void put_name(struct pc_zip_making *making, const char *name) {
    size_t length = strlen(name);
    memcpy(pc_zip_put(making, length), name, length);
}

static void put_header(struct pc_zip_making *making, const struct pc_zip_entry *entry) {
    put(making, ZIP_HEADER_MARK, 4);
    put_facts(making, entry);
    put_name(making, entry->name);
}

/* The header's sum and size are known only at the entry's end. */
void pc_zip_begin(struct pc_zip_making *making, const char *name) {
    struct pc_zip_entry *entry = &making->entries[making->count];
    *entry = (struct pc_zip_entry){.name = name, .header = making->size};
    put_header(making, entry);
    entry->begin = making->size;
}

void pc_zip_end(struct pc_zip_making *making) {
    struct pc_zip_entry *entry = &making->entries[making->count++];
    entry->end = making->size;
    entry->size = entry->end - entry->begin;
    entry->sum = pc_checksum(0, making->bytes + entry->begin, (size_t)entry->size);
    making->size = entry->header;
    put_header(making, entry);
    making->size = entry->end;
}

static void put_entry(struct pc_zip_making *making, const struct pc_zip_entry *entry) {
    put(making, ZIP_ENTRY_MARK, 4);
    put(making, VERSION, 2);
    put_facts(making, entry);
    put(making, 0, 2);
    put(making, 0, 2);
    put(making, 0, 2);
    put(making, 0, 4);
    put(making, entry->header, 4);
    put_name(making, entry->name);
}

void pc_zip_finish(struct pc_zip_making *making) {
    uint64_t begin = making->size;
    for (int32_t i = 0; i < making->count; i++) put_entry(making, &making->entries[i]);
    uint64_t size = making->size - begin;
    put(making, ZIP_END_MARK, 4);
    put(making, 0, 4);
    put(making, (uint64_t)making->count, 2);
    put(making, (uint64_t)making->count, 2);
    put(making, size, 4);
    put(making, begin, 4);
    put(making, 0, 2);
}
