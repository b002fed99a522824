/* Formats of arrays alone, which other programs read and write: a row of the table in formats.c each. */
#ifndef PC_FILE_FORMATS_H
#define PC_FILE_FORMATS_H

#include "base/kinds.h"
#include "base/text.h"
#include "network/layout.h"

/* A tensor of the network under the name and in the layout that the file has for it. */
struct pc_foreign {
    const char *name;
    struct pc_layout layout;
    float *values; /* in our order */
    bool found;    /* while reading */
};

/* All of a network's tensors, and the file's path for messages. */
struct pc_foreigners {
    const char *path;
    struct pc_foreign *list;
    int32_t count;
};

struct pc_format {
    struct pc_kind kind;
    size_t name_most;     /* bytes of a tensor's name that its readers take */
    const char *reserved; /* a name that is no tensor's; NULL: none */
    void (*layout)(const pcil_network *network, int32_t tensor, struct pc_layout *layout);
    pcil_status (*write)(const struct pc_foreigners *tensors);
    /* Fills the values of every tensor that the file holds, each found by pc_foreign_claim. */
    pcil_status (*read)(struct pc_foreigners *tensors);
};

extern const struct pc_family pc_format_family;
extern const struct pc_format pc_npz, pc_plain_safetensors, pc_torch;

/* The tensor of that name and shape, once; an unknown or doubled name or another shape fails with both named. */
pcil_status pc_foreign_claim(struct pc_foreigners *tensors, const char *name, int32_t rank, const int64_t *shape,
                             struct pc_foreign **claimed);

/* Takes a claimed tensor's numbers as the file has them, in `layout`; one that is not finite fails with its place. */
pcil_status pc_foreign_take(const struct pc_foreigners *tensors, const struct pc_foreign *tensor,
                            const struct pc_layout *layout, const float *values);

#endif
