/* The folder of one run of a reproduction. */
#ifndef CLI_RUN_FOLDER_H
#define CLI_RUN_FOLDER_H

struct rp_plan;

/* Makes it anew; what an ended run left of itself is deleted, anything else refused. */
int rp_begin_folder(const char *folder);

/* Marks it as done. */
int rp_finish_folder(const char *folder);

/* Refuses an output folder that holds something else, or runs of other settings. Writes nothing. */
int rp_check_out(const struct rp_plan *plan);

#endif
