/* SIGINT, SIGTERM and SIGHUP ask a training run to finish its step and save; a second one, but SIGHUP, ends the process
 * at once. */
#ifndef CLI_STOP_H
#define CLI_STOP_H

void cli_stop_begin(void);

/* From here on a signal ends the process at once; one that came before is still told of. */
void cli_stop_end(void);

/* In a child: a terminal's signals, which all processes of a command get, are the parent's, which hands SIGTERM on. */
void cli_stop_left_to_parent(void);

/* A limit on files' sizes makes a write fail, which is told as such, and does not end the process. */
void cli_stop_not_for_size(void);

/* The signal that came, or 0. */
int cli_stop_signal(void);

#endif
