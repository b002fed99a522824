/* Contact sheets of a data set's images. */
#ifndef CLI_SHEET_H
#define CLI_SHEET_H

#include "cli.h"

struct cli_pictures {
    int32_t count, channels, height, width;
    float *pixels;   /* [count][height][width][channels] in [0,1], as they are */
    int32_t *labels; /* [count]; NULL if the data set has none */
};

/* Reads images first ... first + count - 1 of a data set. */
int cli_pictures_read(struct cli_pictures *pictures, const pcil_dataset *dataset, int64_t first, int32_t count);

/* Numbers of one. */
size_t cli_picture_size(const struct cli_pictures *pictures);
void cli_pictures_free(struct cli_pictures *pictures);

/* Draws them; columns 0: about twice as wide as high. `captions` may be NULL. */
int cli_pictures_draw(const struct cli_pictures *pictures, const char *path, char *const *captions, int32_t columns,
                      const char *title);

#endif
