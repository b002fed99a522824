/*
 * The folder of a run that a command keeps for itself, until the run is done or for good. It holds "begun", with a line
 * that says what the run belongs to, from before the run until it is deleted, and "finished" once all of it is done.
 * Nothing is deleted that does not carry the mark.
 */
#ifndef CLI_RUN_FOLDER_H
#define CLI_RUN_FOLDER_H

#include <stdbool.h>

/* Makes the folder, unless it holds a run of the same mark that was cut off and can be gone on with. Any other run of
 * these commands is deleted, anything else refused. */
int cli_run_begin(const char *folder, const char *mark, bool *goes_on);

int cli_run_finish(const char *folder);
bool cli_run_finished(const char *folder);

/* Deletes the run and its folder; complains about one that is none of these commands, or holds something else. */
int cli_run_remove(const char *folder);

#endif
