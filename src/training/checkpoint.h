/*
 * Checkpoints: all that a run is, so that it can go on to the same bits. A checkpoint is a safetensors file: the
 * weights under the network's own names, the optimizer's arrays as "optimizer.NAME", and in the metadata, as texts, the
 * settings, the counts and sums, what data and what machine the run had, and checksums of data and texts. Random
 * streams need no place in it: each is made from seed, name, epoch and batch.
 */
#ifndef PC_TRAINING_CHECKPOINT_H
#define PC_TRAINING_CHECKPOINT_H

#include "file/safetensors.h"
#include "training/trainer.h"

/* The metadata's keys, whose values have a checksum together with the list of tensors. */
enum { PC_CHECKPOINT_TEXTS = 7 };
extern const char *const pc_checkpoint_keys[PC_CHECKPOINT_TEXTS];
enum pc_checkpoint_text {
    PC_TEXT_FORMAT,
    PC_TEXT_NETWORK,
    PC_TEXT_SETTINGS,
    PC_TEXT_STATE,
    PC_TEXT_TRAIN,
    PC_TEXT_TEST,
    PC_TEXT_MACHINE
};
extern const char pc_checkpoint_format[], pc_checkpoint_header_sum[], pc_checkpoint_data_sum[];
extern const char pc_checkpoint_name[], pc_checkpoint_previous[];

/* A checksum as it stands in the metadata. */
struct pc_checksum_text {
    char text[9];
};
const char *pc_checksum_text(struct pc_checksum_text *text, uint32_t sum);

/* Goes on from `sum` over the tensors' names, shapes and places. */
uint32_t pc_checkpoint_sum_tensors(uint32_t sum, const struct pc_stored_tensor *tensors, int32_t count);

/* A checkpoint's file, checked from end to end. */
struct pc_checkpoint {
    struct pc_safetensors archive;
    json_t *state;
    bool previous; /* the one before the newest, which is damaged or missing */
};

/* Fails with what is damaged. */
pcil_status pc_checkpoint_open(struct pc_checkpoint **checkpoint, struct pc_error *own, const char *path);
const char *pc_checkpoint_text(const struct pc_checkpoint *checkpoint, enum pc_checkpoint_text which);

/* The counts and sums as an object, and back; parts that are made already. */
json_t *pc_state_write(const pcil_trainer *trainer);
pcil_status pc_state_read(pcil_trainer *trainer, struct pc_parts *parts, const json_t *state, const char *path);

/* What the data are: number, shape, classes, checksum of labels and of a few images. */
pcil_status pc_data_identity(const pcil_dataset *set, struct pc_error *own, struct pc_text *text);

/* What computes: library, compiler, BLAS, its threads, vector set. */
void pc_machine(struct pc_text *text, bool deterministic);

#endif
