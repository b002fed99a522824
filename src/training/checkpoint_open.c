/* Opening a checkpoint: nothing of it is believed before all of it was checked. */
#include "base/memory.h"
#include "file/checksum.h"
#include "training/checkpoint.h"

#include <string.h>

enum { PIECE = 1 << 18 };

const char *pc_checkpoint_text(const struct pc_checkpoint *checkpoint, enum pc_checkpoint_text which) {
    return pc_safetensors_metadata(&checkpoint->archive, pc_checkpoint_keys[which]);
}

static pcil_status check_header(const struct pc_checkpoint *checkpoint, struct pc_error *own) {
    const char *path = checkpoint->archive.path.text;
    const char *expected = pc_safetensors_metadata(&checkpoint->archive, pc_checkpoint_header_sum);
    struct pc_checksum_text found;
    struct pc_quote quote;
    uint32_t sum = 0;
    for (int i = 0; i < PC_CHECKPOINT_TEXTS; i++) {
        const char *text = pc_checkpoint_text(checkpoint, (enum pc_checkpoint_text)i);
        if (!text)
            return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': metadata: '%s' is missing: not a checkpoint of libpcil", path,
                           pc_checkpoint_keys[i]);
        sum = pc_checksum(sum, text, strlen(text) + 1);
    }
    sum = pc_checkpoint_sum_tensors(sum, checkpoint->archive.tensors, checkpoint->archive.count);
    if (strcmp(pc_checkpoint_text(checkpoint, PC_TEXT_FORMAT), pc_checkpoint_format) != 0)
        return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': metadata: %s is '%s', this library reads '%s'", path,
                       pc_checkpoint_keys[PC_TEXT_FORMAT],
                       pc_quote(&quote, pc_checkpoint_text(checkpoint, PC_TEXT_FORMAT)), pc_checkpoint_format);
    if (expected && strcmp(expected, pc_checksum_text(&found, sum)) == 0) return PCIL_OK;
    return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': the header's CRC-32 is %08x, expected %s: the file is damaged", path,
                   (unsigned)sum, expected ? pc_quote(&quote, expected) : "one");
}

/* Adds up the data piece by piece: whatever their size, the check needs little memory. */
static pcil_status sum_data(const struct pc_checkpoint *checkpoint, struct pc_error *own, unsigned char *piece,
                            uint32_t *sum) {
    const struct pc_safetensors *archive = &checkpoint->archive;
    for (uint64_t at = archive->data; at < archive->file.size; at += PIECE) {
        uint64_t left = archive->file.size - at, size = left < PIECE ? left : PIECE;
        pcil_status status = pc_file_read_at(&archive->file, own, archive->path.text, at, piece, size);
        if (status != PCIL_OK) return status;
        *sum = pc_checksum(*sum, piece, (size_t)size);
    }
    return PCIL_OK;
}

static pcil_status check_data(const struct pc_checkpoint *checkpoint, struct pc_error *own) {
    const char *expected = pc_safetensors_metadata(&checkpoint->archive, pc_checkpoint_data_sum);
    unsigned char *piece = pc_allocate(PIECE, 1);
    struct pc_quote quote;
    uint32_t sum = 0;
    if (!piece) return pc_fail_memory(own, "a piece of a checkpoint");
    pcil_status status = sum_data(checkpoint, own, piece, &sum);
    pc_release(piece);
    struct pc_checksum_text found;
    pc_checksum_text(&found, sum);
    if (status != PCIL_OK || (expected && strcmp(expected, found.text) == 0)) return status;
    return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': the data's CRC-32 is %s, expected %s: the file is damaged",
                   checkpoint->archive.path.text, found.text, expected ? pc_quote(&quote, expected) : "one");
}

static pcil_status parse_state(struct pc_checkpoint *checkpoint, struct pc_error *own) {
    /* No less than fits into a header: a number takes four bytes ("0.0,") or more. */
    const struct pc_json_limits limits = {.depth = 2, .values = PC_HEADER_MOST / 4};
    const char *text = pc_checkpoint_text(checkpoint, PC_TEXT_STATE);
    char what[sizeof checkpoint->archive.path.text + 16];
    snprintf(what, sizeof what, "'%s': state", checkpoint->archive.path.text);
    return pc_json_parse(own, what, text, strlen(text), limits, &checkpoint->state);
}

void pc_checkpoint_free(struct pc_checkpoint *checkpoint) {
    if (!checkpoint) return;
    pc_safetensors_close(&checkpoint->archive);
    json_decref(checkpoint->state);
    pc_release(checkpoint);
}

pcil_status pc_checkpoint_open(struct pc_checkpoint **checkpoint, struct pc_error *own, const char *path) {
    struct pc_checkpoint *opened = pc_allocate(1, sizeof *opened);
    if (!opened) return pc_fail_memory(own, "a checkpoint");
    opened->archive.file.descriptor = -1;
    pcil_status status = pc_safetensors_open(&opened->archive, own, path);
    if (status == PCIL_OK) status = check_header(opened, own);
    if (status == PCIL_OK) status = check_data(opened, own);
    if (status == PCIL_OK) status = parse_state(opened, own);
    if (status == PCIL_OK)
        *checkpoint = opened;
    else
        pc_checkpoint_free(opened);
    return status;
}
