/* What pcil predict tells of autoencoders. */
#ifndef CLI_RECONSTRUCTION_H
#define CLI_RECONSTRUCTION_H

#include "prediction.h"

int cli_reconstruction_show(const struct prediction *work);
int cli_reconstruction_show_json(const struct prediction *work);

/* Draws pairs: input and reconstruction, both as the network has them. */
int cli_reconstruction_draw(const struct prediction *work, const char *path);

#endif
